#include "keyring/key_ring.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "support/engines.h"
#include "support/records.h"

namespace cairn::keyring {
namespace {

using db::Database;
using db::Engine;

const Id<struct RowTag> kRow = crypto::random_id<Id<struct RowTag>>();

Place place() {
    return {.column = "person.name", .row = kRow.bytes()};
}

/// The same tests on both engines.
class AnyKeyRing : public testing::TestWithParam<Engine> {
protected:
    AnyKeyRing() {
        records_ = open_records();
        ring_ = open_ring(*records_, master_);
    }

    std::unique_ptr<Database> open_records() {
        auto records = Database::open(place_.location(), {});
        if (!records) throw std::runtime_error(records.error().message);
        if (const Status made = (*records)->migrate(kSchema); !made) {
            throw std::runtime_error(made.error().message);
        }
        return *std::move(records);
    }

    static std::unique_ptr<KeyRing> open_ring(Database& records, const crypto::SecretKey& master) {
        auto ring = KeyRing::open(records, master);
        if (!ring) throw std::runtime_error(ring.error().message);
        return *std::move(ring);
    }

    KeyId make(const std::optional<KeyId>& parent) {
        std::optional<KeyId> made;
        const Status done = records_->transaction([&]() -> Status {
            made = CAIRN_TRY(ring_->create(parent));
            return ok();
        });
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        return *made;
    }

    std::size_t destroy(const KeyId& key) {
        std::size_t count = 0;
        EXPECT_TRUE(records_->transaction([&]() -> Status {
            count = CAIRN_TRY(ring_->destroy(key));
            return ok();
        }));
        EXPECT_TRUE(records_->purge_deleted());
        return count;
    }

    cairn::test::Records place_{GetParam()};
    crypto::SecretKey master_ = crypto::SecretKey::random();
    std::unique_ptr<Database> records_;
    std::unique_ptr<KeyRing> ring_;
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyKeyRing, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyKeyRing, WhatWasSealedOpensLaterUnderTheSameMaster) {
    const KeyId agency = make(std::nullopt);
    const KeyId case_key = make(agency);
    const ByteVector box = *ring_->seal(case_key, as_bytes("Example Person"), place());
    const auto other = open_records();
    EXPECT_EQ(*open_ring(*other, master_)->unseal(case_key, box, place()), "Example Person");
}

TEST_P(AnyKeyRing, AnotherMasterKeyIsRefused) {
    const auto other = open_records();
    const auto refused = KeyRing::open(*other, crypto::SecretKey::random());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unauthenticated);
    EXPECT_NE(refused.error().message.find("master.key"), std::string::npos);
    EXPECT_TRUE(KeyRing::open(*other, master_));
}

TEST_P(AnyKeyRing, AValueOpensOnlyInItsPlaceAndUnderItsKey) {
    const KeyId key = make(std::nullopt);
    const KeyId other_key = make(std::nullopt);
    const ByteVector box = *ring_->seal(key, as_bytes("x"), place());
    const Place other_column = {.column = "person.note", .row = kRow.bytes()};
    const auto other_row_id = crypto::random_id<Id<struct RowTag>>();
    const Place other_row = {.column = "person.name", .row = other_row_id.bytes()};
    EXPECT_EQ(ring_->unseal(key, box, other_column).error().code, Errc::corrupt_data);
    EXPECT_EQ(ring_->unseal(key, box, other_row).error().code, Errc::corrupt_data);
    EXPECT_EQ(ring_->unseal(other_key, box, place()).error().code, Errc::corrupt_data);
}

TEST_P(AnyKeyRing, AKeyMovedToAnotherRowDoesNotUnwrap) {
    const KeyId one = make(std::nullopt);
    const KeyId two = make(std::nullopt);
    auto swap = *records_->prepare(
        "UPDATE wrapped_key SET wrapped = (SELECT wrapped FROM wrapped_key WHERE id = ?) "
        "WHERE id = ?"
    );
    ASSERT_TRUE(swap.bind(1, one.bytes()).bind(2, two.bytes()).run());
    const auto fresh = open_ring(*records_, master_);
    EXPECT_EQ(fresh->seal(two, {}, place()).error().code, Errc::corrupt_data);
}

TEST_P(AnyKeyRing, ADestroyedKeyTakesAllBelowWithIt) {
    const KeyId agency = make(std::nullopt);
    const KeyId one = make(agency);
    const KeyId role = make(one);
    const KeyId kept = make(agency);
    const ByteVector box = *ring_->seal(role, as_bytes("x"), place());
    EXPECT_EQ(destroy(one), 2U);
    EXPECT_EQ(ring_->unseal(role, box, place()).error().code, Errc::not_found);
    EXPECT_EQ(ring_->create(one).error().code, Errc::not_found);
    EXPECT_TRUE(ring_->seal(kept, as_bytes("x"), place()));
    EXPECT_EQ(open_ring(*records_, master_)->destroy(one).error().code, Errc::not_found);
}

TEST_P(AnyKeyRing, ADestructionThatIsRolledBackDestroysNothing) {
    const KeyId key = make(std::nullopt);
    const ByteVector box = *ring_->seal(key, as_bytes("x"), place());
    EXPECT_FALSE(records_->transaction([&]() -> Status {
        CAIRN_TRY(ring_->destroy(key));
        return fail(Errc::cancelled, "no");
    }));
    EXPECT_TRUE(ring_->unseal(key, box, place()));
}

TEST_P(AnyKeyRing, KeysInACircleAreDamageNotAHang) {
    const KeyId one = make(std::nullopt);
    const KeyId two = make(one);
    auto bend = *records_->prepare("UPDATE wrapped_key SET parent = ? WHERE id = ?");
    ASSERT_TRUE(bend.bind(1, two.bytes()).bind(2, one.bytes()).run());
    EXPECT_EQ(
        open_ring(*records_, master_)->seal(two, {}, place()).error().code, Errc::corrupt_data
    );
}

TEST_P(AnyKeyRing, TagsFindEqualValuesOfOneKindUnderOneKey) {
    const KeyId one = make(std::nullopt);
    const KeyId two = make(std::nullopt);
    EXPECT_EQ(
        *ring_->tag(one, "email", "a@example.org"), *ring_->tag(one, "email", "a@example.org")
    );
    EXPECT_NE(
        *ring_->tag(one, "email", "a@example.org"), *ring_->tag(two, "email", "a@example.org")
    );
    EXPECT_NE(*ring_->tag(one, "email", "x"), *ring_->tag(one, "account", "x"));
    EXPECT_EQ(
        ring_->installation_tag("login", "x"),
        open_ring(*records_, master_)->installation_tag("login", "x")
    );
}

/// Every file of a folder, joined.
std::string all_bytes_under(const std::filesystem::path& folder) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
}

TEST(KeyRingFile, AfterDestructionNeitherKeyNorPlainTextLiesInTheFiles) {
    const cairn::test::TempDir folder;
    const std::string path = folder / "records.db";
    const auto records = *Database::open(path, {});
    ASSERT_TRUE(records->migrate(kSchema));
    const auto ring = *KeyRing::open(*records, crypto::SecretKey::random());
    std::string wrapped;
    const KeyId key = *ring->create(std::nullopt);
    {
        auto find = *records->prepare("SELECT wrapped FROM wrapped_key WHERE id = ?");
        ASSERT_TRUE(*find.bind(1, key.bytes()).step());
        wrapped = as_text(find.bytes(0));
    }
    const ByteVector box = *ring->seal(key, as_bytes("planted words"), place());
    ASSERT_TRUE(records->execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name BLOB) STRICT"));
    auto insert = *records->prepare("INSERT INTO person (name) VALUES (?)");
    ASSERT_TRUE(insert.bind(1, Bytes(box)).run());
    ASSERT_NE(all_bytes_under(folder.path()).find(wrapped), std::string::npos);

    ASSERT_TRUE(records->transaction([&]() -> Status {
        CAIRN_TRY(ring->destroy(key));
        return ok();
    }));
    ASSERT_TRUE(records->purge_deleted());
    const std::string left = all_bytes_under(folder.path());
    EXPECT_EQ(left.find(wrapped), std::string::npos);
    EXPECT_EQ(left.find("planted words"), std::string::npos);
    EXPECT_NE(left.find(std::string(as_text(box))), std::string::npos);  // unreadable for ever
}

}  // namespace
}  // namespace cairn::keyring
