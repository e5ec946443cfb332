#include "base/bytes.h"
#include "value/value.h"

namespace {

/// The first byte chooses the kind, the second how much of the rest is the context. A key is its
/// own normal form for kinds that have no context in their key.
void check(cairn::value::Kind kind, std::string_view text, std::string_view context) {
    const auto value = cairn::value::read(kind, text, context);
    if (!value) return;
    if (value->key.empty() == value->flaw.empty()) __builtin_trap();
    const bool stands_alone = kind == cairn::value::Kind::email ||
                              kind == cairn::value::Kind::domain ||
                              kind == cairn::value::Kind::iban || kind == cairn::value::Kind::vin ||
                              kind == cairn::value::Kind::mac || kind == cairn::value::Kind::digest;
    if (!stands_alone || !value->links()) return;
    const auto again = cairn::value::read(kind, value->key);
    if (!again || again->key != value->key) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto kind = cairn::value::kKinds[data[0] % std::size(cairn::value::kKinds)];
    const std::string_view all = cairn::as_text(cairn::Bytes(data, size)).substr(2);
    const std::size_t split = std::min<std::size_t>(data[1], all.size());
    check(kind, all.substr(split), all.substr(0, split));
    return 0;
}
