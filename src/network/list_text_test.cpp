#include "network/list_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::network {
namespace {

using testing::HasSubstr;

RangeTable networks_of(std::string_view text, ClassSet usual = {AddressClass::vpn}) {
    RangeTableBuilder builder;
    const Status read = read_networks(text, usual, builder);
    EXPECT_TRUE(read) << read.error().message;
    auto table = builder.build();
    EXPECT_TRUE(table);
    return *std::move(table);
}

std::string networks_refusal(std::string_view text, ClassSet usual = {AddressClass::vpn}) {
    RangeTableBuilder builder;
    const Status read = read_networks(text, usual, builder);
    if (!read) return read.error().message;
    const auto table = builder.build();
    return table ? "taken" : table.error().message;
}

RangeTable ranges_of(std::string_view text, std::string_view columns = "") {
    RangeTableBuilder builder;
    const auto parsed = parse_columns(columns);
    const Status read =
        read_ranges(text, columns.empty() ? std::vector<Column>() : *parsed, builder);
    EXPECT_TRUE(read) << read.error().message;
    auto table = builder.build();
    EXPECT_TRUE(table);
    return *std::move(table);
}

std::string ranges_refusal(std::string_view text, std::string_view columns = "") {
    RangeTableBuilder builder;
    const auto parsed = parse_columns(columns);
    const Status read =
        read_ranges(text, columns.empty() ? std::vector<Column>() : *parsed, builder);
    if (!read) return read.error().message;
    const auto table = builder.build();
    return table ? "taken" : table.error().message;
}

Facts facts_at(const RangeTable& table, std::string_view address) {
    return table.facts_of(*parse_address(address));
}

TEST(NetworkList, TakesLinesAsPeopleWriteThem) {
    const RangeTable table = networks_of(
        "\xEF\xBB\xBF# a heading\r\n"
        "\r\n"
        "198.18.0.0/15\r\n"
        "  192.0.2.7   hosting  cgn  # two classes\r\n"
        "203.0.113.0/24 ; as drop lists say it\n"
        "::ffff:198.51.100.0/120\n"
        "2001:db8::/32\n"
        "AS64500 hosting\n"
        "as64501"
    );
    EXPECT_EQ(facts_at(table, "198.19.255.255").classes, ClassSet{AddressClass::vpn});
    const ClassSet both = {AddressClass::hosting, AddressClass::cgn};
    EXPECT_EQ(facts_at(table, "192.0.2.7").classes, both);
    EXPECT_TRUE(facts_at(table, "192.0.2.8").classes.empty());
    EXPECT_EQ(facts_at(table, "203.0.113.9").classes, ClassSet{AddressClass::vpn});
    EXPECT_EQ(facts_at(table, "198.51.100.255").classes, ClassSet{AddressClass::vpn});
    EXPECT_EQ(facts_at(table, "2001:db8::1").classes, ClassSet{AddressClass::vpn});
    EXPECT_EQ(table.classes_of_system(64500), ClassSet{AddressClass::hosting});
    EXPECT_EQ(table.classes_of_system(64501), ClassSet{AddressClass::vpn});
    EXPECT_TRUE(table.classes_of_system(64502).empty());
}

TEST(NetworkList, NamesTheLineThatIsWrong) {
    EXPECT_THAT(networks_refusal("192.0.2.0/24\n192.0.2.300\n"), HasSubstr("line 2: "));
    EXPECT_THAT(networks_refusal("192.0.2.1/24"), HasSubstr("bits beyond its prefix"));
    EXPECT_THAT(networks_refusal("192.0.2.9-192.0.2.1"), HasSubstr("inverted"));
    EXPECT_THAT(networks_refusal("192.0.2.1 mobile"), HasSubstr("\"mobile\" is no class"));
    EXPECT_THAT(networks_refusal("192.0.2.1 satellite"), HasSubstr("those are tor_exit, vpn"));
    EXPECT_THAT(networks_refusal("192.0.2.1", {}), HasSubstr("line 1: names no class"));
    EXPECT_THAT(networks_refusal("AS0"), HasSubstr("no number of a system"));
    EXPECT_THAT(networks_refusal("AS4294967296"), HasSubstr("no number of a system"));
    EXPECT_THAT(
        networks_refusal("192.0.2.0-192.0.2.9\n\n192.0.2.5-192.0.2.20"),
        HasSubstr("lines 1 and 3 overlap")
    );
    EXPECT_THAT(
        networks_refusal("192.0.2.0/24 vpn\n192.0.2.0/24 hosting"), HasSubstr("lines 1 and 2")
    );
    EXPECT_THAT(networks_refusal("AS1 vpn\nAS1 hosting"), HasSubstr("line 2: AS1 stood before"));
    EXPECT_THAT(networks_refusal(std::string(5000, '1')), HasSubstr("longer than 4096 bytes"));
    EXPECT_THAT(
        networks_refusal(std::string_view(
            "1\0"
            "00",
            4
        )),
        HasSubstr("is no address")
    );
}

TEST(NetworkList, OfNothingIsRefused) {
    EXPECT_THAT(networks_refusal(""), HasSubstr("says nothing"));
    EXPECT_THAT(networks_refusal("# only\n; comments\n\n"), HasSubstr("says nothing"));
}

TEST(NetworkList, TakesAMillionLines) {
    std::string text;
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
        text += Address::from_ipv4(0x0B000000 + 2 * i).text() + "\n";
    }
    const RangeTable table = networks_of(text);
    EXPECT_EQ(table.size(), std::size_t{2'000'000});
    EXPECT_FALSE(table.facts_of(Address::from_ipv4(0x0B000000 + 1'999'998)).classes.empty());
    EXPECT_TRUE(table.facts_of(Address::from_ipv4(0x0B000000 + 1'999'997)).classes.empty());
}

TEST(RangeList, ReadsNamedColumnsAndQuotes) {
    const RangeTable table = ranges_of(
        "first,last,country,asn,operator,class\n"
        "192.0.2.0,192.0.2.99,de,AS64500,\"Beispiel, \"\"die\"\" Firma\",hosting business\n"
        "2001:db8::,2001:db8::ff,FR,64501,Exemple # 1,\n"
    );
    const Facts facts = facts_at(table, "192.0.2.99");
    EXPECT_EQ(text_of(facts.country), "DE");
    EXPECT_EQ(facts.system, 64500U);
    EXPECT_EQ(facts.operator_name, "Beispiel, \"die\" Firma");
    const ClassSet both = {AddressClass::hosting, AddressClass::business};
    EXPECT_EQ(facts.classes, both);
    EXPECT_EQ(facts_at(table, "192.0.2.100"), Facts());
    EXPECT_EQ(facts_at(table, "2001:db8::ff").operator_name, "Exemple # 1");
    EXPECT_TRUE(table.coverage().countries && table.coverage().systems);
}

TEST(RangeList, ReadsTheFormOfTorGeoipdb) {
    constexpr std::string_view kText =
        "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n"
        "3221225984,3221226239,DE\n"
        "3221226240,3221226495,??\n"
        "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,FR\n";
    const RangeTable table = ranges_of(kText, "first,last,country");
    EXPECT_EQ(text_of(facts_at(table, "192.0.2.255").country), "DE");
    EXPECT_EQ(facts_at(table, "192.0.3.1").country, kNoCountry);
    EXPECT_EQ(text_of(facts_at(table, "2001:db8::1").country), "FR");
    EXPECT_EQ(format_utc(*generated_at(kText)), "2026-06-25T04:33:59Z");
}

TEST(RangeList, PassesOverAHeadingInOtherWords) {
    const RangeTable table =
        ranges_of("start;end;city;cc\n192.0.2.0;192.0.2.9;Nowhere;DE\n", "first,last,-,country");
    EXPECT_EQ(text_of(facts_at(table, "192.0.2.9").country), "DE");
}

TEST(RangeList, AnUnknownPartHidesWhatSurroundsIt) {
    const RangeTable table = ranges_of("network,country\n192.0.2.0/24,DE\n192.0.2.128/25,??\n");
    EXPECT_EQ(text_of(facts_at(table, "192.0.2.127").country), "DE");
    EXPECT_EQ(facts_at(table, "192.0.2.128").country, kNoCountry);
}

TEST(RangeList, NamesWhatIsWrong) {
    EXPECT_THAT(ranges_refusal("start,end\n"), HasSubstr("\"start\" is no name of a column"));
    EXPECT_THAT(ranges_refusal("first,country\n"), HasSubstr("first and last, once"));
    EXPECT_THAT(ranges_refusal("network,network\n"), HasSubstr("once"));
    EXPECT_THAT(ranges_refusal("network,country\n192.0.2.0/24\n"), HasSubstr("1 values for 2"));
    EXPECT_THAT(ranges_refusal("network,asn\n192.0.2.0/24,ASX\n"), HasSubstr("\"ASX\""));
    EXPECT_THAT(ranges_refusal("network,operator\n192.0.2.0/24,\"x\n"), HasSubstr("no end"));
    EXPECT_THAT(ranges_refusal("network,operator\n192.0.2.0/24,\xFF\n"), HasSubstr("UTF-8"));
    EXPECT_THAT(
        ranges_refusal("192.0.2.9,192.0.2.1,DE\n", "first,last,country"), HasSubstr("inverted")
    );
    EXPECT_THAT(
        ranges_refusal("192.0.2.1,2001:db8::,DE\n", "first,last,country"), HasSubstr("mixes")
    );
    EXPECT_THAT(
        ranges_refusal("a,b,DE\nc,d,FR\n", "first,last,country"), HasSubstr("line 2: \"c\"")
    );
    EXPECT_FALSE(parse_columns("first,last,city"));
    EXPECT_FALSE(parse_columns(""));
}

TEST(RangeList, CutsOperatorsBetweenCharacters) {
    const std::string name = std::string(254, 'x') + "\xC3\xA9";
    const RangeTable table = ranges_of("network,operator\n192.0.2.0/24," + name + "\n");
    EXPECT_EQ(facts_at(table, "192.0.2.1").operator_name, std::string(254, 'x'));
}

TEST(GeneratedAt, TakesOnlyAWholeDateOfTheHead) {
    EXPECT_FALSE(generated_at("1,2,DE\n# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n"));
    EXPECT_FALSE(generated_at("# Generated: Thu, 25 Jux 2026 04:33:59 GMT\n"));
    EXPECT_FALSE(generated_at("# Generated: Thu, 25 Jun 2026 04:33:59 CET\n"));
    EXPECT_FALSE(generated_at("# Generated: yesterday\n"));
}

}  // namespace
}  // namespace cairn::network
