#include "network/range_table.h"

#include <gtest/gtest.h>

namespace cairn::network {
namespace {

RangeTable sample() {
    RangeTableBuilder builder;
    Facts facts;
    facts.country = *country_from("DE");
    facts.system = 64500;
    facts.operator_name = "Example";
    EXPECT_TRUE(builder.add(*parse_range("192.0.2.0/24"), facts, 1));
    facts.classes = {AddressClass::hosting};
    EXPECT_TRUE(builder.add(*parse_range("2001:db8::/32"), facts, 2));
    EXPECT_TRUE(builder.add_system(64501, {AddressClass::cgn}));
    auto table = builder.build();
    EXPECT_TRUE(table);
    return *std::move(table);
}

TEST(RangeTable, ReadsBackWhatItWrote) {
    const RangeTable table = sample();
    const ByteVector bytes = table.encode();
    const auto back = RangeTable::decode(bytes);
    ASSERT_TRUE(back) << back.error().message;
    for (const char* const text : {"192.0.2.7", "192.0.3.0", "2001:db8::1", "2001:db9::"}) {
        const Address address = *parse_address(text);
        EXPECT_EQ(back->facts_of(address), table.facts_of(address)) << text;
    }
    EXPECT_EQ(back->classes_of_system(64501), ClassSet{AddressClass::cgn});
    EXPECT_EQ(back->coverage(), table.coverage());
    EXPECT_EQ(back->encode(), bytes);
}

TEST(RangeTable, RefusesEveryCut) {
    const ByteVector bytes = sample().encode();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(RangeTable::decode(Bytes(bytes).first(size))) << size;
    }
    ByteVector longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(RangeTable::decode(longer));
}

TEST(RangeTable, BearsEveryFlippedByte) {
    const ByteVector bytes = sample().encode();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const unsigned bit : {0x01U, 0x80U, 0xFFU}) {
            ByteVector damaged = bytes;
            damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ bit);
            const auto table = RangeTable::decode(damaged);
            if (!table) continue;
            // What is read is whole: it can be asked and written.
            static_cast<void>(table->facts_of(*parse_address("192.0.2.7")));
            EXPECT_EQ(table->encode(), damaged);
        }
    }
}

TEST(CountryCode, IsTwoLettersOfACountry) {
    EXPECT_EQ(text_of(*country_from("de")), "DE");
    for (const char* const text : {"", "-", "??", "A1", "XD", "XX", "zz", "DEU"}) {
        EXPECT_FALSE(country_from(text)) << text;
    }
}

}  // namespace
}  // namespace cairn::network
