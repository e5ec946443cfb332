#include "value/value.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace cairn::value {
namespace {

using testing::HasSubstr;

Value value_of(Kind kind, std::string_view text, std::string_view context = {}) {
    auto value = read(kind, text, context);
    EXPECT_TRUE(value) << text;
    return value ? *value : Value{};
}

std::string key_of(Kind kind, std::string_view text, std::string_view context = {}) {
    return value_of(kind, text, context).key;
}

std::string flaw_of(Kind kind, std::string_view text, std::string_view context = {}) {
    const Value value = value_of(kind, text, context);
    EXPECT_EQ(value.key, "") << text;
    EXPECT_FALSE(value.links());
    return std::string(value.flaw);
}

TEST(Value, KeepsWhatWasGivenWithoutBlanksAround) {
    const Value value = value_of(Kind::email, "  Some.One@Example.ORG\r\n");
    EXPECT_EQ(value.text, "Some.One@Example.ORG");
    EXPECT_EQ(value.key, "Some.One@example.org");
    EXPECT_EQ(value.flaw, "");
    EXPECT_TRUE(value.links());
}

TEST(Value, HasANameForEachKind) {
    for (const Kind kind : kKinds) {
        const auto parsed = parse_kind(name_of(kind));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, kind);
    }
    EXPECT_EQ(parse_kind("shoe size").error().code, Errc::invalid_argument);
}

TEST(Value, RefusesWhatMustNotBeStored) {
    for (const std::string& text :
         {std::string(), std::string(" "), std::string("\xFF\xFE"), std::string(2049, 'a')}) {
        for (const Kind kind : kKinds) {
            EXPECT_EQ(read(kind, text).error().code, Errc::invalid_argument);
        }
    }
    const auto card = read(Kind::card, "4111 1111 1111 1111");
    ASSERT_FALSE(card);
    EXPECT_THAT(card.error().message, HasSubstr("first six and last four"));
    EXPECT_THAT(card.error().message, Not(HasSubstr("4111")));
}

TEST(Email, KeepsTheLocalPartAndFoldsTheDomain) {
    EXPECT_EQ(key_of(Kind::email, "a+b@B\u00DCCHER.example"), "a+b@xn--bcher-kva.example");
    EXPECT_EQ(value_of(Kind::email, "A.b+tag@example.org").near_key, "ab@example.org");
    EXPECT_EQ(value_of(Kind::email, "ab@example.org").near_key, "");
    for (const char* text :
         {"@example.org",
          "a@",
          "a",
          "a b@example.org",
          "a@192.0.2.1",
          "a@b..example",
          "<a@example.org>"}) {
        EXPECT_EQ(flaw_of(Kind::email, text), "not_an_address") << text;
    }
    EXPECT_EQ(flaw_of(Kind::email, std::string(65, 'a') + "@example.org"), "not_an_address");
}

TEST(Phone, IsOneNumberInAllSpellings) {
    // One of the numbers that Ofcom keeps for drama: no subscriber has it.
    const std::string key = "+442079460018";
    EXPECT_EQ(key_of(Kind::phone, "+44 20 7946 0018"), key);
    EXPECT_EQ(key_of(Kind::phone, "0044 (0)20 7946 0018"), key);
    EXPECT_EQ(key_of(Kind::phone, "020 7946 0018", "gb"), key);
    EXPECT_EQ(flaw_of(Kind::phone, "020 7946 0018"), "country_needed");
    EXPECT_EQ(flaw_of(Kind::phone, "020 7946 0018", "no country"), "country_needed");
    EXPECT_EQ(flaw_of(Kind::phone, "+44 99 9999 9999"), "no_such_number");
    EXPECT_EQ(flaw_of(Kind::phone, "call me", "GB"), "not_a_number");
}

TEST(Account, IsFoldedAsItsServiceFolds) {
    EXPECT_EQ(key_of(Kind::account_name, "@Some_One", "Instagram.com"), "instagram.com:some_one");
    EXPECT_EQ(key_of(Kind::account_name, "some.one", "facebook.com"), "facebook.com:someone");
    // Nothing is known of this one: two spellings may be two people.
    const Value value = value_of(Kind::account_name, "Some_One", "forum.example.org");
    EXPECT_EQ(value.key, "forum.example.org:Some_One");
    EXPECT_EQ(value.near_key, "forum.example.org:someone");
    EXPECT_EQ(flaw_of(Kind::account_name, "someone"), "service_needed");
    EXPECT_EQ(flaw_of(Kind::account_name, "@", "x.com"), "no_handle");
    EXPECT_EQ(key_of(Kind::account_id, "00aF", "x.com"), "x.com:00aF");
    EXPECT_EQ(flaw_of(Kind::account_id, "1"), "service_needed");
}

TEST(Device, IsNamedByTheFirstDigitsOfItsImei) {
    // A number that textbooks use; its last digit is the Luhn digit of the others.
    EXPECT_EQ(key_of(Kind::imei, "49-015420-323751-8"), "49015420323751");
    EXPECT_EQ(key_of(Kind::imei, "49015420323751"), "49015420323751");
    EXPECT_EQ(key_of(Kind::imei, "4901542032375101"), "49015420323751");
    EXPECT_EQ(flaw_of(Kind::imei, "490154203237519"), "bad_checksum");
    EXPECT_EQ(flaw_of(Kind::imei, "1234"), "not_an_imei");
    EXPECT_EQ(flaw_of(Kind::imei, "000000000000000"), "no_device");
    EXPECT_EQ(key_of(Kind::serial, "ab-12", "Maker & Co"), "makerco:AB12");
    EXPECT_EQ(flaw_of(Kind::serial, "ab-12"), "maker_needed");
    EXPECT_EQ(flaw_of(Kind::serial, "a_b", "maker"), "bad_characters");
}

TEST(Mac, LinksOnlyWhatItsMakerGave) {
    for (const char* text : {"00:00:5E:00:53:01", "0000.5e00.5301", "00-00-5e-00-53-01"}) {
        EXPECT_EQ(key_of(Kind::mac, text), "00:00:5e:00:53:01");
    }
    EXPECT_EQ(flaw_of(Kind::mac, "02:00:5e:00:53:01"), "random_mac");
    EXPECT_EQ(flaw_of(Kind::mac, "01:00:5e:00:53:01"), "group_mac");
    EXPECT_EQ(flaw_of(Kind::mac, "ff:ff:ff:ff:ff:ff"), "no_device");
    EXPECT_EQ(flaw_of(Kind::mac, "00:00:5e:00:53"), "not_a_mac");
    EXPECT_EQ(flaw_of(Kind::mac, "zz:00:5e:00:53:01"), "not_a_mac");
}

TEST(Domain, IsAnALabelWithItsRegistrableDomain) {
    const Value value = value_of(Kind::domain, "A.B.Example.co.uk.");
    EXPECT_EQ(value.key, "a.b.example.co.uk");
    EXPECT_EQ(value.near_key, "example.co.uk");
    EXPECT_EQ(value_of(Kind::domain, "example.co.uk").near_key, "");
    EXPECT_EQ(flaw_of(Kind::domain, "co.uk"), "public_suffix");
    for (const char* text : {"localhost", "a..b", "192.0.2.1", "-", "exa mple.org", "a/b.org"}) {
        EXPECT_EQ(flaw_of(Kind::domain, text), "not_a_domain") << text;
    }
    EXPECT_EQ(flaw_of(Kind::domain, std::string(64, 'a') + ".org"), "not_a_domain");
}

TEST(Url, HasOneForm) {
    EXPECT_EQ(
        key_of(Kind::url, "HTTP://www.Example.org:80/a/./b/../c%2fd?x=%c3%9f#part"),
        "http://www.example.org/a/c%2Fd?x=%C3%9F"
    );
    EXPECT_EQ(key_of(Kind::url, "https://192.0.2.1:8443"), "https://192.0.2.1:8443/");
    EXPECT_EQ(value_of(Kind::url, "https://a.example.org/x").near_key, "a.example.org");
    const Value value = value_of(Kind::url, "https://user:pass@example.org/@x");
    EXPECT_EQ(value.text, "https://example.org/@x");
    EXPECT_EQ(value.key, "https://example.org/@x");
    EXPECT_EQ(flaw_of(Kind::url, "ftp://example.org/"), "other_scheme");
    EXPECT_EQ(flaw_of(Kind::url, "example"), "not_a_url");
}

TEST(Iban, HasLengthAndChecksum) {
    // The examples of the register of IBANs.
    EXPECT_EQ(key_of(Kind::iban, "gb82 west 1234 5698 7654 32"), "GB82WEST12345698765432");
    EXPECT_EQ(key_of(Kind::iban, "DE89370400440532013000"), "DE89370400440532013000");
    EXPECT_EQ(key_of(Kind::iban, "NO93 8601 1117 947"), "NO9386011117947");
    EXPECT_EQ(flaw_of(Kind::iban, "GB82WEST12345698765433"), "bad_checksum");
    EXPECT_EQ(flaw_of(Kind::iban, "GB82WEST1234569876543"), "wrong_length");
    EXPECT_EQ(flaw_of(Kind::iban, "ZZ82WEST12345698765432"), "unknown_country");
    EXPECT_EQ(flaw_of(Kind::iban, "12345"), "not_an_iban");
    EXPECT_EQ(flaw_of(Kind::iban, "GBXXWEST12345698765432"), "not_an_iban");
}

RC_GTEST_PROP(Iban, ChangingOneDigitIsSeen, ()) {
    std::string iban = "DE89370400440532013000";
    const auto at = *rc::gen::inRange<std::size_t>(4, iban.size());
    const char other = *rc::gen::distinctFrom(rc::gen::inRange('0', char('9' + 1)), iban[at]);
    iban[at] = other;
    RC_ASSERT(flaw_of(Kind::iban, iban) == "bad_checksum");
}

TEST(BankAccount, NeedsItsCountryAndBank) {
    EXPECT_EQ(key_of(Kind::bank_account, "021-000 021: 12-345", "us"), "US:021000021:12345");
    EXPECT_EQ(flaw_of(Kind::bank_account, "1:2"), "country_needed");
    EXPECT_EQ(flaw_of(Kind::bank_account, "12345", "US"), "bank_needed");
    EXPECT_EQ(flaw_of(Kind::bank_account, "a_b:1", "US"), "bad_characters");
}

TEST(Card, IsItsFirstSixAndLastFourDigits) {
    EXPECT_EQ(key_of(Kind::card, "411111 **** 1111"), "411111:1111");
    EXPECT_EQ(flaw_of(Kind::card, "4111 1111"), "ten_digits_needed");
}

TEST(Digest, IsNamedByItsLength) {
    const std::string sha1 = "A9993E364706816ABA3E25717850C26C9CD0D89D";
    EXPECT_EQ(key_of(Kind::digest, sha1), "sha1:a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(key_of(Kind::digest, "SHA-1:" + sha1), key_of(Kind::digest, sha1));
    EXPECT_EQ(flaw_of(Kind::digest, "md5:" + sha1), "not_a_digest");
    EXPECT_EQ(flaw_of(Kind::digest, "abc"), "not_a_digest");
    EXPECT_EQ(flaw_of(Kind::digest, "d41d8cd98f00b204e9800998ecf8427e"), "empty_file");
}

TEST(Vehicle, IsItsPlateInItsCountryOrItsVin) {
    EXPECT_EQ(key_of(Kind::plate, "m-\u00E4b 123", "de"), "DE:m\u00E4b123");
    EXPECT_EQ(flaw_of(Kind::plate, "M-AB 123"), "country_needed");
    EXPECT_EQ(flaw_of(Kind::plate, "--", "DE"), "bad_characters");
    EXPECT_EQ(key_of(Kind::vin, "1m8gdm9axkp042788"), "1M8GDM9AXKP042788");
    EXPECT_EQ(flaw_of(Kind::vin, "1M8GDM9AXKP04278O"), "not_a_vin");
    EXPECT_EQ(key_of(Kind::register_id, "HRB 1234", "de"), "DE:hrb1234");
    EXPECT_EQ(flaw_of(Kind::register_id, "HRB 1234"), "country_needed");
}

RC_GTEST_PROP(Value, ReadingAKeyAgainGivesTheKey, ()) {
    // What has no key in other words is its own normal form.
    const auto local = *rc::gen::container<std::string>(rc::gen::inRange('a', char('z' + 1)));
    const auto email = key_of(Kind::email, "x" + local.substr(0, 60) + "@Example.org");
    RC_ASSERT(key_of(Kind::email, email) == email);
}

RC_GTEST_PROP(Value, AnyTextIsRefusedKeyedOrFlawed, (const std::string& text)) {
    for (const Kind kind : kKinds) {
        const auto value = read(kind, text, "de");
        if (!value) continue;
        RC_ASSERT(value->key.empty() != value->flaw.empty());
    }
}

}  // namespace
}  // namespace cairn::value
