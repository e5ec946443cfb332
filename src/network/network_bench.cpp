// Look-ups beside what they rest on, in one run: the libraries' own bare look-ups of the same
// addresses, and a plain binary search over the same sorted steps.
//   cairn_network_bench   (needs the packages libloc-database and tor-geoipdb)
#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include <benchmark/benchmark.h>
#include <maxminddb.h>
#include <netinet/in.h>

extern "C" {
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
}

#include "network/location_database.h"
#include "network/lookup.h"
#include "network/mmdb_database.h"
#include "network/mmdb_file_test.h"
#include "support/temp_dir.h"

namespace cairn::network {
namespace {

constexpr std::size_t kQuestions = 1U << 16U;
const char* const kLocation = "/usr/share/libloc-location/location.db";

/// Evenly drawn public addresses of IPv4.
const std::vector<Address>& questions() {
    static const std::vector<Address> kDrawn = [] {
        std::mt19937 random(20261122);
        std::vector<Address> drawn;
        while (drawn.size() < kQuestions) {
            const Address address = Address::from_ipv4(static_cast<std::uint32_t>(random()));
            if (special_use_of(address) == nullptr) drawn.push_back(address);
        }
        return drawn;
    }();
    return kDrawn;
}

template <typename Ask>
void ask_all(benchmark::State& state, Ask ask) {
    const std::vector<Address>& asked = questions();
    for (auto _ : state) {
        for (const Address& address : asked) benchmark::DoNotOptimize(ask(address));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(asked.size()));
}

/// Steps as tor-geoipdb has them: 385,000 ranges side by side.
RangeTable drawn_table() {
    std::mt19937 random(7);
    std::vector<std::uint32_t> firsts;
    while (firsts.size() < 385'000) firsts.push_back(static_cast<std::uint32_t>(random()));
    std::sort(firsts.begin(), firsts.end());
    firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
    RangeTableBuilder builder;
    for (std::size_t i = 0; i + 1 < firsts.size(); ++i) {
        Facts facts;
        facts.country = {static_cast<char>('A' + i % 23), static_cast<char>('A' + i % 25)};
        const AddressRange range = {
            Address::from_ipv4(firsts[i]), Address::from_ipv4(firsts[i + 1] - 1)};
        if (!builder.add(range, facts, i)) std::abort();
    }
    return *builder.build();
}

void BM_RangeTable(benchmark::State& state) {
    const RangeTable table = drawn_table();
    ask_all(state, [&](const Address& address) { return &table.facts_of(address); });
}
BENCHMARK(BM_RangeTable);

void BM_PlainBinarySearch(benchmark::State& state) {
    std::mt19937 random(7);
    std::vector<std::uint32_t> firsts;
    while (firsts.size() < 385'000) firsts.push_back(static_cast<std::uint32_t>(random()));
    std::sort(firsts.begin(), firsts.end());
    ask_all(state, [&](const Address& address) {
        return std::upper_bound(firsts.begin(), firsts.end(), address.ipv4());
    });
}
BENCHMARK(BM_PlainBinarySearch);

void BM_Libloc(benchmark::State& state) {
    const auto fd = open_for_reading(kLocation);
    if (!fd) return state.SkipWithError("libloc-database is not installed");
    const auto database = LocationDatabase::open(fd->get());
    ask_all(state, [&](const Address& address) { return (*database)->facts_of(address); });
}
BENCHMARK(BM_Libloc);

void BM_LiblocBare(benchmark::State& state) {
    std::FILE* const file = std::fopen(kLocation, "rbe");
    if (file == nullptr) return state.SkipWithError("libloc-database is not installed");
    loc_ctx* context = nullptr;
    loc_database* database = nullptr;
    if (loc_new(&context) != 0 || loc_database_new(context, &database, file) != 0) std::abort();
    ask_all(state, [&](const Address& address) {
        in6_addr place{};
        std::copy(address.bytes().begin(), address.bytes().end(), std::begin(place.s6_addr));
        loc_network* network = nullptr;
        const bool found = loc_database_lookup(database, &place, &network) == 0;
        const std::uint32_t system = found ? loc_network_get_asn(network) : 0;
        if (found) loc_network_unref(network);
        return system;
    });
    loc_database_unref(database);
    loc_unref(context);
    static_cast<void>(std::fclose(file));
}
BENCHMARK(BM_LiblocBare);

/// A database in which every public /16 has one of a hundred countries and systems.
struct DrawnMmdb {
    DrawnMmdb() {
        test::MmdbFile file(6);
        for (std::uint32_t net = 0; net < 0xE000; ++net) {
            const std::string country = {
                static_cast<char>('A' + net % 10), static_cast<char>('A' + net % 100 / 10)};
            file.add(
                Address::from_ipv4(net << 16U),
                16,
                test::MmdbFile::map(
                    {{"country",
                      test::MmdbFile::map({{"iso_code", test::MmdbFile::text(country)}})},
                     {"autonomous_system_number", test::MmdbFile::u32(64500 + net % 100)}}
                )
            );
        }
        path = dir.write("drawn.mmdb", as_text(file.bytes()));
    }

    cairn::test::TempDir dir;
    std::string path;
};

void BM_Mmdb(benchmark::State& state) {
    const DrawnMmdb drawn;
    const auto fd = open_for_reading(drawn.path);
    const auto database = MmdbDatabase::open(fd->get());
    ask_all(state, [&](const Address& address) { return (*database)->facts_of(address); });
}
BENCHMARK(BM_Mmdb);

void BM_MmdbBare(benchmark::State& state) {
    const DrawnMmdb drawn;
    MMDB_s database{};
    if (MMDB_open(drawn.path.c_str(), MMDB_MODE_MMAP, &database) != MMDB_SUCCESS) std::abort();
    ask_all(state, [&](const Address& address) {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(address.ipv4());
        const void* const any = &place;
        int status = 0;
        auto found = MMDB_lookup_sockaddr(&database, static_cast<const sockaddr*>(any), &status);
        MMDB_entry_data_s value{};
        constexpr std::array<const char*, 3> kCountry = {"country", "iso_code", nullptr};
        constexpr std::array<const char*, 2> kSystem = {"autonomous_system_number", nullptr};
        if (!found.found_entry) return value.uint32;
        MMDB_aget_value(&found.entry, &value, kCountry.data());
        MMDB_aget_value(&found.entry, &value, kSystem.data());
        return value.uint32;
    });
    MMDB_close(&database);
}
BENCHMARK(BM_MmdbBare);

/// As people ask: all installed sources, each fact from the nearest.
void BM_InstalledView(benchmark::State& state) {
    const cairn::test::TempDir dir;
    const SystemClock clock;
    const auto store = SourceStore::open(dir / "networks", clock);
    if (!(*store)->take_installed({}) || (*store)->versions()->empty()) {
        return state.SkipWithError("neither libloc-database nor tor-geoipdb is installed");
    }
    const auto lookup = Lookup::open(**store, Origin::all);
    const auto view = (*lookup)->at(clock.now());
    ask_all(state, [&](const Address& address) { return (*view)->look_up(address); });
}
BENCHMARK(BM_InstalledView);

}  // namespace
}  // namespace cairn::network
