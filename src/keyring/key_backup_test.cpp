#include "keyring/key_backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "keyring/key_ring.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::keyring {
namespace {

constexpr UtcTime kNow{std::chrono::seconds(1'790'000'000)};

std::unique_ptr<db::Database> open_records(const std::string& location) {
    auto records = *db::Database::open(location, {});
    EXPECT_TRUE(records->migrate(kSchema));
    return records;
}

/// The same tests on both engines.
class AnyKeyBackup : public testing::TestWithParam<db::Engine> {
protected:
    AnyKeyBackup() {
        EXPECT_TRUE(records_->transaction([&]() -> Status {
            agency_ = CAIRN_TRY(ring_->create(std::nullopt));
            case_ = CAIRN_TRY(ring_->create(agency_));
            return ok();
        }));
    }

    std::string text_of(const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    cairn::test::TempDir dir_;
    cairn::test::Records place_{GetParam()};
    cairn::test::Records elsewhere_{GetParam()};
    crypto::SecretKey master_ = crypto::SecretKey::random();
    std::unique_ptr<db::Database> records_ = open_records(place_.location());
    std::unique_ptr<KeyRing> ring_ = *KeyRing::open(*records_, master_);
    std::optional<KeyId> agency_;
    std::optional<KeyId> case_;
    std::string file_ = dir_ / "keys";
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyKeyBackup, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyKeyBackup, RestoredKeysOpenWhatWasSealed) {
    const Place place = {.column = "x.y", .row = case_->bytes()};
    const ByteVector box = *ring_->seal(*case_, as_bytes("plain"), place);
    EXPECT_EQ(*back_up_keys(*records_, file_, kNow), 2U);
    struct stat info {};
    ASSERT_EQ(::stat(file_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    const auto other = open_records(elsewhere_.location());
    EXPECT_EQ(*restore_keys(*other, file_, kNow + std::chrono::days(35)), 2U);
    EXPECT_EQ(*(*KeyRing::open(*other, master_))->unseal(*case_, box, place), "plain");
}

TEST_P(AnyKeyBackup, AnOldOneIsRefused) {
    ASSERT_TRUE(back_up_keys(*records_, file_, kNow));
    const auto other = open_records(elsewhere_.location());
    const auto refused =
        restore_keys(*other, file_, kNow + std::chrono::days(35) + std::chrono::seconds(1));
    EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
}

TEST_P(AnyKeyBackup, KeysAreNeverMixed) {
    ASSERT_TRUE(back_up_keys(*records_, file_, kNow));
    EXPECT_EQ(restore_keys(*records_, file_, kNow).error().code, Errc::conflict);
    EXPECT_EQ(back_up_keys(*records_, file_, kNow).error().code, Errc::conflict);
}

TEST_P(AnyKeyBackup, DamageIsFoundAndNothingChanges) {
    ASSERT_TRUE(back_up_keys(*records_, file_, kNow));
    const std::string whole = text_of(file_);
    const auto other = open_records(elsewhere_.location());
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        const std::string cut = dir_.write("cut", whole.substr(0, size));
        EXPECT_FALSE(restore_keys(*other, cut, kNow)) << size;
    }
    for (const std::string& text :
         {whole + "x",
          whole + "key 00 - 00\n",
          "cairn wrapped keys 2\n" + whole,
          std::string("cairn wrapped keys 1\nmade 0\nkey zz - 00\nend 1\n"),
          std::string("cairn wrapped keys 1\nmade 0\nkey 00\nend 1\n")}) {
        EXPECT_FALSE(restore_keys(*other, dir_.write("bad", text), kNow));
    }
    auto count = *other->prepare("SELECT count(*) FROM wrapped_key");
    EXPECT_EQ(*count.run_for_integer(), 0);
}

}  // namespace
}  // namespace cairn::keyring
