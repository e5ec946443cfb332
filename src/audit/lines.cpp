#include "audit/lines.h"

#include <charconv>

#include "crypto/base64.h"

namespace cairn::audit {

Result<std::string_view> LineReader::next() {
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) {
        return fail(Errc::corrupt_data, "a line that ends with a newline is missing");
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
}

Result<std::uint64_t> parse_decimal(std::string_view text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    const bool padded = text.size() > 1 && text.front() == '0';
    if (error != std::errc() || stopped != end || padded || value > kTreeSizeMax) {
        return fail(Errc::corrupt_data, "not a decimal number below 2^63 without leading zeros");
    }
    return value;
}

Result<std::vector<Hash>> read_proof_lines(LineReader& lines) {
    std::vector<Hash> hashes;
    while (true) {
        const auto line = lines.next();
        if (!line) {
            return fail(Errc::corrupt_data, "the empty line before the checkpoint is missing");
        }
        if (line->empty()) return hashes;
        if (hashes.size() == kProofHashesMax) {
            return fail(Errc::limit_exceeded, "a proof has at most {} hashes", kProofHashesMax);
        }
        const auto hash = crypto::base64_decode_array<kHashBytes>(*line);
        if (!hash) {
            return fail(Errc::corrupt_data, "a line of the proof is not base64 of a hash");
        }
        hashes.push_back(*hash);
    }
}

}  // namespace cairn::audit
