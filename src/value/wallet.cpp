#include "value/wallet.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"

namespace cairn::value {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kChecksumBytes = 4;

enum class Verdict : std::uint8_t { sound, bad_checksum, other };

/// A number of base 58 in `bytes` big-endian; nullopt for other characters or a larger number.
std::optional<ByteVector> base58_number(std::string_view text, std::size_t bytes) {
    ByteVector number(bytes);
    for (const char c : text) {
        const std::size_t digit = kBase58.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        std::uint32_t carry = static_cast<std::uint32_t>(digit);
        for (std::size_t i = bytes; i-- > 0;) {
            carry += 58U * number[i];
            number[i] = static_cast<std::uint8_t>(carry);
            carry >>= 8U;
        }
        if (carry != 0) return std::nullopt;
    }
    return number;
}

/// A version byte and 20 bytes of a key or script, whose checksum is the beginning of the double
/// SHA-256. The version, or nullopt when the text is no such address.
struct Base58Check {
    Verdict verdict = Verdict::other;
    std::uint8_t version = 0;
};

Base58Check base58_check(std::string_view text) {
    constexpr std::size_t kBytes = 25;
    if (text.size() < 25 || text.size() > 35) return {};
    const auto bytes = base58_number(text, kBytes);
    if (!bytes) return {};
    // Each zero byte in front is written as one "1", and only those.
    const auto zeros = std::ranges::find_if(*bytes, [](auto b) { return b != 0; }) - bytes->begin();
    const auto ones = std::ranges::find_if(text, [](char c) { return c != '1'; }) - text.begin();
    if (zeros != ones) return {};
    const Bytes payload = Bytes(*bytes).first(kBytes - kChecksumBytes);
    const auto twice = crypto::sha256(crypto::sha256(payload));
    const bool agrees = std::equal(bytes->end() - kChecksumBytes, bytes->end(), twice.begin());
    return {.verdict = agrees ? Verdict::sound : Verdict::bad_checksum, .version = bytes->front()};
}

constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint32_t kBech32Constant = 1;            // BIP 173
constexpr std::uint32_t kBech32mConstant = 0x2bc830a3;  // BIP 350

/// The checksum's remainder (BIP 173, "Checksum").
std::uint32_t bech32_remainder(std::string_view prefix, std::span<const std::uint8_t> data) {
    constexpr std::array<std::uint32_t, 5> kGenerator = {
        0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    std::uint32_t remainder = 1;
    const auto take = [&](std::uint32_t value) {
        const std::uint32_t top = remainder >> 25U;
        remainder = (remainder & 0x1ffffffU) << 5U ^ value;
        for (unsigned i = 0; i < 5; ++i) {
            if ((top >> i & 1U) != 0) remainder ^= kGenerator.at(i);
        }
    };
    for (const char c : prefix) take(static_cast<std::uint32_t>(c) >> 5U);
    take(0);
    for (const char c : prefix) take(static_cast<std::uint32_t>(c) & 31U);
    for (const std::uint8_t value : data) take(value);
    return remainder;
}

/// Bits of groups of five put together to bytes; nullopt when what is left over is no padding.
std::optional<std::size_t> bytes_in_groups(std::span<const std::uint8_t> groups) {
    const std::size_t bits = groups.size() * 5;
    const std::size_t left = bits % 8;
    if (left >= 5) return std::nullopt;
    if (left != 0 && (groups.back() & ((1U << left) - 1)) != 0) return std::nullopt;
    return bits / 8;
}

/// A witness address of a chain with this prefix (BIP 173 and BIP 350).
Verdict witness_address(std::string_view text, std::string_view prefix) {
    constexpr std::size_t kCharactersMax = 90;
    constexpr std::size_t kChecksumCharacters = 6;
    const std::string lower = lower_ascii(text);
    const bool is_mixed =
        lower != text && std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
    const std::size_t one = lower.rfind('1');
    const bool fits = one != std::string::npos && lower.substr(0, one) == prefix &&
                      lower.size() >= one + 2 + kChecksumCharacters &&
                      lower.size() <= kCharactersMax && !is_mixed;
    if (!fits) return Verdict::other;
    std::vector<std::uint8_t> data;
    for (const char c : std::string_view(lower).substr(one + 1)) {
        const std::size_t value = kBech32.find(c);
        if (value == std::string_view::npos) return Verdict::other;
        data.push_back(static_cast<std::uint8_t>(value));
    }
    const std::uint8_t version = data.front();
    const auto expected = version == 0 ? kBech32Constant : kBech32mConstant;
    if (bech32_remainder(prefix, data) != expected) return Verdict::bad_checksum;
    const auto program = std::span(data).subspan(1, data.size() - 1 - kChecksumCharacters);
    const auto bytes = program.empty() ? std::nullopt : bytes_in_groups(program);
    const bool sound = version <= 16 && bytes && *bytes >= 2 && *bytes <= 40 &&
                       (version != 0 || *bytes == 20 || *bytes == 32);
    return sound ? Verdict::sound : Verdict::other;
}

/// What a chain says of an address, and the form that all its spellings share.
struct Reading {
    Verdict verdict = Verdict::other;
    std::string address{};
};

Reading base58_of(std::string_view text, std::initializer_list<std::uint8_t> versions) {
    const auto [verdict, version] = base58_check(text);
    if (std::ranges::find(versions, version) == versions.end()) return {};
    return {.verdict = verdict, .address = std::string(text)};
}

Reading base58_or_witness(
    std::string_view text, std::initializer_list<std::uint8_t> versions, std::string_view prefix
) {
    const Verdict witness = witness_address(text, prefix);
    if (witness != Verdict::other) return {.verdict = witness, .address = lower_ascii(text)};
    return base58_of(text, versions);
}

Reading bitcoin(std::string_view text) {
    return base58_or_witness(text, {0x00, 0x05}, "bc");
}

Reading litecoin(std::string_view text) {
    return base58_or_witness(text, {0x30, 0x32}, "ltc");
}

Reading dogecoin(std::string_view text) {
    return base58_of(text, {0x1E, 0x16});
}

Reading tron(std::string_view text) {
    return base58_of(text, {0x41});
}

/// EIP-55: letters are large where the digit of the hash of the small address is 8 or more. An
/// address all in one case carries no checksum.
Reading ethereum(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return {};
    const std::string_view given = text.substr(2);
    const std::string lower = lower_ascii(given);
    if (given.size() != 40 || !hex_decode(lower)) return {};
    Reading reading = {.verdict = Verdict::sound, .address = "0x" + lower};
    const bool has_small = std::ranges::any_of(given, [](char c) { return c >= 'a' && c <= 'f'; });
    const bool has_large = std::ranges::any_of(given, [](char c) { return c >= 'A' && c <= 'F'; });
    if (!has_small || !has_large) return reading;
    const std::string hash = hex_encode(crypto::keccak256(as_bytes(lower)));
    for (std::size_t i = 0; i < given.size(); ++i) {
        const bool is_letter = lower[i] >= 'a';
        const bool is_large = given[i] >= 'A' && given[i] <= 'F';
        if (is_letter && is_large != (hash[i] >= '8')) reading.verdict = Verdict::bad_checksum;
    }
    return reading;
}

/// 69 bytes (77 with a payment id) in blocks of 8, each written as 11 digits of base 58, the last 5
/// as 7; the last 4 bytes are the beginning of the Keccak of the others. Source: Monero's
/// description of standard and integrated addresses (CryptoNote standard 007).
Reading monero(std::string_view text) {
    constexpr std::size_t kBlockBytes = 8;
    constexpr std::size_t kBlockDigits = 11;
    constexpr std::size_t kLastBytes = 5;
    constexpr std::size_t kLastDigits = 7;
    constexpr std::array<std::uint8_t, 3> kNetworkBytes = {18, 19, 42};  // main network
    if (text.size() != 95 && text.size() != 106) return {};
    ByteVector bytes;
    for (std::size_t at = 0; at < text.size(); at += kBlockDigits) {
        const std::string_view digits = text.substr(at, kBlockDigits);
        const bool is_last = digits.size() == kLastDigits;
        const auto block = base58_number(digits, is_last ? kLastBytes : kBlockBytes);
        if (!block) return {};
        bytes.insert(bytes.end(), block->begin(), block->end());
    }
    if (std::ranges::find(kNetworkBytes, bytes.front()) == kNetworkBytes.end()) return {};
    const auto hash = crypto::keccak256(Bytes(bytes).first(bytes.size() - kChecksumBytes));
    const bool agrees = std::equal(bytes.end() - kChecksumBytes, bytes.end(), hash.begin());
    return {
        .verdict = agrees ? Verdict::sound : Verdict::bad_checksum, .address = std::string(text)};
}

struct Chain {
    std::string_view name;
    Reading (*read)(std::string_view text);
};

constexpr auto kChains = std::to_array<Chain>({
    {"bitcoin", bitcoin},
    {"dogecoin", dogecoin},
    {"ethereum", ethereum},
    {"litecoin", litecoin},
    {"monero", monero},
    {"tron", tron},
});

Key key_of(const Chain& chain, const Reading& reading) {
    if (reading.verdict == Verdict::bad_checksum) return flawed("bad_checksum");
    if (reading.verdict == Verdict::other) return flawed("not_an_address");
    return keyed(fmt::format("{}:{}", chain.name, reading.address));
}

}  // namespace

Key wallet_key(std::string_view text, std::string_view context) {
    if (!context.empty()) {
        const auto* chain = std::ranges::find(kChains, lower_ascii(context), &Chain::name);
        if (chain == kChains.end()) return flawed("unknown_chain");
        return key_of(*chain, chain->read(text));
    }
    const Chain* only = nullptr;
    Reading found;
    for (const Chain& chain : kChains) {
        Reading reading = chain.read(text);
        if (reading.verdict == Verdict::other) continue;
        // Chains that came of Ethereum share its addresses: which is meant must be said.
        if (only != nullptr || chain.name == "ethereum") return flawed("chain_needed");
        only = &chain;
        found = std::move(reading);
    }
    return only == nullptr ? flawed("not_an_address") : key_of(*only, found);
}

}  // namespace cairn::value
