#include "network/lookup.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace cairn::network {
namespace {

using cairn::test::TempDir;

UtcTime at(std::string_view text) {
    return *parse_utc(text);
}

struct LookupWorld {
    TempDir dir;
    SystemClock clock;
    std::unique_ptr<SourceStore> store = *SourceStore::open(dir / "networks", clock);

    void add_list(std::string_view name, std::string_view from, std::string_view text) {
        ImportOptions options;
        options.files = {dir.write("list.txt", text)};
        options.name = name;
        options.valid_from = at(from);
        const auto report = store->import(options);
        ASSERT_TRUE(report) << report.error().message;
    }
    void add_table(std::string_view name, std::string_view from, std::string_view text) {
        ImportOptions options;
        options.files = {dir.write("table.csv", text)};
        options.kind = SourceKind::ranges;
        options.name = name;
        options.valid_from = at(from);
        const auto report = store->import(options);
        ASSERT_TRUE(report) << report.error().message;
    }
    std::unique_ptr<Lookup> lookup() { return *Lookup::open(*store, Origin::all); }
};

// Addresses of nobody in particular that are not reserved.
constexpr const char* kOne = "11.0.0.1";
constexpr const char* kOther = "11.0.1.1";

std::string country_at(Lookup& lookup, std::string_view time, const char* address = kOne) {
    const auto view = lookup.at(at(time));
    EXPECT_TRUE(view);
    const auto answer = (*view)->look_up(*parse_address(address));
    EXPECT_TRUE(answer);
    if (!answer->country) return answer->country_stale ? "unknown, stale" : "unknown";
    const auto& fact = *answer->country;
    return text_of(fact.value) + " " + title_of(*fact.source) + (fact.stale ? ", stale" : "");
}

TEST(Lookup, AnswersFromTheVersionNearestInTime) {
    LookupWorld world;
    world.add_table("a", "2026-01-01T00:00:00Z", "network,country\n11.0.0.0/24,DE\n");
    world.add_table("a", "2026-07-01T00:00:00Z", "network,country\n11.0.0.0/24,FR\n");
    const auto lookup = world.lookup();
    EXPECT_EQ(country_at(*lookup, "2026-01-01T00:00:00Z"), "DE a 2026-01-01");
    EXPECT_EQ(country_at(*lookup, "2026-02-01T00:00:00Z"), "DE a 2026-01-01");
    EXPECT_EQ(country_at(*lookup, "2026-06-01T00:00:00Z"), "FR a 2026-07-01");
    EXPECT_EQ(country_at(*lookup, "2026-09-01T00:00:00Z"), "FR a 2026-07-01");
    // 181 days lie between them: of two equally near the earlier.
    EXPECT_EQ(country_at(*lookup, "2026-04-01T12:00:00Z"), "DE a 2026-01-01, stale");
    EXPECT_EQ(country_at(*lookup, "2026-04-01T12:00:01Z"), "FR a 2026-07-01, stale");
    EXPECT_EQ(country_at(*lookup, "2020-01-01T00:00:00Z"), "DE a 2026-01-01, stale");
    EXPECT_EQ(country_at(*lookup, "2026-01-01T00:00:00Z", kOther), "unknown");
    EXPECT_EQ(country_at(*lookup, "2020-01-01T00:00:00Z", kOther), "unknown, stale");
}

TEST(Lookup, TakesEachFactFromTheNearestSourceThatKnowsIt) {
    LookupWorld world;
    world.add_table(
        "old",
        "2022-10-29T00:00:00Z",
        "network,country,asn,operator\n11.0.0.0/24,DE,64500,Example\n11.0.1.0/24,DE,64500,Example\n"
    );
    world.add_table("new", "2026-06-25T00:00:00Z", "network,country\n11.0.0.0/24,FR\n");
    const auto view = world.lookup()->at(at("2026-07-01T00:00:00Z"));
    ASSERT_TRUE(view);
    const auto answer = (*view)->look_up(*parse_address(kOne));
    ASSERT_TRUE(answer);
    EXPECT_EQ(text_of(answer->country->value), "FR");
    EXPECT_FALSE(answer->country->stale);
    EXPECT_EQ(answer->system->value, 64500U);
    EXPECT_TRUE(answer->system->stale && answer->system_stale);
    EXPECT_EQ(answer->operator_name->value, "Example");
    EXPECT_EQ(answer->operator_name->source->name, "old");
    const auto other = (*view)->look_up(*parse_address(kOther));
    ASSERT_TRUE(other);
    EXPECT_EQ(title_of(*other->country->source), "old 2022-10-29");
    EXPECT_TRUE(other->country_stale);
}

TEST(Lookup, UnitesTheClassesOfAllSources) {
    LookupWorld world;
    world.add_list("lists", "2026-07-01T00:00:00Z", "11.0.0.0/24 hosting\nAS64500 cgn\n");
    world.add_list("other", "2026-04-01T00:00:00Z", "11.0.0.0/24 vpn\n");
    world.add_table("asn", "2026-06-25T00:00:00Z", "network,asn\n11.0.0.0/24,64500\n");
    const auto view = world.lookup()->at(at("2026-07-02T00:00:00Z"));
    ASSERT_TRUE(view);
    const auto answer = (*view)->look_up(*parse_address(kOne));
    ASSERT_TRUE(answer);
    const ClassSet all = {AddressClass::hosting, AddressClass::vpn, AddressClass::cgn};
    EXPECT_EQ(answer->class_set(), all);
    const ClassSet stale = {AddressClass::vpn, AddressClass::tor_exit};
    EXPECT_EQ(answer->stale_classes, stale);
    EXPECT_EQ((*view)->not_covered(), ClassSet{AddressClass::tor_exit});
    const auto plain = (*view)->look_up(*parse_address(kOther));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->class_set(), ClassSet{AddressClass::plain});
    EXPECT_TRUE(plain->stale());
}

TEST(Lookup, AsksAllListsOfTorExitsWithinADay) {
    LookupWorld world;
    world.add_list("tor", "2026-07-01T06:00:00Z", "11.0.0.1 tor_exit\n");
    world.add_list("tor", "2026-07-01T18:00:00Z", "11.0.1.1 tor_exit\n");
    const auto lookup = world.lookup();
    const auto is_exit = [&](std::string_view time, const char* address) {
        const auto view = lookup->at(at(time));
        const auto answer = (*view)->look_up(*parse_address(address));
        const bool stale = answer->stale_classes.contains(AddressClass::tor_exit);
        return std::string(answer->classes.empty() ? "no" : "yes") + (stale ? ", stale" : "");
    };
    EXPECT_EQ(is_exit("2026-07-01T17:00:00Z", kOne), "yes");
    EXPECT_EQ(is_exit("2026-07-01T17:00:00Z", kOther), "yes");
    EXPECT_EQ(is_exit("2026-07-02T06:00:00Z", kOne), "yes");
    EXPECT_EQ(is_exit("2026-07-02T06:00:01Z", kOne), "no");
    EXPECT_EQ(is_exit("2026-07-02T18:00:01Z", kOther), "yes, stale");
    EXPECT_EQ(is_exit("2026-07-02T18:00:01Z", kOne), "no, stale");
}

TEST(Lookup, KnowsNothingElseOfReservedAddresses) {
    LookupWorld world;
    world.add_list("lists", "2026-07-01T00:00:00Z", "10.0.0.0/8 hosting\n");
    const auto view = world.lookup()->at(at("2026-07-02T00:00:00Z"));
    ASSERT_TRUE(view);
    const auto answer = (*view)->look_up(*parse_address("10.1.2.3"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->class_set(), ClassSet{AddressClass::reserved});
    EXPECT_EQ(answer->reserved->source, "RFC 1918");
    EXPECT_TRUE(answer->classes.empty());
    EXPECT_FALSE(answer->stale());
}

TEST(Lookup, WithoutSourcesCallsEverythingStale) {
    LookupWorld world;
    const auto view = world.lookup()->at(at("2026-07-02T00:00:00Z"));
    ASSERT_TRUE(view);
    const auto answer = (*view)->look_up(*parse_address(kOne));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->country_stale && answer->system_stale);
    const ClassSet expected = {AddressClass::tor_exit, AddressClass::vpn, AddressClass::hosting};
    EXPECT_EQ(answer->stale_classes, expected);
    EXPECT_EQ((*view)->not_covered(), expected);
}

TEST(Lookup, ThatReadsADamagedVersionSaysWhich) {
    LookupWorld world;
    world.add_list("lists", "2026-07-01T00:00:00Z", "11.0.0.0/8 hosting\n");
    const std::string name = world.store->versions()->front().file_name;
    world.dir.write("networks/" + name, "something else");
    const auto view = world.lookup()->at(at("2026-07-02T00:00:00Z"));
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error().code, Errc::corrupt_data);
    EXPECT_THAT(view.error().message, testing::HasSubstr("lists 2026-07-01"));
}

TEST(Lookup, AnswersThreadsAtOnce) {
    LookupWorld world;
    world.add_table("a", "2026-01-01T00:00:00Z", "network,country\n11.0.0.0/24,DE\n");
    world.add_table("a", "2026-07-01T00:00:00Z", "network,country\n11.0.0.0/24,FR\n");
    const auto lookup = world.lookup();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            const bool early = i % 2 == 0;
            const UtcTime time = at(early ? "2026-01-02T00:00:00Z" : "2026-07-02T00:00:00Z");
            for (int n = 0; n < 500; ++n) {
                const auto view = lookup->at(time);
                if (!view) std::abort();
                const auto answer = (*view)->look_up(*parse_address(kOne));
                if (!answer || text_of(answer->country->value) != (early ? "DE" : "FR")) {
                    std::abort();
                }
            }
        });
    }
}

}  // namespace
}  // namespace cairn::network
