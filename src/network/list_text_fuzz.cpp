// A list that is taken becomes a table that is written and read back as the same.
#include <cstdlib>

#include "network/list_text.h"

namespace cairn::network {
namespace {

void check(RangeTableBuilder& builder) {
    const auto table = builder.build();
    if (!table) return;
    const ByteVector bytes = table->encode();
    const auto again = RangeTable::decode(bytes);
    if (!again || again->encode() != bytes) std::abort();
    if (again->coverage() != table->coverage()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(Bytes(data, size));
    RangeTableBuilder networks;
    if (read_networks(text, {AddressClass::vpn}, networks)) check(networks);
    RangeTableBuilder named;
    if (read_ranges(text, {}, named)) check(named);
    RangeTableBuilder fixed;
    if (read_ranges(text, {Column::first, Column::last, Column::country}, fixed)) check(fixed);
    static_cast<void>(generated_at(text));
    return 0;
}

}  // namespace cairn::network
