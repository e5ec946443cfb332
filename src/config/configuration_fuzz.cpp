// What is accepted, shown as a file and read again, is equal; every mistake has a place or a key.
#include <cstdlib>

#include "base/bytes.h"
#include "config/configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using cairn::config::parse_configuration;
    const cairn::config::Places places{"/srv/cairn", std::nullopt, "cairn.example.org"};
    const std::string file = "/etc/cairn/cairn.toml";
    const auto examined = parse_configuration(cairn::as_text({data, size}), file, places);
    for (const auto& problem : examined.problems) {
        if (problem.reason.empty() || (problem.line == 0 && problem.key.empty())) std::abort();
    }
    if (!examined.problems.empty()) return 0;
    const auto again = parse_configuration(show(examined), file, places);
    if (!again.problems.empty()) std::abort();
    if (again.configuration != examined.configuration) std::abort();
    return 0;
}
