#include "audit/binding_file.h"

#include "audit/lines.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kBind = "bind ";
constexpr std::string_view kHead = "head ";

Error malformed() {
    return fail(Errc::corrupt_data, "not the bindings of a log");
}

/// The text up to the next space, which is taken too.
Result<std::string_view> take_word(std::string_view& line) {
    const auto end = line.find(' ');
    if (end == std::string_view::npos) return malformed();
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end + 1);
    return word;
}

Result<Binding> parse_bind(std::string_view line) {
    const std::string_view place = CAIRN_TRY(take_word(line));
    const std::uint64_t number = CAIRN_TRY(parse_decimal(place));
    const auto secret = CAIRN_TRY(crypto::base64_decode_array<crypto::SecretKey::kSize>(line));
    return Binding{number, crypto::SecretKey::from_bytes(secret), {}};
}

Result<Checkpoint> parse_head(std::string_view line) {
    const std::string_view size = CAIRN_TRY(take_word(line));
    const std::string_view root = CAIRN_TRY(take_word(line));
    Checkpoint head;
    head.head.size = CAIRN_TRY(parse_decimal(size));
    head.head.root = CAIRN_TRY(crypto::base64_decode_array<kHashBytes>(root));
    CAIRN_TRY(check_key_name(line));
    head.origin = line;
    return head;
}

}  // namespace

std::string format_bindings(std::span<const Binding> bindings) {
    std::string text;
    for (const Binding& binding : bindings) {
        const std::string secret = crypto::base64_encode(binding.secret.bytes());
        text += fmt::format("{}{} {}\n", kBind, binding.place, secret);
        for (const Checkpoint& head : binding.changed) {
            const std::string root = crypto::base64_encode(head.head.root);
            text += fmt::format("{}{} {} {}\n", kHead, head.head.size, root, head.origin);
        }
    }
    return text;
}

Result<std::vector<Binding>> parse_bindings(std::string_view text) {
    std::vector<Binding> bindings;
    LineReader lines(text);
    while (!lines.at_end()) {
        const std::string_view line = CAIRN_TRY(lines.next());
        if (line.starts_with(kBind)) {
            Binding binding = CAIRN_TRY(parse_bind(line.substr(kBind.size())));
            if (!bindings.empty() && bindings.back().place >= binding.place) return malformed();
            bindings.push_back(std::move(binding));
        } else if (line.starts_with(kHead) && !bindings.empty()) {
            Checkpoint head = CAIRN_TRY(parse_head(line.substr(kHead.size())));
            bindings.back().changed.push_back(std::move(head));
        } else {
            return malformed();
        }
    }
    return bindings;
}

}  // namespace cairn::audit
