#include "hashlist/list_record.h"

#include <charconv>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/base64.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kPhotoDnaBytes = 144;
constexpr std::size_t kSha512HexDigits = 128;

template <std::size_t N>
void take_digest(
    std::optional<std::array<std::uint8_t, N>>& into, std::string_view text, RecordSink& sink
) {
    auto digest = hex_decode_array<N>(text);
    if (digest) {
        into = *digest;
    } else {
        sink.warn("bad_hash");
    }
}

/// 192 base64 characters or 288 hex digits.
bool is_photodna(std::string_view text) {
    if (text.size() == 2 * kPhotoDnaBytes) return hex_decode(text).has_value();
    const auto bytes = crypto::base64_decode(text);
    return bytes && bytes->size() == kPhotoDnaBytes;
}

}  // namespace

void ListRecord::clear() {
    position = {};
    md5.reset();
    sha1.reset();
    sha256.reset();
    pdq.reset();
    pdq_quality.reset();
    unmatchable_hash = false;
    size_bytes.reset();
    category.reset();
    category_name.clear();
    series.clear();
    verdict.reset();
}

void take_hash(ListRecord& record, HashType type, std::string_view text, RecordSink& sink) {
    text = trim(text);
    if (text.empty()) return;
    switch (type) {
        case HashType::md5:
            take_digest(record.md5, text, sink);
            return;
        case HashType::sha1:
            take_digest(record.sha1, text, sink);
            return;
        case HashType::sha256:
            take_digest(record.sha256, text, sink);
            return;
        case HashType::sha512:
            if (text.size() == kSha512HexDigits && hex_decode(text)) {
                record.unmatchable_hash = true;
            } else {
                sink.warn("bad_hash");
            }
            return;
        case HashType::pdq: {
            auto code = fingerprint::pdq_from_hex(text);
            if (code) {
                record.pdq = *code;
            } else {
                sink.warn("bad_hash");
            }
            return;
        }
        case HashType::photodna:
            if (is_photodna(text)) {
                record.unmatchable_hash = true;
            } else {
                sink.warn("bad_photodna");
            }
            return;
    }
}

void take_size(ListRecord& record, std::string_view text, RecordSink& sink) {
    text = trim(text);
    if (text.empty()) return;
    const auto size = whole_number(text);
    if (size && *size >= 1) {
        record.size_bytes = static_cast<std::uint64_t>(*size);
    } else {
        sink.warn("bad_size");
    }
}

void take_category(ListRecord& record, std::string_view text) {
    text = trim(text);
    if (const auto code = whole_number(text)) {
        record.category = *code;
    } else {
        record.category_name = text;
    }
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

std::optional<bool> flag_value(std::string_view text) {
    const std::string value = lower_ascii(trim(text));
    if (value == "y" || value == "yes" || value == "t" || value == "true" || value == "1") {
        return true;
    }
    if (value == "n" || value == "no" || value == "f" || value == "false" || value == "0") {
        return false;
    }
    return std::nullopt;
}

}  // namespace cairn::hashlist
