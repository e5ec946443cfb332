// What is read is written in one form, which reads back as the same; ends of ranges are in order.
#include <cstdlib>

#include "network/address.h"

namespace cairn::network {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(Bytes(data, size));
    if (const auto address = parse_address(text)) {
        const auto again = parse_address(address->text());
        if (!again || *again != *address) std::abort();
        if (address->link_key().link_key() != address->link_key()) std::abort();
    }
    if (const auto range = parse_range(text)) {
        if (range->last < range->first) std::abort();
        if (!range->contains(range->first) || !range->contains(range->last)) std::abort();
    }
    return 0;
}

}  // namespace cairn::network
