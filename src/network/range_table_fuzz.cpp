// Bytes that are a table are exactly what the table writes.
#include <algorithm>
#include <cstdlib>

#include "network/range_table.h"

namespace cairn::network {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    const auto table = RangeTable::decode(bytes);
    if (!table) return 0;
    const ByteVector again = table->encode();
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
    for (const char* const text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::"}) {
        static_cast<void>(table->facts_of(*parse_address(text)));
    }
    return 0;
}

}  // namespace cairn::network
