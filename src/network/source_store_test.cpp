#include "network/source_store.h"

#include <csignal>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "network/location_file_test.h"
#include "network/mmdb_file_test.h"
#include "support/fake_clock.h"
#include "support/file_size_limit.h"
#include "support/temp_dir.h"

namespace cairn::network {
namespace {

using cairn::test::FileSizeLimit;
using cairn::test::TempDir;
using testing::HasSubstr;

UtcTime day(std::string_view text) {
    return *parse_utc(std::string(text) + "T00:00:00Z");
}

struct StoreWorld {
    TempDir dir;
    SystemClock clock;
    std::unique_ptr<SourceStore> store = open();

    std::unique_ptr<SourceStore> open() {
        auto opened = SourceStore::open(dir / "networks", clock);
        EXPECT_TRUE(opened) << opened.error().message;
        return *std::move(opened);
    }
    ImportOptions vpn(std::string_view text, std::string_view from) {
        ImportOptions options;
        options.files = {dir.write("vpn.txt", text)};
        options.name = "vpn";
        options.valid_from = day(from);
        options.classes = {AddressClass::vpn};
        return options;
    }
    std::size_t source_files() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(dir / "networks")) {
            if (entry.path().string().find(".source") != std::string::npos) ++count;
        }
        return count;
    }
};

TEST(SourceStore, KeepsVersionsWithWhatTheyAre) {
    StoreWorld world;
    ImportOptions options = world.vpn("192.0.2.0/24\n", "2026-01-01");
    options.licence = "CC0";
    const auto first = world.store->import(options);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_FALSE(first->unchanged);
    ASSERT_TRUE(world.store->import(world.vpn("192.0.2.0/25\n", "2026-07-01")));
    const auto versions = world.open()->versions();
    ASSERT_TRUE(versions);
    ASSERT_EQ(versions->size(), 2U);
    const SourceVersion& version = versions->front();
    EXPECT_EQ(title_of(version), "vpn 2026-01-01");
    EXPECT_EQ(version.kind, SourceKind::networks);
    EXPECT_EQ(version.licence, "CC0");
    EXPECT_EQ(version.ranges, 1U);
    EXPECT_EQ(version.coverage.classes, ClassSet{AddressClass::vpn});
    // sha256sum of "192.0.2.0/24\n"
    EXPECT_EQ(version.sha256.size(), 64U);
    EXPECT_NE(version.sha256, versions->back().sha256);
    const auto reader = world.store->reader(version);
    ASSERT_TRUE(reader);
    const auto facts = (*reader)->facts_of(*parse_address("192.0.2.200"));
    ASSERT_TRUE(facts);
    EXPECT_FALSE(facts->classes.empty());
}

TEST(SourceStore, ImportsTheSameOnce) {
    StoreWorld world;
    ASSERT_TRUE(world.store->import(world.vpn("192.0.2.0/24\n", "2026-01-01")));
    const auto again = world.store->import(world.vpn("192.0.2.0/24\n", "2026-01-01"));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->unchanged);
    // The same content of another day shares the file.
    ASSERT_TRUE(world.store->import(world.vpn("192.0.2.0/24\n", "2026-01-02")));
    EXPECT_EQ(world.store->versions()->size(), 2U);
    EXPECT_EQ(world.source_files(), 1U);
    ASSERT_TRUE(world.store->remove("vpn", day("2026-01-01")));
    EXPECT_EQ(world.source_files(), 1U);
    EXPECT_EQ(*world.store->remove("vpn", {}), 1);
    EXPECT_EQ(world.source_files(), 0U);
}

TEST(SourceStore, RefusesTwoContentsOfOneTime) {
    StoreWorld world;
    ASSERT_TRUE(world.store->import(world.vpn("192.0.2.0/24\n", "2026-01-01")));
    const auto other = world.store->import(world.vpn("192.0.2.0/25\n", "2026-01-01"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::conflict);
    EXPECT_THAT(other.error().message, HasSubstr("remove that version first"));
    EXPECT_EQ(world.source_files(), 1U);
}

TEST(SourceStore, RefusesWhatItCannotKeep) {
    StoreWorld world;
    const auto refusal = [&](const ImportOptions& options) {
        const auto report = world.store->import(options);
        return report ? std::string("taken") : report.error().message;
    };
    EXPECT_THAT(
        refusal(world.vpn("192.0.2.0/24\nx\n", "2026-01-01")), HasSubstr("vpn.txt: line 2")
    );
    ImportOptions options = world.vpn("192.0.2.0/24\n", "2026-01-01");
    options.name = "../x";
    EXPECT_THAT(refusal(options), HasSubstr("no name for a source"));
    options = world.vpn("192.0.2.0/24\n", "2026-01-01");
    options.valid_from.reset();
    EXPECT_THAT(refusal(options), HasSubstr("does not say when it was made"));
    options.kind = SourceKind::mmdb;
    EXPECT_THAT(refusal(options), HasSubstr("a class goes with a list of networks alone"));
    options.classes = {};
    EXPECT_THAT(refusal(options), HasSubstr("no MaxMind database"));
    options.kind = SourceKind::location;
    EXPECT_THAT(refusal(options), HasSubstr("no location database"));
    options.files = {world.dir / "absent"};
    EXPECT_THAT(refusal(options), HasSubstr("No such file"));
    EXPECT_EQ(world.source_files(), 0U);
    EXPECT_TRUE(world.store->versions()->empty());
    EXPECT_EQ(world.store->remove("vpn", {}).error().code, Errc::not_found);
}

TEST(SourceStore, TakesDatabasesWithTheTimeTheyState) {
    StoreWorld world;
    test::LocationFile location;
    location.add(*parse_address("192.0.2.0"), 96 + 24, {"DE", 64500, 0});
    test::MmdbFile mmdb(6);
    mmdb.add(
        *parse_address("192.0.2.0"),
        24,
        test::MmdbFile::map({{"autonomous_system_number", test::MmdbFile::u32(64501)}})
    );
    ImportOptions options;
    options.files = {world.dir.write("location.db", as_text(location.bytes()))};
    options.kind = SourceKind::location;
    options.name = "location";
    const auto first = world.store->import(options);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(title_of(first->version), "location 2026-06-25");
    EXPECT_EQ(first->version.licence, "CC BY-SA 4.0");
    options.files = {world.dir.write("asn.mmdb", as_text(mmdb.bytes()))};
    options.kind = SourceKind::mmdb;
    options.name = "asn";
    const auto second = world.store->import(options);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_FALSE(second->version.coverage.countries);
    const auto versions = world.store->versions();
    ASSERT_TRUE(versions);
    for (const SourceVersion& version : *versions) {
        const auto reader = world.store->reader(version);
        ASSERT_TRUE(reader);
        EXPECT_NE((*reader)->facts_of(*parse_address("192.0.2.1"))->system, 0U);
    }
}

TEST(SourceStore, TakesInstalledSourcesOnceAndAfterEachUpgrade) {
    StoreWorld world;
    InstalledPlaces places;
    places.location = world.dir / "absent";
    places.geoip = world.dir.write(
        "geoip", "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n3221225984,3221226239,DE\n"
    );
    places.geoip6 = world.dir.write(
        "geoip6", "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n2001:db8::,2001:db8::ff,FR\n"
    );
    auto taken = world.store->take_installed(places);
    ASSERT_TRUE(taken);
    ASSERT_EQ(taken->taken.size(), 1U);
    EXPECT_TRUE(taken->problems.empty());
    EXPECT_EQ(title_of(taken->taken.front()), "tor-geoipdb 2026-06-25");
    EXPECT_TRUE(taken->taken.front().installed);
    EXPECT_TRUE(world.store->take_installed(places)->taken.empty());
    world.dir.write(
        "geoip", "# Generated: Thu, 30 Jul 2026 04:33:59 GMT\n3221225984,3221226240,DE\n"
    );
    world.dir.write(
        "geoip6", "# Generated: Thu, 30 Jul 2026 04:33:59 GMT\n2001:db8::,2001:db8::1,FR\n"
    );
    EXPECT_EQ(world.store->take_installed(places)->taken.size(), 1U);
    EXPECT_EQ(world.store->versions()->size(), 2U);
    world.dir.write("geoip", "not a list at all\n");
    taken = world.store->take_installed(places);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->problems.size(), 1U);
    EXPECT_EQ(world.store->versions()->size(), 2U);
}

TEST(SourceStore, NoticesAFileThatChanged) {
    StoreWorld world;
    const auto report = world.store->import(world.vpn("192.0.2.0/24\n", "2026-01-01"));
    ASSERT_TRUE(report);
    const std::string path = world.dir / ("networks/" + report->version.file_name);
    auto bytes = *read_file(path, 1 << 20);
    bytes[bytes.size() / 2] ^= 1;
    world.dir.write("networks/" + report->version.file_name, as_text(bytes));
    const auto reader = world.store->reader(report->version);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Errc::corrupt_data);
    EXPECT_THAT(reader.error().message, HasSubstr("not as it was imported"));
    std::filesystem::remove(path);
    EXPECT_EQ(world.store->reader(report->version).error().code, Errc::not_found);
}

TEST(SourceStore, LeavesNothingOnAFullDisk) {
    StoreWorld world;
    std::string text;
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        text += Address::from_ipv4(0x0B000000 + 2 * i).text() + "\n";
    }
    const ImportOptions options = world.vpn(text, "2026-01-01");
    {
        const FileSizeLimit full(100'000);
        const auto report = world.store->import(options);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, Errc::limit_exceeded);
    }
    EXPECT_EQ(world.source_files(), 0U);
    EXPECT_TRUE(world.store->import(options));
}

/// Imports day after day until it is killed.
[[noreturn]] void import_on_and_on(const std::string& folder, const std::string& list) {
    const SystemClock clock;
    auto store = SourceStore::open(folder, clock);
    if (!store) ::_exit(1);
    for (int i = 0;; ++i) {
        ImportOptions options;
        options.files = {list};
        options.name = "vpn";
        options.valid_from = day("2020-01-01") + std::chrono::hours(24 * i);
        // Another content each day.
        options.classes = {i % 2 == 0 ? AddressClass::vpn : AddressClass::relay};
        if (const auto report = (*store)->import(options); !report) ::_exit(1);
    }
}

TEST(SourceStore, IsWholeWhenAnImportIsKilled) {
    StoreWorld world;
    std::string text;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        text += Address::from_ipv4(0x0B000000 + 2 * i).text() + "\n";
    }
    const std::string list = world.dir.write("list.txt", text);
    std::mt19937 random(20261122);
    std::size_t kept = 0;
    for (int round = 0; round < 8; ++round) {
        const std::string folder = world.dir / ("killed" + std::to_string(round));
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) import_on_and_on(folder, list);
        std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 400));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        const auto store = SourceStore::open(folder, world.clock);
        ASSERT_TRUE(store) << store.error().message;
        const auto versions = (*store)->versions();
        ASSERT_TRUE(versions);
        for (const SourceVersion& version : *versions) {
            EXPECT_TRUE((*store)->reader(version)) << title_of(version);
        }
        kept += versions->size();
        EXPECT_TRUE((*store)->import(world.vpn("192.0.2.0/24\n", "2026-01-01")));
    }
    EXPECT_GT(kept, 0U);
}

TEST(SourceStore, BearsImportsAtOnce) {
    StoreWorld world;
    const std::string list = world.dir.write("list.txt", "192.0.2.0/24 vpn\n");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const auto store = SourceStore::open(world.dir / "networks", world.clock);
            for (int n = 0; n < 5; ++n) {
                ImportOptions options;
                options.files = {list};
                options.name = "vpn" + std::to_string(n);
                options.valid_from = day("2026-01-01");
                if (!store || !(*store)->import(options)) std::abort();
            }
            static_cast<void>(i);
        });
    }
    threads.clear();
    EXPECT_EQ(world.store->versions()->size(), 5U);
}

}  // namespace
}  // namespace cairn::network
