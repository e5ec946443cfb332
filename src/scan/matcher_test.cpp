#include "scan/matcher.h"

#include <gtest/gtest.h>

#include "scan/sample_records_test.h"

namespace cairn::scan {
namespace {

using hashlist::DigestHit;
using hashlist::ListEntry;
using hashlist::ListKind;
using hashlist::PdqHit;
using hashlist::Verdict;
using hashlist::Weight;

/// A list of entries in memory: knows one digest per entry and one code per entry, by plain scan.
class PlainList final : public hashlist::ListIndex {
public:
    struct Row {
        ListEntry entry;
        std::optional<crypto::Md5> md5;
        std::optional<fingerprint::PdqCode> code;
    };
    explicit PlainList(std::vector<Row> rows) : rows_(std::move(rows)) {
        for (std::uint32_t i = 0; i < rows_.size(); ++i) rows_[i].entry.id = i;
    }
    std::vector<DigestHit> find(const crypto::Digests& digests) const override {
        std::vector<DigestHit> hits;
        for (const Row& row : rows_) {
            if (row.md5 == digests.md5) hits.push_back({row.entry.id, true, false, false});
        }
        return hits;
    }
    std::vector<std::vector<PdqHit>> find_batch(
        std::span<const fingerprint::PdqCode> codes, int radius
    ) const override {
        std::vector<std::vector<PdqHit>> answers(codes.size());
        for (std::size_t q = 0; q < codes.size(); ++q) {
            for (const Row& row : rows_) {
                if (!row.code) continue;
                const int apart = fingerprint::distance(codes[q], *row.code);
                if (apart <= radius) answers[q].push_back({row.entry.id, apart});
            }
        }
        return answers;
    }
    Result<ListEntry> entry(std::uint32_t id) const override { return rows_.at(id).entry; }
    std::uint64_t entry_count() const override { return rows_.size(); }
    std::array<std::uint64_t, hashlist::kDigestKinds> digest_counts() const override { return {}; }
    std::uint64_t pdq_count() const override { return rows_.size(); }
    std::uint64_t file_size_bytes() const override { return 0; }
    Status verify() const override { return ok(); }

private:
    std::vector<Row> rows_;
};

OpenList list_of(std::vector<PlainList::Row> rows, ListKind kind = ListKind::illegal) {
    OpenList list;
    list.info.kind = kind;
    list.index = std::make_shared<PlainList>(std::move(rows));
    return list;
}

ListEntry entry_with(Verdict verdict) {
    ListEntry entry;
    entry.verdict = verdict;
    return entry;
}

ItemRecord picture_with(const fingerprint::PdqCode& code, int quality) {
    ItemRecord item = test::plain_file("picture");
    fingerprint::PictureFingerprint picture;
    fingerprint::Frame frame;
    frame.record = {code, quality};
    picture.frames.push_back(frame);
    item.picture = picture;
    return item;
}

const fingerprint::PdqCode kCode{{0x0123456789abcdefU, 0xfedcba9876543210U, 7, 1}};

fingerprint::PdqCode with_flips(int flips) {
    fingerprint::PdqCode code = kCode;
    for (int i = 0; i < flips; ++i) code.words[0] ^= std::uint64_t{1} << static_cast<unsigned>(i);
    return code;
}

TEST(Matcher, PutsAnExactDigestBeforeASimilarPicture) {
    ItemRecord item = picture_with(kCode, 90);
    const Matcher matcher({list_of(
        {{entry_with(Verdict::illegal), std::nullopt, kCode},
         {entry_with(Verdict::illegal), item.digests->md5, std::nullopt}}
    )});
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->kind, Match::Kind::exact);
    EXPECT_EQ(item.findings[0].match->entry.id, 1U);
}

TEST(Matcher, TakesTheNearestPictureWithinTheRadius) {
    const Matcher matcher({list_of(
        {{entry_with(Verdict::illegal), std::nullopt, with_flips(20)},
         {entry_with(Verdict::illegal), std::nullopt, with_flips(31)}}
    )});
    ItemRecord item = picture_with(kCode, 90);
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->distance, 20);
    EXPECT_EQ(item.findings[0].match->entries, 2U);
    EXPECT_EQ(item.findings[0].match->weight, Weight::counts);
}

TEST(Matcher, ChoosesAmongEquallyNearOnesWhereverTheyLie) {
    ListEntry low = entry_with(Verdict::illegal);
    low.reference = 3;
    ListEntry high = entry_with(Verdict::illegal);
    high.reference = 9;
    using Rows = std::vector<PlainList::Row>;
    const Rows orders[] = {
        {{low, std::nullopt, with_flips(5)}, {high, std::nullopt, with_flips(5)}},
        {{high, std::nullopt, with_flips(5)}, {low, std::nullopt, with_flips(5)}}};
    for (const Rows& rows : orders) {
        const Matcher matcher({list_of(rows)});
        ItemRecord item = picture_with(kCode, 90);
        ASSERT_TRUE(matcher.match(item));
        ASSERT_EQ(item.findings.size(), 1U);
        EXPECT_EQ(item.findings[0].match->entry.reference, 3U);
    }
}

TEST(Matcher, SaysWhichVersionOfThePictureAgreed) {
    const Matcher matcher({list_of({{entry_with(Verdict::illegal), std::nullopt, with_flips(20)}})}
    );
    ItemRecord item = picture_with(fingerprint::complement(kCode), 90);
    const fingerprint::VariantId pad{fingerprint::VariantId::Kind::pad, 20};
    const fingerprint::VariantId poor{fingerprint::VariantId::Kind::pad, 28};
    const fingerprint::VariantId tie{fingerprint::VariantId::Kind::tilt, 12};
    item.picture->frames[0].variants = {
        {poor, {with_flips(20), 49}}, {pad, {with_flips(18), 80}}, {tie, {with_flips(22), 80}}};
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->distance, 2);
    EXPECT_EQ(item.findings[0].match->variant, pad);
}

TEST(Matcher, FindsNothingBeyondTheRadius) {
    const Matcher matcher({list_of({{entry_with(Verdict::illegal), std::nullopt, with_flips(32)}})}
    );
    ItemRecord item = picture_with(kCode, 90);
    ASSERT_TRUE(matcher.match(item));
    EXPECT_TRUE(item.findings.empty());
}

TEST(Matcher, DoesNotAskWithAPictureBelowTheQualityFloor) {
    const Matcher matcher({list_of({{entry_with(Verdict::illegal), std::nullopt, kCode}})});
    ItemRecord item = picture_with(kCode, 49);
    ASSERT_TRUE(matcher.match(item));
    EXPECT_TRUE(item.findings.empty());
    item = picture_with(kCode, 50);
    ASSERT_TRUE(matcher.match(item));
    EXPECT_EQ(item.findings.size(), 1U);
}

TEST(Matcher, FindsTheNegativeOfAPicture) {
    const Matcher matcher({list_of({{entry_with(Verdict::illegal), std::nullopt, kCode}})});
    ItemRecord item = picture_with(fingerprint::complement(kCode), 90);
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(
        item.findings[0].match->variant,
        fingerprint::VariantId{fingerprint::VariantId::Kind::complement}
    );
}

TEST(Matcher, AnIgnoreListMarksButNeverHides) {
    ItemRecord item = test::plain_file("a");
    const auto md5 = item.digests->md5;
    const Matcher matcher(
        {list_of({{entry_with(Verdict::ignorable), md5, std::nullopt}}, ListKind::ignore),
         list_of({{entry_with(Verdict::illegal), md5, std::nullopt}})}
    );
    ASSERT_TRUE(matcher.match(item));
    EXPECT_TRUE(item.known_good);
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->list, 1U);
}

TEST(Matcher, TellsWhenEntriesOfOneListDisagree) {
    ItemRecord item = test::plain_file("a");
    const auto md5 = item.digests->md5;
    const Matcher matcher({list_of(
        {{entry_with(Verdict::comparison), md5, std::nullopt},
         {entry_with(Verdict::illegal), md5, std::nullopt}}
    )});
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->entry.verdict, Verdict::illegal);
    EXPECT_TRUE(item.findings[0].match->verdicts_differ);
}

TEST(Matcher, IndicativeMaterialDoesNotCountByItself) {
    ItemRecord item = test::plain_file("a");
    const Matcher matcher({list_of(
        {{entry_with(Verdict::illegal), item.digests->md5, std::nullopt}}, ListKind::indicative
    )});
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->weight, Weight::indicative);
}

TEST(Matcher, AsksTheVariantsThatAPictureCarries) {
    const Matcher matcher({list_of({{entry_with(Verdict::illegal), std::nullopt, with_flips(3)}})});
    ItemRecord item = picture_with({{1, 2, 3, 4}}, 90);
    ASSERT_TRUE(matcher.match(item));
    EXPECT_TRUE(item.findings.empty());
    const fingerprint::VariantId padded{fingerprint::VariantId::Kind::pad, 50};
    item.picture->frames[0].variants = {{padded, {kCode, 90}}};
    ASSERT_TRUE(matcher.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->variant, padded);
    EXPECT_EQ(item.findings[0].match->distance, 3);
    item.findings.clear();
    item.picture->frames[0].variants[0].hash.quality = 49;
    ASSERT_TRUE(matcher.match(item));
    EXPECT_TRUE(item.findings.empty());
}

TEST(Matcher, AKnownGoodFileVetoesASimilarPictureButNotTheSameContent) {
    ItemRecord item = picture_with(kCode, 90);
    const auto md5 = item.digests->md5;
    const OpenList good =
        list_of({{entry_with(Verdict::ignorable), md5, std::nullopt}}, ListKind::ignore);
    const Matcher similar(
        {good, list_of({{entry_with(Verdict::illegal), std::nullopt, with_flips(12)}})}
    );
    ASSERT_TRUE(similar.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->weight, Weight::ignored);
    EXPECT_NE(item.findings[0].text.find("vetoed"), std::string::npos);
    item.findings.clear();
    const Matcher same({good, list_of({{entry_with(Verdict::illegal), md5, std::nullopt}})});
    ASSERT_TRUE(same.match(item));
    ASSERT_EQ(item.findings.size(), 1U);
    EXPECT_EQ(item.findings[0].match->weight, Weight::counts);
}

TEST(Matcher, AKnownGoodPictureVetoesOnlyWhatItIsNearerTo) {
    const auto with_good_at = [](int good, int listed) {
        ItemRecord item = picture_with(kCode, 90);
        const Matcher matcher(
            {list_of(
                 {{entry_with(Verdict::ignorable), std::nullopt, with_flips(good)}},
                 ListKind::ignore
             ),
             list_of({{entry_with(Verdict::illegal), std::nullopt, with_flips(listed)}})}
        );
        EXPECT_TRUE(matcher.match(item));
        EXPECT_EQ(item.findings.size(), 1U);
        return item.findings.at(0).match->weight;
    };
    EXPECT_EQ(with_good_at(4, 20), Weight::ignored);
    EXPECT_EQ(with_good_at(10, 11), Weight::ignored);
    EXPECT_EQ(with_good_at(11, 20), Weight::counts);
    EXPECT_EQ(with_good_at(4, 4), Weight::counts);
    EXPECT_EQ(with_good_at(4, 3), Weight::counts);
}

}  // namespace
}  // namespace cairn::scan
