#include "network/mmdb_database.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/ignored_leaks_test.h"
#include "network/mmdb_file_test.h"

namespace cairn::network {
namespace {

using test::MmdbFile;

MmdbFile sample() {
    MmdbFile file(6);
    file.add(
        *parse_address("192.0.2.0"),
        24,
        MmdbFile::map({
            {"city", MmdbFile::map({{"name", MmdbFile::text("Nowhere")}})},
            {"country", MmdbFile::map({{"iso_code", MmdbFile::text("DE")}})},
            {"location", MmdbFile::map({{"latitude", MmdbFile::real()}})},
            {"autonomous_system_number", MmdbFile::u32(64500)},
            {"autonomous_system_organization",
             MmdbFile::text("An example with a name of more than 29 letters")},
        })
    );
    file.add(
        *parse_address("2001:db8::"),
        32,
        MmdbFile::map({{"connection_type", MmdbFile::text("Cable/DSL")}})
    );
    file.add(*parse_address("198.51.100.0"), 24, MmdbFile::text("no map"));
    return file;
}

Result<std::unique_ptr<MmdbDatabase>> open_bytes(const ByteVector& bytes) {
    const Fd fd = CAIRN_TRY(make_memory_file("mmdb"));
    CAIRN_TRY(write_all(fd.get(), bytes));
    const test::IgnoredLeaks ignored;
    return MmdbDatabase::open(fd.get());
}

TEST(MmdbDatabase, TellsCountrySystemAndConnection) {
    const auto database = open_bytes(sample().bytes());
    ASSERT_TRUE(database) << database.error().message;
    const auto label = (*database)->examine();
    ASSERT_TRUE(label) << label.error().message;
    EXPECT_EQ(format_utc(label->made_at), "2026-06-25T05:00:00Z");
    EXPECT_EQ(label->ranges, 3U);
    const Coverage all{.countries = true, .systems = true, .connections = true, .classes = {}};
    EXPECT_EQ(label->coverage, all);
    const auto facts = (*database)->facts_of(*parse_address("192.0.2.77"));
    ASSERT_TRUE(facts);
    EXPECT_EQ(text_of(facts->country), "DE");
    EXPECT_EQ(facts->system, 64500U);
    EXPECT_EQ(facts->operator_name, "An example with a name of more than 29 letters");
    const auto wide = (*database)->facts_of(*parse_address("2001:db8::1"));
    ASSERT_TRUE(wide);
    EXPECT_EQ(wide->connection, Connection::cable_dsl);
    for (const char* const unknown : {"192.0.3.0", "2001:db9::", "198.51.100.1"}) {
        const auto nothing = (*database)->facts_of(*parse_address(unknown));
        ASSERT_TRUE(nothing) << unknown;
        EXPECT_EQ(*nothing, Facts()) << unknown;
    }
}

TEST(MmdbDatabase, OfIpv4AloneKnowsNoIpv6) {
    MmdbFile file(4);
    file.add(
        *parse_address("192.0.2.0"),
        24,
        MmdbFile::map({{"country", MmdbFile::map({{"iso_code", MmdbFile::text("DE")}})}})
    );
    const auto database = open_bytes(file.bytes());
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_EQ(text_of((*database)->facts_of(*parse_address("192.0.2.1"))->country), "DE");
    EXPECT_EQ(*(*database)->facts_of(*parse_address("2001:db8::1")), Facts());
}

TEST(MmdbDatabase, OfAnImpossibleTimeIsRefused) {
    MmdbFile file = sample();
    file.made_at = 12;
    const auto database = open_bytes(file.bytes());
    ASSERT_TRUE(database);
    EXPECT_EQ((*database)->examine().error().code, Errc::corrupt_data);
}

TEST(MmdbDatabase, RefusesEveryCut) {
    const ByteVector bytes = sample().bytes();
    for (std::size_t size = 0; size + 1 < bytes.size(); size += 7) {
        const auto database = open_bytes({bytes.begin(), bytes.begin() + static_cast<long>(size)});
        if (!database) continue;
        EXPECT_FALSE((*database)->examine()) << size;
    }
}

TEST(MmdbDatabase, BearsEveryFlippedByte) {
    const ByteVector bytes = sample().bytes();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const unsigned bit : {0x01U, 0x80U, 0xFFU}) {
            ByteVector damaged = bytes;
            damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ bit);
            const auto database = open_bytes(damaged);
            if (!database) continue;
            static_cast<void>((*database)->examine());
            for (const char* const text : {"192.0.2.1", "2001:db8::1", "198.51.100.1"}) {
                static_cast<void>((*database)->facts_of(*parse_address(text)));
            }
        }
    }
}

TEST(MmdbDatabase, AnswersThreadsAtOnce) {
    const auto database = open_bytes(sample().bytes());
    ASSERT_TRUE(database);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 2000; ++n) {
                const auto facts = (*database)->facts_of(*parse_address("192.0.2.1"));
                if (!facts || facts->system != 64500) std::abort();
            }
        });
    }
}

}  // namespace
}  // namespace cairn::network
