#include "audit/checkpoint.h"

#include <algorithm>

#include "audit/lines.h"
#include "base/text.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

Error malformed(std::string_view line, std::string_view why) {
    return fail(Errc::corrupt_data, "not a checkpoint: {}: {}", line, why);
}

Status check_origin(std::string_view origin) {
    if (origin.empty()) return malformed("origin", "empty");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20U; };
    if (!is_utf8(origin) || std::ranges::any_of(origin, is_control)) {
        return malformed("origin", "not UTF-8 text on one line");
    }
    return ok();
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
    return fmt::format(
        "{}\n{}\n{}\n",
        checkpoint.origin,
        checkpoint.head.size,
        crypto::base64_encode(checkpoint.head.root)
    );
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    LineReader lines(text);
    const auto origin = lines.next();
    const auto size = origin ? lines.next() : origin;
    const auto root = size ? lines.next() : size;
    if (!root) return malformed("text", "three lines wanted");
    if (!lines.at_end()) return malformed("text", "extension lines are not supported");
    CAIRN_TRY(check_origin(*origin));
    const auto leaves = parse_decimal(*size);
    if (!leaves) return malformed("size", leaves.error().message);
    const auto hash = crypto::base64_decode_array<kHashBytes>(*root);
    if (!hash) return malformed("root", hash.error().message);
    return Checkpoint{std::string(*origin), {*leaves, *hash}};
}

SignedNote sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key) {
    SignedNote note{format_checkpoint(checkpoint), {}};
    note.signatures.push_back(sign_note(note.text, checkpoint.origin, key));
    return note;
}

}  // namespace cairn::audit
