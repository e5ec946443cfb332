#include "crypto/signature.h"

#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/hex.h"

namespace cairn::crypto {
namespace {

SigningKey counting_key() {
    std::array<std::uint8_t, SigningKey::kSeedSize> seed{};
    std::iota(seed.begin(), seed.end(), std::uint8_t{0});
    return SigningKey::from_seed(seed);
}

struct Vector {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
};

// RFC 8032 section 7.1: tests 1, 2, 3 and SHA(abc).
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
     "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "bbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0303dca179c138ac17ad9bef1177331a704"},
};

TEST(SigningKey, MatchesTheRfcVectors) {
    for (const Vector& vector : kVectors) {
        const SigningKey key = SigningKey::from_seed(*hex_decode_array<32>(vector.seed));
        const ByteVector message = *hex_decode(vector.message);
        EXPECT_EQ(hex_encode(key.public_key().bytes()), vector.public_key);
        EXPECT_EQ(hex_encode(key.sign(message)), vector.signature);
        EXPECT_TRUE(verify(key.public_key(), message, key.sign(message)));
    }
}

TEST(SigningKey, RandomKeysDiffer) {
    EXPECT_NE(SigningKey::random().public_key(), SigningKey::random().public_key());
}

TEST(Verify, RefusesEveryAlteredBit) {
    const SigningKey key = counting_key();
    const Bytes message = as_bytes("what was signed");
    const Signature signature = key.sign(message);
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        Signature altered = signature;
        altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(verify(key.public_key(), message, altered));
    }
    EXPECT_FALSE(verify(key.public_key(), as_bytes("what was not"), signature));
    EXPECT_FALSE(verify(SigningKey::random().public_key(), message, signature));
}

// RFC 8032 5.1.7: S must be below the group's order; S plus the order would verify too.
TEST(Verify, RefusesAMalleableSignature) {
    const SigningKey key = counting_key();
    const Bytes message = as_bytes("text");
    Signature signature = key.sign(message);
    const auto order =
        *hex_decode_array<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += static_cast<unsigned>(signature[32 + i]) + order[i];
        signature[32 + i] = static_cast<std::uint8_t>(carry);
        carry >>= 8U;
    }
    EXPECT_FALSE(verify(key.public_key(), message, signature));
}

TEST(Verify, RefusesAKeyOfSmallOrder) {
    std::array<std::uint8_t, PublicKey::kSize> neutral{};
    neutral[0] = 1;
    Signature signature{};
    signature[0] = 1;
    EXPECT_FALSE(verify(PublicKey::from_bytes(neutral), as_bytes("anything"), signature));
}

RC_GTEST_PROP(SigningKey, SignsWhatItsPublicKeyVerifies, (const ByteVector& message)) {
    const SigningKey key = SigningKey::random();
    RC_ASSERT(verify(key.public_key(), message, key.sign(message)));
}

}  // namespace
}  // namespace cairn::crypto
