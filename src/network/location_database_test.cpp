#include "network/location_database.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/location_check.h"
#include "network/location_file_test.h"

namespace cairn::network {
namespace {

using testing::HasSubstr;

test::LocationFile sample() {
    test::LocationFile file;
    file.systems = {{64496, "Example One"}, {64500, "Example Two"}};
    file.add(*parse_address("192.0.2.0"), 96 + 24, {"DE", 64500, 0});
    file.add(*parse_address("192.0.2.128"), 96 + 25, {"FR", 64496, 1 | 4});
    file.add(*parse_address("198.51.100.7"), 96 + 32, {"", 0, 2 | 8});
    file.add(*parse_address("2001:db8::"), 32, {"US", 64499, 0});
    file.add(*parse_address("2001:db8::1"), 128, {"", 64501, 0});
    return file;
}

Result<std::unique_ptr<LocationDatabase>> open_bytes(const ByteVector& bytes) {
    const Fd fd = CAIRN_TRY(make_memory_file("location"));
    CAIRN_TRY(write_all(fd.get(), bytes));
    return LocationDatabase::open(fd.get());
}

Facts facts_at(const LocationDatabase& database, std::string_view address) {
    auto facts = database.facts_of(*parse_address(address));
    EXPECT_TRUE(facts);
    return facts ? *facts : Facts{};
}

TEST(LocationDatabase, TellsCountrySystemAndFlags) {
    const ByteVector bytes = sample().bytes();
    const auto ranges = check_location_file(bytes);
    ASSERT_TRUE(ranges) << ranges.error().message;
    EXPECT_EQ(*ranges, 5U);
    const auto database = open_bytes(bytes);
    ASSERT_TRUE(database) << database.error().message;
    const Facts wide = facts_at(**database, "192.0.2.127");
    EXPECT_EQ(text_of(wide.country), "DE");
    EXPECT_EQ(wide.system, 64500U);
    EXPECT_EQ(wide.operator_name, "Example Two");
    EXPECT_TRUE(wide.classes.empty());
    const Facts narrow = facts_at(**database, "192.0.2.128");
    EXPECT_EQ(text_of(narrow.country), "FR");
    EXPECT_EQ(narrow.operator_name, "Example One");
    const ClassSet flags = {AddressClass::vpn, AddressClass::anycast};
    EXPECT_EQ(narrow.classes, flags);
    const Facts host = facts_at(**database, "198.51.100.7");
    EXPECT_EQ(host.country, kNoCountry);
    const ClassSet others = {AddressClass::satellite, AddressClass::drop};
    EXPECT_EQ(host.classes, others);
    EXPECT_EQ(facts_at(**database, "198.51.100.8"), Facts());
    EXPECT_EQ(text_of(facts_at(**database, "2001:db8::2").country), "US");
    EXPECT_EQ(facts_at(**database, "2001:db8::2").operator_name, "");
    EXPECT_EQ(facts_at(**database, "2001:db8::1").country, kNoCountry);
}

TEST(LocationDatabase, SaysWhenItWasMade) {
    const auto database = open_bytes(sample().bytes());
    ASSERT_TRUE(database);
    const auto label = (*database)->label();
    ASSERT_TRUE(label);
    EXPECT_EQ(format_utc(label->made_at), "2026-06-25T05:00:00Z");
    EXPECT_EQ(label->licence, "CC BY-SA 4.0");
    test::LocationFile timeless = sample();
    timeless.made_at = ~std::uint64_t{0};
    const auto other = open_bytes(timeless.bytes());
    ASSERT_TRUE(other);
    EXPECT_EQ((*other)->label().error().code, Errc::corrupt_data);
}

TEST(LocationDatabase, AnswersThreadsAtOnce) {
    const auto database = open_bytes(sample().bytes());
    ASSERT_TRUE(database);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 2000; ++n) {
                const auto facts = (*database)->facts_of(*parse_address("192.0.2.1"));
                if (!facts || facts->operator_name != "Example Two") std::abort();
            }
        });
    }
}

TEST(LocationCheck, RefusesEveryCut) {
    const ByteVector bytes = sample().bytes();
    for (std::size_t size = 0; size < bytes.size(); size += size < 9000 ? 61 : 997) {
        EXPECT_FALSE(check_location_file(Bytes(bytes).first(size))) << size;
    }
}

TEST(LocationCheck, RefusesAnotherFormat) {
    ByteVector bytes = sample().bytes();
    bytes[7] = 2;
    EXPECT_THAT(check_location_file(bytes).error().message, HasSubstr("version 1"));
    bytes[0] = 'X';
    EXPECT_EQ(check_location_file(bytes).error().code, Errc::corrupt_data);
}

TEST(LocationCheck, RefusesATreeThatRunsInACircle) {
    ByteVector bytes = sample().bytes();
    // The header's twelfth number says where the tree is; its second node leads to the first.
    std::size_t tree = 0;
    for (std::size_t i = 44; i < 48; ++i) tree = tree << 8U | bytes[i];
    bytes[tree + 12 + 3] = 1;
    bytes[tree + 12 + 7] = 1;
    EXPECT_THAT(check_location_file(bytes).error().message, HasSubstr("circle"));
}

TEST(LocationCheck, RefusesCountriesThatTheLibraryCannotRead) {
    test::LocationFile file = sample();
    file.add(*parse_address("203.0.113.0"), 96 + 24, {"XD", 0, 0});
    EXPECT_THAT(check_location_file(file.bytes()).error().message, HasSubstr("country"));
}

TEST(LocationCheck, WhatItPassesTheLibraryReads) {
    const ByteVector bytes = sample().bytes();
    std::size_t passed = 0;
    for (std::size_t at = 0; at < bytes.size(); at += at < 80 ? 1 : 101) {
        for (const unsigned bit : {0x01U, 0x40U, 0xFFU}) {
            ByteVector damaged = bytes;
            damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ bit);
            if (!check_location_file(damaged)) continue;
            const auto database = open_bytes(damaged);
            if (!database) continue;
            ++passed;
            static_cast<void>((*database)->label());
            for (const char* const text : {"192.0.2.1", "192.0.2.200", "2001:db8::1", "::"}) {
                static_cast<void>((*database)->facts_of(*parse_address(text)));
            }
        }
    }
    EXPECT_GT(passed, 100U);
}

}  // namespace
}  // namespace cairn::network
