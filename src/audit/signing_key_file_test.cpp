#include "audit/signing_key_file.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "audit/keys_test.h"
#include "base/fd.h"
#include "support/temp_dir.h"

namespace cairn::audit {
namespace {

/// A key file that may be read by its owner alone.
std::string private_file(const cairn::test::TempDir& dir, std::string_view text) {
    const std::string path = dir.write("key", text);
    ::chmod(path.c_str(), 0600);
    return path;
}

TEST(SigningKeyFile, IsReadBackAsItWasMade) {
    const cairn::test::TempDir dir;
    for (const auto type : {SignatureType::ed25519, SignatureType::cosignature_v1}) {
        const std::string path = dir / (type == SignatureType::ed25519 ? "log" : "witness");
        const auto made = create_signing_key_file(path, "audit.example.org/a", type);
        ASSERT_TRUE(made) << made.error().message;
        const auto read = read_signing_key_file(path);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->name, "audit.example.org/a");
        EXPECT_EQ(read->type, type);
        EXPECT_EQ(read->verifier(), made->verifier());
        EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
    }
}

TEST(SigningKeyFile, IsNeverWrittenOver) {
    const cairn::test::TempDir dir;
    const std::string path = dir / "key";
    ASSERT_TRUE(create_signing_key_file(path, "log", SignatureType::ed25519));
    const ByteVector before = *read_file(path, 1024);
    const auto again = create_signing_key_file(path, "log", SignatureType::ed25519);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(*read_file(path, 1024), before);
}

TEST(SigningKeyFile, ReadsTheFormOfOtherPrograms) {
    // The key with the seed 00 .. 1f, as golang.org/x/mod/sumdb/note writes one.
    const cairn::test::TempDir dir;
    const std::string path = private_file(
        dir,
        "PRIVATE+KEY+log.example.org/cairn+f2acd528+"
        "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    );
    const auto key = read_signing_key_file(path);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->verifier(), test::log_verifier());
}

TEST(SigningKeyFile, RefusesWhatOthersMayReadAndWhatIsNoKey) {
    const cairn::test::TempDir dir;
    constexpr std::string_view kSound =
        "PRIVATE+KEY+log.example.org/cairn+f2acd528+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n";
    const std::string path = private_file(dir, kSound);
    ::chmod(path.c_str(), 0640);
    EXPECT_EQ(read_signing_key_file(path).error().code, Errc::permission_denied);
    const auto with = [&](std::string_view part, std::string_view other) {
        std::string text(kSound);
        text.replace(text.find(part), part.size(), other);
        return read_signing_key_file(private_file(dir, text)).has_value();
    };
    EXPECT_TRUE(with("PRIVATE", "PRIVATE"));
    EXPECT_FALSE(with("PRIVATE", "PUBLIC"));
    EXPECT_FALSE(with("f2acd528", "f2acd529"));
    EXPECT_FALSE(with("AQAB", "CQAB"));
    EXPECT_FALSE(with("HR4f", "HR4="));
    EXPECT_FALSE(with("log.example.org/cairn", ""));
    EXPECT_FALSE(with("\n", ""));
    EXPECT_EQ(read_signing_key_file(dir / "none").error().code, Errc::not_found);
    EXPECT_FALSE(create_signing_key_file(dir / "new", "a name", SignatureType::ed25519));
}

}  // namespace
}  // namespace cairn::audit
