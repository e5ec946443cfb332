#include "crypto/secret.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include "base/hex.h"
#include "support/temp_dir.h"

namespace cairn::crypto {
namespace {

SecretKey counting_key() {
    std::array<std::uint8_t, SecretKey::kSize> bytes{};
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return SecretKey::from_bytes(bytes);
}

bool same(const SecretKey& a, const SecretKey& b) {
    return std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin());
}

TEST(SecretKey, RandomKeysDiffer) {
    EXPECT_FALSE(same(SecretKey::random(), SecretKey::random()));
}

TEST(SecretKey, DerivedKeysDependOnKeyAndPurpose) {
    const SecretKey key = counting_key();
    EXPECT_TRUE(same(key.derive("a"), key.derive("a")));
    EXPECT_FALSE(same(key.derive("a"), key.derive("b")));
    EXPECT_FALSE(same(key.derive("a"), SecretKey::random().derive("a")));
    EXPECT_FALSE(same(key.derive(""), key));
}

// SipHash reference implementation, vectors.h: 128-bit output, key 00..0f, input 00, 01, 02...
TEST(Prf128, MatchesTheSipHashVectors) {
    const Prf128 prf(counting_key());
    EXPECT_EQ(hex_encode(prf({})), "a3817f04ba25a8e66df67214c7550293");
    const std::array<std::uint8_t, 1> one = {0};
    EXPECT_EQ(hex_encode(prf(one)), "da87c1d86b99af44347659119b22fc45");
    const std::array<std::uint8_t, 2> two = {0, 1};
    EXPECT_EQ(hex_encode(prf(two)), "8177228da4a45dc7fca38bdef60affe4");
}

TEST(Expand, IsAPrefixOfOneStream) {
    const SecretKey key = counting_key();
    const ByteVector longer = expand(key, 1000);
    const ByteVector shorter = expand(key, 10);
    EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
    EXPECT_EQ(std::set<std::uint8_t>(longer.begin(), longer.end()).size() > 100, true);
    EXPECT_NE(expand(key.derive("other"), 10), shorter);
}

RC_GTEST_PROP(Seal, UnsealInverts, (const ByteVector& plain)) {
    const auto opened = unseal(counting_key(), seal(counting_key(), plain));
    RC_ASSERT(opened.has_value());
    RC_ASSERT(*opened == plain);
}

TEST(Seal, OpensOnlyInItsContext) {
    const SecretKey key = counting_key();
    const ByteVector box = seal(key, as_bytes("plain"), as_bytes("user.name 1"));
    EXPECT_EQ(as_text(*unseal(key, box, as_bytes("user.name 1"))), "plain");
    EXPECT_FALSE(unseal(key, box, as_bytes("user.name 2")));
    EXPECT_FALSE(unseal(key, box));
    EXPECT_NE(box, seal(key, as_bytes("plain"), as_bytes("user.name 2")));
    // Equal when joined, yet not the same: neither the nonce may be.
    const ByteVector one = seal(key, as_bytes("bc"), as_bytes("a"));
    const ByteVector two = seal(key, as_bytes("c"), as_bytes("ab"));
    EXPECT_FALSE(std::equal(one.begin(), one.begin() + 24, two.begin()));
}

TEST(KeyedDigest, DependsOnKeyAndInput) {
    const SecretKey key = counting_key();
    EXPECT_EQ(keyed_digest(key, as_bytes("a")), keyed_digest(key, as_bytes("a")));
    EXPECT_NE(keyed_digest(key, as_bytes("a")), keyed_digest(key, as_bytes("b")));
    EXPECT_NE(keyed_digest(key, {}), keyed_digest(SecretKey::random(), {}));
}

TEST(EqualInConstantTime, AgreesWithPlainComparison) {
    EXPECT_TRUE(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
    EXPECT_TRUE(equal_in_constant_time({}, {}));
}

TEST(Seal, IsReproducible) {
    const SecretKey key = counting_key();
    EXPECT_EQ(seal(key, as_bytes("text")), seal(key, as_bytes("text")));
    EXPECT_NE(seal(key, as_bytes("text")), seal(key, as_bytes("texu")));
}

TEST(Unseal, RefusesEveryAlteredBit) {
    const SecretKey key = counting_key();
    const ByteVector box = seal(key, as_bytes("what the box holds"));
    for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
        ByteVector altered = box;
        altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_EQ(unseal(key, altered).error().code, Errc::corrupt_data);
    }
}

TEST(Unseal, RefusesAnotherKeyAndShortBoxes) {
    const SecretKey key = counting_key();
    const ByteVector box = seal(key, as_bytes("x"));
    EXPECT_FALSE(unseal(SecretKey::random(), box));
    for (std::size_t size = 0; size < box.size(); ++size) {
        EXPECT_FALSE(unseal(key, Bytes(box).first(size)));
    }
}

TEST(KeyFile, RoundTrips) {
    const test::TempDir dir;
    const auto made = create_key_file(dir / "key");
    ASSERT_TRUE(made) << made.error().message;
    struct stat info {};
    ASSERT_EQ(::stat((dir / "key").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    const auto read = read_key_file(dir / "key");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(same(*made, *read));
}

TEST(KeyFile, IsNeverReplaced) {
    const test::TempDir dir;
    const auto first = create_key_file(dir / "key");
    ASSERT_TRUE(first);
    EXPECT_EQ(create_key_file(dir / "key").error().code, Errc::conflict);
    EXPECT_TRUE(same(*first, *read_key_file(dir / "key")));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(KeyFile, HasOneMakerAmongMany) {
    const test::TempDir dir;
    std::array<int, 8> made{};
    {
        std::vector<std::jthread> makers;
        for (int& mark : made) {
            makers.emplace_back([&] { mark = create_key_file(dir / "key") ? 1 : 0; });
        }
    }
    EXPECT_EQ(std::accumulate(made.begin(), made.end(), 0), 1);
}

TEST(KeyFile, IsRefusedWhenOthersMayReadIt) {
    const test::TempDir dir;
    ASSERT_TRUE(create_key_file(dir / "key"));
    for (const mode_t mode : {0640U, 0604U, 0620U, 0610U}) {
        ASSERT_EQ(::chmod((dir / "key").c_str(), mode), 0);
        const auto read = read_key_file(dir / "key");
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::permission_denied);
        EXPECT_NE(read.error().message.find("chmod 600"), std::string::npos);
    }
}

TEST(KeyFile, IsRefusedWhenMalformed) {
    const test::TempDir dir;
    const std::string good = std::string(64, 'a') + "\n";
    const std::vector<std::string> bad = {
        "", "\n", good.substr(1), good.substr(0, 64), good + "\n", std::string(64, 'g') + "\n"};
    for (const std::string& text : bad) {
        const std::string path = dir.write("key", text);
        ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
        EXPECT_EQ(read_key_file(path).error().code, Errc::corrupt_data);
    }
    EXPECT_EQ(read_key_file(dir / "none").error().code, Errc::not_found);
}

TEST(KeyFile, OfTheServiceManagerIsTakenAsItIs) {
    const test::TempDir dir;
    const std::string path = dir.write("key", std::string(64, '7'));
    ASSERT_EQ(::chmod(path.c_str(), 0440), 0);
    EXPECT_EQ(read_key_file(path).error().code, Errc::permission_denied);
    const auto key = read_key_file(path, FileGuard::service_manager);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(hex_encode(key->bytes()), std::string(64, '7'));
    dir.write("key", std::string(63, '7'));
    EXPECT_EQ(read_key_file(path, FileGuard::service_manager).error().code, Errc::corrupt_data);
}

TEST(SecretTextFile, EndsBeforeItsNewlines) {
    const test::TempDir dir;
    const std::string path = dir.write("secret", " sword fish \r\n\n");
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const auto secret = read_secret_text(path, FileGuard::mode);
    ASSERT_TRUE(secret) << secret.error().message;
    EXPECT_EQ(secret->view(), " sword fish ");
}

TEST(SecretTextFile, IsRefusedWhenOpenEmptyOrLarge) {
    const test::TempDir dir;
    const std::string path = dir.write("secret", "swordfish");
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(read_secret_text(path, FileGuard::mode).error().code, Errc::permission_denied);
    EXPECT_TRUE(read_secret_text(path, FileGuard::service_manager));
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    dir.write("secret", "");
    EXPECT_EQ(read_secret_text(path, FileGuard::mode).error().code, Errc::corrupt_data);
    dir.write("secret", std::string(4096, 'a'));
    EXPECT_TRUE(read_secret_text(path, FileGuard::mode));
    dir.write("secret", std::string(4097, 'a'));
    EXPECT_EQ(read_secret_text(path, FileGuard::mode).error().code, Errc::limit_exceeded);
    EXPECT_EQ(read_secret_text(dir / "none", FileGuard::mode).error().code, Errc::not_found);
}

// RFC 4648 section 10.
}  // namespace
}  // namespace cairn::crypto
