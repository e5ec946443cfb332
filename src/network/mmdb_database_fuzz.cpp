// Of a file that was examined to the end every address is answered.
#include <cstdlib>

#include "network/ignored_leaks_test.h"
#include "network/mmdb_database.h"

namespace cairn::network {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto fd = make_memory_file("mmdb");
    if (!fd || !write_all(fd->get(), Bytes(data, size))) return 0;
    const auto database = [&] {
        const test::IgnoredLeaks ignored;
        return MmdbDatabase::open(fd->get());
    }();
    if (!database) return 0;
    const bool sound = (*database)->examine().has_value();
    for (const char* const text : {"0.0.0.0", "192.0.2.1", "198.51.100.1", "::", "2001:db8::1"}) {
        const bool answered = (*database)->facts_of(*parse_address(text)).has_value();
        if (sound && !answered) std::abort();
    }
    return 0;
}

}  // namespace cairn::network
