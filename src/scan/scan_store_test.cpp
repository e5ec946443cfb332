#include "scan/scan_store.h"

#include <algorithm>
#include <array>
#include <optional>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "scan/sample_records_test.h"

namespace cairn::scan {
namespace {

/// Where scans can be recorded.
enum class PlaceKind : std::uint8_t { folder, shared_sqlite, shared_postgresql };

std::string name_of_place(const testing::TestParamInfo<PlaceKind>& info) {
    constexpr std::array kNames = {"Folder", "SharedSqlite", "SharedPostgresql"};
    return kNames.at(static_cast<std::size_t>(info.param));
}

/// The same tests in a case folder and in records that many share, on both engines.
class AnyScanStore : public testing::TestWithParam<PlaceKind> {
protected:
    AnyScanStore() {
        if (GetParam() == PlaceKind::folder) {
            store_ = test::open_store(folder_);
        } else {
            shared_.emplace(
                GetParam() == PlaceKind::shared_sqlite ? db::Engine::sqlite : db::Engine::postgresql
            );
            store_ = shared_->store();
        }
    }

    bool has(std::int64_t scan, const ItemRecord& item) {
        auto lookup = store_->lookup();
        const auto found = lookup->contains(scan, item.id);
        EXPECT_TRUE(found);
        return found && *found;
    }

    cairn::test::TempDir folder_;
    std::optional<test::SharedCase> shared_;
    std::unique_ptr<ScanStore> store_;
};

INSTANTIATE_TEST_SUITE_P(
    Places,
    AnyScanStore,
    testing::Values(PlaceKind::folder, PlaceKind::shared_sqlite, PlaceKind::shared_postgresql),
    name_of_place
);

TEST_P(AnyScanStore, GivesBackAScanAsItWasBegun) {
    const ScanInfo begun = test::sample_scan();
    const auto id = store_->begin(begun);
    ASSERT_TRUE(id);
    const auto info = store_->scan(*id);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->state, ScanState::running);
    EXPECT_EQ(info->started, begun.started);
    EXPECT_EQ(info->sources, begun.sources);
    ASSERT_EQ(info->lists.size(), 1U);
    EXPECT_EQ(info->lists[0].version_id, begun.lists[0].version_id);
}

TEST_P(AnyScanStore, NamesTheCureForAnUnknownScan) {
    const auto info = store_->scan(7);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Errc::not_found);
    EXPECT_NE(info.error().message.find("cairn scan list"), std::string::npos);
}

TEST_P(AnyScanStore, ReadsBackEverythingOfAnItem) {
    const auto id = store_->begin(test::sample_scan());
    const ItemRecord written = test::matching_picture("a\nb.jpg");
    ASSERT_TRUE(store_->append(*id, {written}));
    const auto read = store_->item(*id, hex_encode(written.id).substr(0, 6));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->path, written.path);
    EXPECT_EQ(read->digests, written.digests);
    EXPECT_EQ(read->modified, written.modified);
    EXPECT_EQ(read->media_type, written.media_type);
    ASSERT_TRUE(read->picture);
    EXPECT_EQ(read->picture->width, written.picture->width);
}

TEST_P(AnyScanStore, GivesFingerprintsBackForARematch) {
    const auto id = store_->begin(test::sample_scan());
    const ItemRecord written = test::matching_picture("a.jpg");
    ASSERT_TRUE(store_->append(*id, {written, test::unreadable_file("b")}));
    int visited = 0;
    ASSERT_TRUE(store_->for_each_fingerprint(
        *id,
        [&](std::int64_t, const ItemRecord& item) -> Status {
            ++visited;
            EXPECT_EQ(item.picture->frames.size(), written.picture->frames.size());
            EXPECT_EQ(item.picture->frames[0].record, written.picture->frames[0].record);
            EXPECT_EQ(item.picture->frames[0].oriented, written.picture->frames[0].oriented);
            const auto& variants = item.picture->frames[0].variants;
            EXPECT_EQ(variants.size(), 1U);
            EXPECT_EQ(variants.at(0).id, written.picture->frames[0].variants[0].id);
            EXPECT_EQ(variants.at(0).hash, written.picture->frames[0].variants[0].hash);
            return ok();
        }
    ));
    EXPECT_EQ(visited, 1);
}

TEST_P(AnyScanStore, DropsMembersWhoseFileWasNotFinished) {
    const auto id = store_->begin(test::sample_scan());
    const ItemRecord finished = test::plain_file("done.zip");
    const ItemRecord unfinished = test::plain_file("cut.zip");
    const ItemRecord kept = test::member_of(finished, 0);
    const ItemRecord dropped = test::member_of(unfinished, 0);
    ASSERT_TRUE(store_->append(*id, {kept, finished, dropped}));
    ASSERT_TRUE(store_->drop_unfinished(*id));
    EXPECT_TRUE(has(*id, kept));
    EXPECT_TRUE(has(*id, finished));
    EXPECT_FALSE(has(*id, dropped));
}

TEST_P(AnyScanStore, RefusesTheSameItemTwiceAndKeepsNothingOfThatBatch) {
    const auto id = store_->begin(test::sample_scan());
    const ItemRecord first = test::plain_file("a");
    const ItemRecord other = test::plain_file("b");
    ASSERT_TRUE(store_->append(*id, {first}));
    EXPECT_EQ(store_->append(*id, {other, first}).error().code, Errc::conflict);
    EXPECT_FALSE(has(*id, other));
}

TEST_P(AnyScanStore, CountsCoverageFromTheRecords) {
    const auto id = store_->begin(test::sample_scan());
    ASSERT_TRUE(store_->append(
        *id, {test::matching_picture("a.jpg"), test::plain_file("b"), test::unreadable_file("c")}
    ));
    const auto counts = store_->coverage(*store_->scan(*id));
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->by_state[0].items, 2U);
    EXPECT_EQ(counts->by_state[static_cast<std::size_t>(Coverage::unreadable)].items, 1U);
    EXPECT_EQ(counts->pictures, 1U);
    EXPECT_EQ(counts->items_matched, 1U);
    EXPECT_EQ(counts->gaps, 1U);
    EXPECT_EQ(counts->problems.at("unreadable"), 1U);
}

TEST_P(AnyScanStore, GivesMatchesToEveryNameOfAFile) {
    const auto id = store_->begin(test::sample_scan());
    const ItemRecord first = test::matching_picture("a.jpg");
    ItemRecord link = test::plain_file("z.jpg");
    link.digests.reset();
    link.coverage = Coverage::linked;
    link.link_of = first.id;
    ASSERT_TRUE(store_->append(*id, {link, first}));
    ASSERT_TRUE(store_->spread_to_links(*id));
    ASSERT_TRUE(store_->spread_to_links(*id));
    std::vector<std::string> names;
    ASSERT_TRUE(store_->for_each_finding(*store_->scan(*id), [&](const FoundItem& found) -> Status {
        names.emplace_back(found.item.path.name());
        return ok();
    }));
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"a.jpg", "z.jpg"}));
}

TEST_P(AnyScanStore, GivesManyFindingsInOneOrder) {
    const auto id = store_->begin(test::sample_scan());
    constexpr std::size_t kItems = 2100;  // more than a page of a database
    std::vector<ItemRecord> records;
    for (std::size_t i = 0; i < kItems; ++i) {
        const std::string name = fmt::format("{:05}", kItems - i);
        records.push_back(i % 3 == 0 ? test::unreadable_file(name) : test::matching_picture(name));
    }
    ASSERT_TRUE(store_->append(*id, records));
    std::vector<std::pair<bool, std::string>> seen;
    ASSERT_TRUE(store_->for_each_finding(*store_->scan(*id), [&](const FoundItem& found) -> Status {
        seen.emplace_back(found.finding.kind != Finding::Kind::match, found.item.path.name());
        // A report may ask for more meanwhile.
        EXPECT_TRUE(store_->item(*id, hex_encode(found.item.id)));
        return ok();
    }));
    EXPECT_EQ(seen.size(), kItems);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(), [&](const auto& a, const auto& b) {
        return shared_ ? a.first < b.first : a < b;
    }));
    std::size_t pictures = 0;
    ASSERT_TRUE(store_->for_each_fingerprint(
        *id,
        [&](std::int64_t, const ItemRecord& item) -> Status {
            pictures += item.picture ? item.picture->frames.size() : 0;
            return ok();
        }
    ));
    EXPECT_EQ(pictures, 1400U);
}

TEST_P(AnyScanStore, DeletesAScanWholeAndRemembersWhoDidIt) {
    const auto id = store_->begin(test::sample_scan());
    ASSERT_TRUE(store_->append(*id, {test::matching_picture("a.jpg")}));
    const Act act{test::sample_scan().started, "tester", "scan_delete", "1", "wrong exhibit"};
    ASSERT_TRUE(store_->remove(*id, act));
    EXPECT_FALSE(store_->scan(*id));
    const auto acts = store_->acts();
    ASSERT_TRUE(acts && acts->size() == 1);
    EXPECT_EQ(acts->front().reason, "wrong exhibit");
}

TEST_P(AnyScanStore, GivesFindingsPageByPage) {
    const auto id = store_->begin(test::sample_scan());
    std::vector<ItemRecord> records;
    for (int i = 0; i < 7; ++i) {
        records.push_back(test::matching_picture(fmt::format("{}.jpg", i)));
        // Two more findings of one kind on one item, which a page may part.
        for (const char* code : {"damaged", "limit"}) {
            records.back().findings.push_back(
                make_finding(Finding::Kind::error, code, "in words", true)
            );
        }
    }
    ASSERT_TRUE(store_->append(*id, records));
    for (const std::size_t limit : {1U, 2U, 3U, 5U, 100U}) {
        std::vector<std::string> seen;
        std::optional<FindingCursor> after;
        do {
            const auto page = store_->findings(*id, {}, after, limit);
            ASSERT_TRUE(page) << page.error().message;
            EXPECT_LE(page->findings.size(), limit);
            for (const FoundItem& one : page->findings) {
                seen.push_back(one.finding.code + " " + std::string(one.item.path.name()));
            }
            after = page->next;
        } while (after);
        ASSERT_EQ(seen.size(), 21U) << limit;
        EXPECT_EQ(seen.front(), "match 0.jpg");
        EXPECT_EQ(seen[7], "damaged 0.jpg");
        EXPECT_EQ(seen[8], "limit 0.jpg");
        EXPECT_EQ(seen.back(), "limit 6.jpg");
    }
}

TEST_P(AnyScanStore, GivesTheFindingsThatAreAskedFor) {
    const auto id = store_->begin(test::sample_scan());
    ASSERT_TRUE(store_->append(*id, {test::matching_picture("a"), test::unreadable_file("b")}));
    const auto count = [&](const FindingFilter& filter) {
        const auto page = store_->findings(*id, filter, std::nullopt, 10);
        EXPECT_TRUE(page) << page.error().message;
        return page->findings.size();
    };
    EXPECT_EQ(count({.kind = Finding::Kind::match}), 1U);
    EXPECT_EQ(count({.kind = Finding::Kind::encrypted}), 0U);
    EXPECT_EQ(count({.list = 0}), 1U);
    EXPECT_EQ(count({.list = 1}), 0U);
    EXPECT_EQ(count({.category = 1}), 1U);
    EXPECT_EQ(count({.verdict = hashlist::Verdict::illegal}), 1U);
    EXPECT_EQ(count({.kind = Finding::Kind::error, .verdict = hashlist::Verdict::illegal}), 0U);
    EXPECT_EQ(store_->findings(*id, {}, FindingCursor{}, 10).error().code, Errc::invalid_argument);
}

/// The same on both engines.
class SharedScans : public testing::TestWithParam<db::Engine> {
protected:
    test::SharedCase case_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, SharedScans, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(SharedScans, AreSealedUnderTheKeyOfTheirCase) {
    const auto store = case_.store();
    const auto id = store->begin(test::sample_scan());
    ASSERT_TRUE(store->append(*id, {test::matching_picture("planted-name.jpg")}));
    const std::string all = case_.all_rows();
    EXPECT_NE(all.find("synthetic category"), std::string::npos);
    EXPECT_EQ(all.find("planted-name"), std::string::npos);
    for (const char* word :
         {"/exhibit", "same content", "synthetic series", "tester", "computer"}) {
        EXPECT_EQ(all.find(word), std::string::npos) << word;
    }
    case_.destroy_key();
    EXPECT_EQ(store->scan(*id).error().code, Errc::not_found);
    EXPECT_EQ(store->findings(*id, {}, std::nullopt, 1).error().code, Errc::not_found);
}

TEST_P(SharedScans, GoWithTheirCase) {
    const auto store = case_.store();
    const auto id = store->begin(test::sample_scan());
    ASSERT_TRUE(store->append(*id, {test::matching_picture("a.jpg")}));
    ASSERT_TRUE(store->begin([&] {
        ScanInfo rematch = test::sample_scan();
        rematch.catalogue_of = *id;
        return rematch;
    }()));
    EXPECT_FALSE(case_.all_rows().empty());
    case_.remove();
    EXPECT_EQ(case_.all_rows(), "");
}

TEST_P(SharedScans, AreNotWrittenOnceTheyAreAnothers) {
    bool is_ours = true;
    const auto store = case_.store([&](db::Database&) -> Status {
        if (is_ours) return ok();
        return fail(Errc::cancelled, "taken over");
    });
    const auto id = store->begin(test::sample_scan());
    EXPECT_TRUE(store->append(*id, {test::plain_file("a")}));
    is_ours = false;
    EXPECT_EQ(store->append(*id, {test::plain_file("b")}).error().code, Errc::cancelled);
    EXPECT_EQ(store->spread_to_links(*id).error().code, Errc::cancelled);
}

TEST(ScanStore, RefusesAFolderWithoutACase) {
    const test::TempDir dir;
    const auto store = ScanStore::open(dir / "nothing", ScanStore::Mode::existing);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::not_found);
}

TEST_P(AnyScanStore, TellsAnAmbiguousItemIdFromAnUnknownOne) {
    const auto id = store_->begin(test::sample_scan());
    std::vector<ItemRecord> records;
    for (int i = 0; i < 40; ++i) records.push_back(test::plain_file(std::to_string(i)));
    ASSERT_TRUE(store_->append(*id, records));
    EXPECT_EQ(store_->item(*id, "zz").error().code, Errc::invalid_argument);
    int conflicts = 0;
    for (const char digit : std::string_view("0123456789abcdef")) {
        const auto item = store_->item(*id, std::string(1, digit));
        conflicts += !item && item.error().code == Errc::conflict ? 1 : 0;
    }
    EXPECT_GT(conflicts, 0);
}

}  // namespace
}  // namespace cairn::scan
