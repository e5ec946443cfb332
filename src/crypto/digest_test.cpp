#include "crypto/digest.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/hex.h"

namespace cairn::crypto {
namespace {

struct Vector {
    std::string input;
    const char* md5;
    const char* sha1;
    const char* sha256;
};

const std::string kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

// MD5: RFC 1321 A.5 and NESSIE; SHA-1 and SHA-256: FIPS 180 examples and NIST's byte tests.
const std::vector<Vector>& vectors() {
    static const std::vector<Vector> kVectors = {
        {"",
         "d41d8cd98f00b204e9800998ecf8427e",
         "da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "900150983cd24fb0d6963f7d28e17f72",
         "a9993e364706816aba3e25717850c26c9cd0d89d",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {kTwoBlocks,
         "8215ef0796a20bcaaae116d3876c664a",
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {std::string(1'000'000, 'a'),
         "7707d6ae4e027c70eea2a935c2296f21",
         "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    return kVectors;
}

TEST(Digest, MatchesPublishedVectors) {
    for (const Vector& vector : vectors()) {
        const Digests digests = digest(as_bytes(vector.input));
        EXPECT_EQ(hex_encode(digests.md5), vector.md5);
        EXPECT_EQ(hex_encode(digests.sha1), vector.sha1);
        EXPECT_EQ(hex_encode(digests.sha256), vector.sha256);
        EXPECT_EQ(hex_encode(sha256(as_bytes(vector.input))), vector.sha256);
    }
}

TEST(Digest, MatchesTheMd5SuiteOfRfc1321) {
    const std::vector<std::pair<std::string, std::string>> suite = {
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (const auto& [input, md5] : suite) {
        EXPECT_EQ(hex_encode(digest(as_bytes(input)).md5), md5);
    }
}

TEST(DigestStream, IsReusableAfterFinish) {
    DigestStream stream;
    const Digests empty = stream.finish();
    stream.update(as_bytes("abc"));
    EXPECT_EQ(stream.finish(), digest(as_bytes("abc")));
    EXPECT_EQ(stream.finish(), empty);
}

TEST(Sha256Stream, AgreesWithTheOneShotForm) {
    Sha256Stream stream;
    for (const Vector& vector : vectors()) {
        const Bytes bytes = as_bytes(vector.input);
        stream.update(bytes.first(bytes.size() / 3));
        stream.update(bytes.subspan(bytes.size() / 3));
        EXPECT_EQ(stream.finish(), sha256(bytes));
    }
}

RC_GTEST_PROP(DigestStream, DoesNotDependOnThePieces, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 70'000);
    ByteVector bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 131 + i / 251);
    DigestStream stream;
    Bytes rest(bytes);
    while (!rest.empty()) {
        const auto count = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
        stream.update(rest.first(count));
        rest = rest.subspan(count);
    }
    RC_ASSERT(stream.finish() == digest(bytes));
}

}  // namespace
}  // namespace cairn::crypto
