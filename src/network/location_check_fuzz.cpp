// What the check passes the library reads without harm: a tree of so many networks at most.
#include <cstdlib>

#include "network/location_check.h"
#include "network/location_database.h"

namespace cairn::network {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    if (!check_location_file(bytes)) return 0;
    const auto fd = make_memory_file("location");
    if (!fd || !write_all(fd->get(), bytes)) return 0;
    const auto database = LocationDatabase::open(fd->get());
    if (!database) return 0;
    static_cast<void>((*database)->label());
    for (const char* const text : {"0.0.0.0", "192.0.2.1", "192.0.2.200", "::", "2001:db8::1"}) {
        const auto facts = (*database)->facts_of(*parse_address(text));
        if (facts && facts->country != kNoCountry && text_of(facts->country).size() != 2) {
            std::abort();
        }
    }
    return 0;
}

}  // namespace cairn::network
