#include "hashlist/list_difference.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "hashlist/list_store.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

crypto::SecretKey key() {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(8);
    return crypto::SecretKey::from_bytes(bytes);
}

crypto::Digests digests_of(std::uint64_t number) {
    return crypto::digest(as_bytes(fmt::format("file {}", number)));
}

std::string row_of(std::uint64_t file, int category) {
    return fmt::format("{},{}\n", hex_encode(digests_of(file).md5), category);
}

/// Files first..first+count-1, of category 1.
std::string rows_of(std::uint64_t first, std::uint64_t count) {
    std::string text;
    for (std::uint64_t i = first; i < first + count; ++i) text += row_of(i, 1);
    return text;
}

std::string import_rows(const test::TempDir& dir, ListStore& store, const std::string& rows) {
    ImportOptions options;
    options.files = {dir.write("a.csv", "md5,category\n" + rows)};
    options.name = "set";
    options.scheme = "us-2.0";
    const auto report = store.import(options);
    EXPECT_TRUE(report) << report.error().message;
    return report->list.version_id;
}

std::string update_rows(
    const test::TempDir& dir, ListStore& store, const std::string& add, const std::string& withdraw
) {
    UpdateOptions options;
    options.name = "set";
    options.add = {dir.write("b.csv", "md5,category\n" + add)};
    if (!withdraw.empty()) options.withdraw = {dir.write("w.csv", "md5,category\n" + withdraw)};
    options.merge = false;
    const auto report = store.update(options);
    EXPECT_TRUE(report) << report.error().message;
    return report->added.list.version_id;
}

TEST(ListDifference, TellsAddedWithdrawnAndChanged) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    const std::string first = import_rows(dir, *store, rows_of(0, 100));
    const std::string second =
        import_rows(dir, *store, rows_of(10, 90) + row_of(5, 2) + row_of(6, 2) + rows_of(200, 3));
    const auto difference = store->difference("set", first, second);
    ASSERT_TRUE(difference) << difference.error().message;
    EXPECT_EQ(difference->unchanged, 90U);
    EXPECT_EQ(difference->withdrawn.size(), 8U);
    EXPECT_EQ(difference->added.size(), 3U);
    ASSERT_EQ(difference->changed.size(), 2U);
    const auto before = *store->load_version("set", first);
    const auto after = *store->load_version("set", second);
    for (const ListDifference::Change& change : difference->changed) {
        EXPECT_EQ(before.index->entry(change.before)->category, 1);
        EXPECT_EQ(after.index->entry(change.after)->category, 2);
    }
    const auto is_of = [](const LoadedList& list, std::uint64_t file, std::uint32_t entry) {
        return list.index->find(digests_of(file)).front().entry == entry;
    };
    EXPECT_TRUE(std::any_of(difference->added.begin(), difference->added.end(), [&](auto entry) {
        return is_of(after, 200, entry);
    }));
    EXPECT_TRUE(std::any_of(
        difference->withdrawn.begin(),
        difference->withdrawn.end(),
        [&](auto entry) { return is_of(before, 0, entry); }
    ));
    // The other way round.
    const auto back = store->difference("set", second, first);
    EXPECT_EQ(back->added.size(), 8U);
    EXPECT_EQ(back->withdrawn.size(), 3U);
    EXPECT_EQ(back->changed.size(), 2U);
}

TEST(ListDifference, ComparesVersionsMadeOfSeveralFiles) {
    const test::TempDir dir;
    const auto store = *ListStore::open(dir / "lists", key());
    const std::string first = import_rows(dir, *store, rows_of(0, 100));
    const std::string second = update_rows(dir, *store, rows_of(100, 10), rows_of(0, 5));
    const std::string third = update_rows(dir, *store, rows_of(0, 2), rows_of(100, 1));
    const auto whole = store->difference("set", first, third);
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->added.size(), 9U);
    EXPECT_EQ(whole->withdrawn.size(), 3U);
    EXPECT_EQ(whole->unchanged, 97U);  // two went and came back
    EXPECT_TRUE(whole->changed.empty());
    const auto none = store->difference("set", third, third);
    EXPECT_EQ(none->unchanged, 106U);
    EXPECT_TRUE(none->added.empty() && none->withdrawn.empty());
    ASSERT_TRUE(*store->merge("set"));
    EXPECT_EQ(store->difference("set", second, third)->withdrawn.size(), 1U);
    EXPECT_EQ(store->difference("set", "0123", third).error().code, Errc::not_found);
}

}  // namespace
}  // namespace cairn::hashlist
