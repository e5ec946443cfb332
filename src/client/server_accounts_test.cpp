#include "client/server_accounts.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace cairn::client {
namespace {

class AnyServerAccounts : public testing::Test {
protected:
    ServerAccounts open() { return *ServerAccounts::open(file_); }

    cairn::test::TempDir folder_;
    std::string file_ = folder_ / "made/servers.json";
};

const ServerAccount kFirst{
    .address = "https://one.example.org",
    .trust_pem = "PEM",
    .agency = "Agency A",
    .login = "maria",
    .token = "t1"};
const ServerAccount kSecond{
    .address = "https://two.example.org:8443",
    .trust_pem = "",
    .agency = "B",
    .login = "jon",
    .token = ""};

TEST_F(AnyServerAccounts, RemembersWhatWasSavedForNobodyElse) {
    ServerAccounts accounts = open();
    EXPECT_TRUE(accounts.all().empty());
    accounts.put(kFirst);
    accounts.put(kSecond);
    ASSERT_TRUE(accounts.choose(kSecond.address));
    ASSERT_TRUE(accounts.save());
    const ServerAccounts again = open();
    ASSERT_EQ(again.all().size(), 2U);
    ASSERT_NE(again.find(kFirst.address), nullptr);
    EXPECT_EQ(again.find(kFirst.address)->token, "t1");
    EXPECT_EQ(again.find(kFirst.address)->trust_pem, "PEM");
    EXPECT_EQ(again.usual(), kSecond.address);
    const auto mode = std::filesystem::status(file_).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AnyServerAccounts, ForgetsAServerAndThatItWasTheUsualOne) {
    ServerAccounts accounts = open();
    accounts.put(kFirst);
    ASSERT_TRUE(accounts.choose(kFirst.address));
    ASSERT_TRUE(accounts.remove(kFirst.address));
    EXPECT_EQ(accounts.usual(), "");
    EXPECT_EQ(accounts.remove(kFirst.address).error().code, Errc::not_found);
    EXPECT_EQ(accounts.choose(kFirst.address).error().code, Errc::not_found);
}

TEST_F(AnyServerAccounts, RefusesAFileThatOthersMayRead) {
    ServerAccounts accounts = open();
    accounts.put(kFirst);
    ASSERT_TRUE(accounts.save());
    std::filesystem::permissions(
        file_, std::filesystem::perms::group_read, std::filesystem::perm_options::add
    );
    EXPECT_EQ(ServerAccounts::open(file_).error().code, Errc::permission_denied);
}

TEST_F(AnyServerAccounts, RefusesADamagedFile) {
    for (const char* const text :
         {"",
          "[]",
          "{}",
          R"({"servers":7})",
          R"({"servers":[7]})",
          R"({"servers":[{}]})",
          R"({"servers":[{"address":"http://one.example.org"}]})"}) {
        const std::string file = (folder_.path() / "damaged.json").string();
        folder_.write("damaged.json", text);
        std::filesystem::permissions(file, std::filesystem::perms(0600));
        const auto refused = ServerAccounts::open(file);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, Errc::corrupt_data) << text;
    }
}

}  // namespace
}  // namespace cairn::client
