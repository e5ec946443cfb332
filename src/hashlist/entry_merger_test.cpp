#include "hashlist/entry_merger.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

/// A digest named by one number; 0 is "not known".
template <std::size_t N>
std::array<std::uint8_t, N> digest_of(int number) {
    std::array<std::uint8_t, N> digest{};
    digest.front() = static_cast<std::uint8_t>(number);
    return digest;
}

EntryRow make_row(int md5, int sha1, int sha256, int category) {
    EntryRow row;
    row.md5 = digest_of<16>(md5);
    row.sha1 = digest_of<20>(sha1);
    row.sha256 = digest_of<32>(sha256);
    row.category = category;
    return row;
}

struct Merged {
    std::vector<EntryRow> rows;
    std::uint64_t merged = 0;
    std::uint64_t conflicts = 0;
};

Merged merge(const std::vector<EntryRow>& rows) {
    const test::TempDir dir;
    EntryMerger merger(dir.path());
    for (const EntryRow& row : rows) EXPECT_TRUE(merger.add(row));
    Merged out;
    const Status done = merger.finish([&](Bytes encoded) {
        out.rows.push_back(EntryRow::decode(encoded));
        return ok();
    });
    EXPECT_TRUE(done);
    out.merged = merger.merged();
    out.conflicts = merger.hash_conflicts();
    return out;
}

TEST(EntryMerger, JoinsRowsOverEveryKindOfDigest) {
    const Merged out = merge({make_row(1, 0, 0, 1), make_row(1, 2, 0, 1), make_row(0, 2, 3, 1)});
    ASSERT_EQ(out.rows.size(), 1U);
    EXPECT_EQ(out.rows[0], make_row(1, 2, 3, 1));
    EXPECT_EQ(out.merged, 2U);
}

TEST(EntryMerger, KeepsOtherCategoriesAndContradictionsApart) {
    const Merged out = merge({make_row(1, 2, 0, 1), make_row(1, 2, 0, 2), make_row(1, 3, 0, 1)});
    EXPECT_EQ(out.rows.size(), 3U);
    EXPECT_EQ(out.conflicts, 1U);
}

TEST(EntryMerger, DropsExactRepeatsOfPdqRows) {
    EntryRow row;
    row.pdq = {{1, 2, 3, 4}};
    const Merged out = merge({row, row});
    EXPECT_EQ(out.rows.size(), 1U);
    EXPECT_EQ(out.merged, 1U);
}

TEST(EntryMerger, BoundsTheWorkUnderOneDigest) {
    std::vector<EntryRow> rows;
    for (int i = 0; i < 2000; ++i) rows.push_back(make_row(1, 0, 0, i));
    EXPECT_EQ(merge(rows).rows.size(), 2000U);
}

bool covers(const EntryRow& entry, const EntryRow& row) {
    const auto fits = [](const auto& have, const auto& wanted) {
        return wanted == std::remove_cvref_t<decltype(wanted)>{} || have == wanted;
    };
    return entry.category == row.category && fits(entry.md5, row.md5) &&
           fits(entry.sha1, row.sha1) && fits(entry.sha256, row.sha256);
}

RC_GTEST_PROP(EntryMerger, LosesNoRowAndIgnoresOrder, ()) {
    const auto number = [] { return *rc::gen::inRange(0, 4); };
    std::vector<EntryRow> rows;
    const int count = *rc::gen::inRange(1, 30);
    for (int i = 0; i < count; ++i) {
        const int md5 = number();
        const int sha1 = number();
        const int sha256 = md5 + sha1 == 0 ? 1 + number() : number();
        rows.push_back(make_row(md5, sha1, sha256, *rc::gen::inRange(0, 2)));
    }
    const Merged out = merge(rows);
    RC_ASSERT(out.rows.size() + out.merged == rows.size());
    for (const EntryRow& row : rows) {
        RC_ASSERT(std::any_of(out.rows.begin(), out.rows.end(), [&](const EntryRow& entry) {
            return covers(entry, row);
        }));
    }
    std::reverse(rows.begin(), rows.end());
    RC_ASSERT(merge(rows).rows == out.rows);
}

RC_GTEST_PROP(EntryRow, DecodeInvertsEncode, ()) {
    EntryRow row = make_row(*rc::gen::inRange(0, 256), 1, 2, *rc::gen::arbitrary<int>());
    row.size_bytes = *rc::gen::arbitrary<std::uint64_t>();
    row.pdq.words = {*rc::gen::arbitrary<std::uint64_t>(), 1, 2, 3};
    row.verdict = Verdict::alert;
    if (*rc::gen::arbitrary<bool>()) row.pdq_quality = 100;
    if (*rc::gen::arbitrary<bool>()) row.category.reset();
    row.series = *rc::gen::arbitrary<std::uint64_t>();
    RC_ASSERT(EntryRow::decode(row.encode()) == row);
}

}  // namespace
}  // namespace cairn::hashlist
