#include "config/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/hex.h"
#include "support/temp_dir.h"

namespace cairn::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kHexKey(64, '7');

/// A configuration file with a folder of secrets beside it.
class SecretFiles : public testing::Test {
protected:
    void SetUp() override { ::mkdir(folder().c_str(), 0700); }

    std::string folder() const { return dir_ / "secrets"; }
    std::string write(const std::string& name, const std::string& content, mode_t mode) {
        std::string path = dir_.write("secrets/" + name, content);
        ::chmod(path.c_str(), mode);
        return path;
    }
    Secrets secrets() const { return {folder(), crypto::FileGuard::mode}; }
    std::vector<std::string> problems(const std::string& text = "") const {
        const std::string file = dir_ / "cairn.toml";
        const Examined examined = parse_configuration(text, file, {"/srv/x", std::nullopt, "h"});
        EXPECT_THAT(examined.problems, IsEmpty());
        std::vector<std::string> lines;
        for (const Problem& problem : check_secrets(examined, file)) {
            lines.push_back(text_of(problem).substr(file.size()));
        }
        return lines;
    }

    test::TempDir dir_;
};

constexpr const char* kProvider =
    "[[sign_in.openid_connect]]\nname = \"Account\"\nissuer = \"https://sign-in.example.org\"\n"
    "client_id = \"cairn\"\nclient_secret_file = \"openid.secret\"\n"
    "redirect_url = \"https://cairn.example.org/back\"\n";

TEST_F(SecretFiles, AreReadWhenOnlyTheirOwnerMay) {
    write("audit.key", kHexKey + "\n", 0600);
    write("openid.secret", "swordfish\r\n", 0400);
    const auto key = read_secret_key(secrets(), kAuditKeyFile);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(hex_encode(key->bytes()), kHexKey);
    const auto text = read_secret_text(secrets(), "openid.secret");
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_EQ(text->view(), "swordfish");
    EXPECT_THAT(problems(kProvider), IsEmpty());
}

TEST_F(SecretFiles, AreRefusedWhenOthersMayReadThem) {
    const std::string path = write("audit.key", kHexKey + "\n", 0640);
    const auto key = read_secret_key(secrets(), kAuditKeyFile);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, Errc::permission_denied);
    EXPECT_THAT(key.error().message, HasSubstr("run: chmod 600 " + path));
    write("openid.secret", "swordfish", 0604);
    EXPECT_EQ(read_secret_text(secrets(), "openid.secret").error().code, Errc::permission_denied);
    EXPECT_THAT(
        problems(kProvider),
        ElementsAre(
            HasSubstr(": secrets.folder: " + path + ": mode 0640 lets others at the secret"),
            HasSubstr("openid.secret: mode 0604")
        )
    );
}

TEST_F(SecretFiles, AreRefusedWhenTheirFolderIsOpen) {
    write("audit.key", kHexKey + "\n", 0600);
    ::chmod(folder().c_str(), 0755);
    const auto key = read_secret_key(secrets(), kAuditKeyFile);
    EXPECT_EQ(key.error().code, Errc::permission_denied);
    EXPECT_THAT(key.error().message, HasSubstr("run: chmod 700 " + folder()));
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("chmod 700")));
}

TEST_F(SecretFiles, OfTheServiceManagerAreTakenAsTheyAre) {
    write("audit.key", kHexKey, 0440);
    write("openid.secret", "swordfish", 0440);
    ::chmod(folder().c_str(), 0750);
    const Secrets credentials{folder(), crypto::FileGuard::service_manager};
    EXPECT_TRUE(read_secret_key(credentials, kAuditKeyFile));
    EXPECT_TRUE(read_secret_text(credentials, "openid.secret"));
}

TEST_F(SecretFiles, OfAnotherKindAreRefused) {
    ::mkdir((folder() + "/audit.key").c_str(), 0700);
    EXPECT_EQ(read_secret_key(secrets(), kAuditKeyFile).error().code, Errc::invalid_argument);
    write("master.key", "short\n", 0600);
    EXPECT_EQ(read_secret_key(secrets(), kMasterKeyFile).error().code, Errc::corrupt_data);
    write("list.key", kHexKey, 0600);
    EXPECT_EQ(read_secret_key(secrets(), kListKeyFile).error().code, Errc::corrupt_data)
        << "its newline is missing: perhaps cut off";
    write("openid.secret", "\n", 0600);
    EXPECT_EQ(read_secret_text(secrets(), "openid.secret").error().code, Errc::corrupt_data);
    write("openid.secret", std::string(4097, 'a'), 0600);
    EXPECT_EQ(read_secret_text(secrets(), "openid.secret").error().code, Errc::limit_exceeded);
    EXPECT_EQ(problems(kProvider).size(), 4U);
}

TEST_F(SecretFiles, MayBeAbsentUnlessTheyAreNamed) {
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(read_secret_key(secrets(), kAuditKeyFile).error().code, Errc::not_found);
    EXPECT_THAT(
        problems(kProvider), ElementsAre(HasSubstr("sign_in.openid_connect.client_secret_file"))
    );
    ::rmdir(folder().c_str());
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_THAT(
        problems("[secrets]\nfolder = \"secrets\"\n"),
        ElementsAre(HasSubstr(":2:1: secrets.folder: " + folder() + ": No such file"))
    );
    EXPECT_THAT(problems(kProvider), ElementsAre(HasSubstr("mkdir -m 700")));
}

TEST_F(SecretFiles, AreNotFoundInAFolderThatIsNone) {
    ::rmdir(folder().c_str());
    dir_.write("secrets", "");
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("not a folder")));
}

}  // namespace
}  // namespace cairn::config
