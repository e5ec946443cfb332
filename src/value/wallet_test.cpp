#include "value/wallet.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"

namespace cairn::value {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The digits of a number, `digits` of them, or as many as it has with a "1" for each zero in
/// front.
std::string base58(ByteVector number, std::size_t digits) {
    std::string text;
    const auto zeros = std::ranges::find_if(number, [](auto b) { return b != 0; }) - number.begin();
    while (std::ranges::any_of(number, [](auto b) { return b != 0; })) {
        unsigned rest = 0;
        for (std::uint8_t& byte : number) {
            const unsigned value = rest * 256 + byte;
            byte = static_cast<std::uint8_t>(value / 58);
            rest = value % 58;
        }
        text.insert(text.begin(), kBase58[rest]);
    }
    const std::size_t ones = digits == 0 ? static_cast<std::size_t>(zeros) : digits - text.size();
    return std::string(ones, '1') + text;
}

std::string base58_address(std::uint8_t version, Bytes hash) {
    ByteVector bytes = {version};
    bytes.insert(bytes.end(), hash.begin(), hash.end());
    const auto checksum = crypto::sha256(crypto::sha256(bytes));
    bytes.insert(bytes.end(), checksum.begin(), checksum.begin() + 4);
    return base58(bytes, 0);
}

std::string monero_address(std::uint8_t network, Bytes keys) {
    ByteVector bytes = {network};
    bytes.insert(bytes.end(), keys.begin(), keys.end());
    const auto checksum = crypto::keccak256(bytes);
    bytes.insert(bytes.end(), checksum.begin(), checksum.begin() + 4);
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        const auto size = std::min<std::size_t>(8, bytes.size() - at);
        const Bytes block = Bytes(bytes).subspan(at, size);
        text += base58({block.begin(), block.end()}, size == 8 ? 11 : 7);
    }
    return text;
}

std::string key_of(std::string_view text, std::string_view chain = {}) {
    return wallet_key(text, chain).text;
}
std::string flaw_of(std::string_view text, std::string_view chain = {}) {
    return std::string(wallet_key(text, chain).flaw);
}

TEST(Keccak, IsTheOneBeforeTheStandard) {
    EXPECT_EQ(
        hex_encode(crypto::keccak256({})),
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
}

TEST(Wallet, WitnessAddressesOfBip173AndBip350) {
    for (const char* text : {
             "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
             "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
             "BC1SW50QGDZ25J",
             "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
             "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
         }) {
        EXPECT_EQ(key_of(text), "bitcoin:" + lower_ascii(text));
        EXPECT_EQ(key_of(text, "Bitcoin"), key_of(text));
    }
    for (const char* text : {
             "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  // Bech32
             "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
             "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",  // Bech32m for version 0
         }) {
        EXPECT_EQ(flaw_of(text, "bitcoin"), "bad_checksum") << text;
    }
    for (const char* text : {
             "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",                      // another prefix
             "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",  // "o"
             "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",  // version 17
             "bc1pw5dgrnzv",                                                    // one byte
             "bc1gmk9yu",                                                       // no data
             "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",  // 16 bytes in version 0
             "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
         }) {
        EXPECT_EQ(flaw_of(text, "bitcoin"), "not_an_address") << text;
    }
}

RC_GTEST_PROP(Wallet, Base58AddressesOfAllChains, ()) {
    const auto hash = *rc::gen::container<ByteVector>(20, rc::gen::arbitrary<std::uint8_t>());
    const std::pair<std::uint8_t, const char*> chains[] = {
        {0x00, "bitcoin"},
        {0x05, "bitcoin"},
        {0x30, "litecoin"},
        {0x32, "litecoin"},
        {0x1E, "dogecoin"},
        {0x16, "dogecoin"},
        {0x41, "tron"}};
    for (const auto& [version, chain] : chains) {
        const std::string address = base58_address(version, hash);
        RC_ASSERT(key_of(address) == std::string(chain) + ":" + address);
        RC_ASSERT(key_of(address, chain) == key_of(address));
    }
    RC_ASSERT(flaw_of(base58_address(0x01, hash)) == "not_an_address");
    RC_ASSERT(flaw_of(base58_address(0x00, hash), "tron") == "not_an_address");
}

RC_GTEST_PROP(Wallet, AChangedCharacterIsNoAddress, ()) {
    std::string address = base58_address(0x00, ByteVector(20, 0x53));
    const auto at = *rc::gen::inRange<std::size_t>(1, address.size());
    address[at] = *rc::gen::distinctFrom(rc::gen::elementOf(std::string(kBase58)), address[at]);
    RC_ASSERT(key_of(address, "bitcoin").empty());
}

TEST(Wallet, AddressesOfEip55) {
    for (const std::string text : {
             "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
             "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
             "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
             "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
             "0x52908400098527886E0F7030069857D2E4169EE7",
             "0xde709f2102306220921060314715629080e2fb77",
         }) {
        EXPECT_EQ(key_of(text, "ethereum"), "ethereum:" + lower_ascii(text));
        // Other chains have the same addresses.
        EXPECT_EQ(flaw_of(text), "chain_needed");
    }
    EXPECT_EQ(flaw_of("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ethereum"), "bad_checksum");
    EXPECT_EQ(flaw_of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "ethereum"), "not_an_address");
    EXPECT_EQ(flaw_of("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ethereum"), "not_an_address");
}

RC_GTEST_PROP(Wallet, AddressesOfMonero, ()) {
    const auto keys = *rc::gen::container<ByteVector>(64, rc::gen::arbitrary<std::uint8_t>());
    for (const std::uint8_t network : {std::uint8_t{18}, std::uint8_t{42}}) {
        const std::string address = monero_address(network, keys);
        RC_ASSERT(address.size() == 95U);
        RC_ASSERT(key_of(address) == "monero:" + address);
    }
    ByteVector integrated = keys;
    integrated.insert(integrated.end(), 8, 0x11);
    RC_ASSERT(!key_of(monero_address(19, integrated)).empty());
    RC_ASSERT(flaw_of(monero_address(53, keys), "monero") == "not_an_address");  // a test network
    std::string wrong = monero_address(18, keys);
    wrong[50] = wrong[50] == '2' ? '3' : '2';
    RC_ASSERT(key_of(wrong, "monero").empty());
}

TEST(Wallet, OfAnUnknownChain) {
    EXPECT_EQ(flaw_of("anything", "shells"), "unknown_chain");
    EXPECT_EQ(flaw_of("anything"), "not_an_address");
}

RC_GTEST_PROP(Wallet, AnyTextIsRead, (const std::string& text)) {
    for (const char* chain : {"", "bitcoin", "monero", "ethereum"}) {
        const Key key = wallet_key(text, chain);
        RC_ASSERT(key.text.empty() != key.flaw.empty());
    }
}

}  // namespace
}  // namespace cairn::value
