#include "index/digest_table.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::index {
namespace {

using Random = std::mt19937_64;

Tag random_tag(Random& random) {
    Tag tag;
    for (std::uint8_t& byte : tag) byte = static_cast<std::uint8_t>(random());
    return tag;
}

std::vector<Tag> random_tags(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<Tag> tags(count);
    for (Tag& tag : tags) tag = random_tag(random);
    std::sort(tags.begin(), tags.end());
    return tags;
}

/// Record number i has payload 3 * i.
ByteVector records_of(RecordKind kind, const std::vector<Tag>& tags) {
    ByteWriter writer;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        writer.raw(tags[i]);
        if (kind == RecordKind::tag_with_payload) writer.u32_le(static_cast<std::uint32_t>(3 * i));
    }
    return writer.take();
}

ByteVector directory_of(const std::vector<Tag>& tags) {
    auto builder = DigestDirectoryBuilder::start(tags.size());
    EXPECT_TRUE(builder);
    for (const Tag& tag : tags) EXPECT_TRUE(builder->add(tag));
    const auto starts = builder->finish();
    EXPECT_TRUE(starts);
    ByteWriter writer;
    for (const std::uint32_t start : *starts) writer.u32_le(start);
    return writer.take();
}

RecordRange wanted_range(const std::vector<Tag>& tags, const Tag& tag) {
    const auto [begin, end] = std::equal_range(tags.begin(), tags.end(), tag);
    return {
        static_cast<std::uint32_t>(begin - tags.begin()),
        static_cast<std::uint32_t>(end - tags.begin())};
}

Tag next(Tag tag) {
    for (std::size_t i = kTagBytes; i-- > 0 && ++tag[i] == 0;) continue;
    return tag;
}

/// Looks up every tag, its neighbours and random ones, one by one and as a batch.
void expect_all_found(RecordKind kind, const std::vector<Tag>& tags) {
    const ByteVector records = records_of(kind, tags);
    const ByteVector directory = directory_of(tags);
    const auto table = DigestTable::open(kind, records, directory);
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_TRUE(table->verify());
    ASSERT_EQ(table->size(), tags.size());
    std::vector<Tag> asked{Tag{}};
    asked.emplace_back().fill(0xFF);
    Random random(5);
    for (const Tag& tag : tags) {
        asked.push_back(tag);
        asked.push_back(next(tag));
        asked.push_back(random_tag(random));
    }
    std::vector<RecordRange> batch(asked.size());
    table->find_batch(asked, batch);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const RecordRange wanted = wanted_range(tags, asked[i]);
        const RecordRange found = table->find(asked[i]);
        ASSERT_EQ(found.empty(), wanted.empty());
        ASSERT_EQ(table->contains(asked[i]), !wanted.empty());
        ASSERT_EQ(batch[i], found);
        if (wanted.empty()) continue;
        ASSERT_EQ(found, wanted);
        ASSERT_EQ(table->tag(found.begin), asked[i]);
        const bool has_payload = kind == RecordKind::tag_with_payload;
        ASSERT_EQ(table->payload(found.begin), has_payload ? 3 * found.begin : 0);
    }
}

TEST(DigestTable, FindsEveryTagAndNothingElse) {
    for (const RecordKind kind : {RecordKind::tag_only, RecordKind::tag_with_payload}) {
        for (const std::size_t count : {0U, 1U, 2U, 15U, 16U, 17U, 100U, 20'000U}) {
            expect_all_found(kind, random_tags(count, count));
        }
    }
}

TEST(DigestTable, FindsEqualTagsTogether) {
    auto tags = random_tags(300, 1);
    for (std::size_t i = 0; i + 4 < tags.size(); i += 10) {
        std::fill_n(tags.begin() + static_cast<std::ptrdiff_t>(i), 4, tags[i]);
    }
    std::fill_n(tags.begin(), 100, tags[0]);
    expect_all_found(RecordKind::tag_with_payload, tags);
}

TEST(DigestTable, FindsTagsThatAreNotUniform) {
    Random random(2);
    std::vector<Tag> tags(3000);
    for (Tag& tag : tags) {
        tag = {};
        tag[0] = static_cast<std::uint8_t>(random() % 2 * 0xFF);
        tag[9] = static_cast<std::uint8_t>(random());
        tag[15] = static_cast<std::uint8_t>(random());
    }
    tags.front() = Tag{};
    tags.back().fill(0xFF);
    std::sort(tags.begin(), tags.end());
    expect_all_found(RecordKind::tag_only, tags);
}

RC_GTEST_PROP(DigestTable, EqualsEqualRange, (std::uint64_t seed, std::uint8_t first_bytes)) {
    Random random(seed);
    std::vector<Tag> tags(random() % 400);
    for (Tag& tag : tags) {
        tag = random_tag(random);
        if (random() % 2 == 0) tag[0] = static_cast<std::uint8_t>(first_bytes % 4);
    }
    std::sort(tags.begin(), tags.end());
    expect_all_found(RecordKind::tag_with_payload, tags);
}

TEST(DigestTable, StaysWithinATenthAboveItsRecords) {
    for (const std::uint64_t records : {1'000U, 10'000'000U, 100'000'000U}) {
        const auto directory = static_cast<double>(directory_bytes(records));
        EXPECT_LE(directory / (16.0 * static_cast<double>(records)), 0.1);
    }
}

TEST(DigestTable, OpenRefusesWrongLengths) {
    const auto tags = random_tags(100, 3);
    const ByteVector records = records_of(RecordKind::tag_only, tags);
    const ByteVector directory = directory_of(tags);
    EXPECT_FALSE(DigestTable::open(RecordKind::tag_with_payload, Bytes(records).first(50), {}));
    EXPECT_FALSE(DigestTable::open(RecordKind::tag_only, records, {}));
    EXPECT_FALSE(DigestTable::open(RecordKind::tag_only, records, Bytes(directory).subspan(4)));
    EXPECT_FALSE(DigestTable().contains(Tag{}));
    EXPECT_TRUE(DigestTable().verify());
}

// Sanitizers watch: answers may be wrong, reads may not.
TEST(DigestTable, DamageStaysWithinBoundsAndIsFoundByVerify) {
    const auto tags = random_tags(5000, 4);
    const ByteVector records = records_of(RecordKind::tag_with_payload, tags);
    const ByteVector directory = directory_of(tags);
    Random random(6);
    for (int round = 0; round < 30; ++round) {
        ByteVector damaged_records = records;
        ByteVector damaged_directory = directory;
        for (int i = 0; i < 200; ++i) {
            damaged_directory[random() % directory.size()] = static_cast<std::uint8_t>(random());
            if (round % 2 == 0) continue;
            damaged_records[random() % records.size()] = static_cast<std::uint8_t>(random());
        }
        const auto table =
            DigestTable::open(RecordKind::tag_with_payload, damaged_records, damaged_directory);
        ASSERT_TRUE(table);
        EXPECT_FALSE(table->verify());
        std::vector<RecordRange> found(tags.size());
        table->find_batch(tags, found);
        for (std::size_t i = 0; i < tags.size(); ++i) {
            EXPECT_LE(found[i].begin, found[i].end);
            EXPECT_LE(found[i].end, table->size());
        }
    }
    ByteVector swapped = records;
    std::swap_ranges(swapped.begin(), swapped.begin() + 20, swapped.begin() + 20);
    const auto table = DigestTable::open(RecordKind::tag_with_payload, swapped, directory);
    ASSERT_TRUE(table);
    EXPECT_FALSE(table->verify());
}

TEST(DigestDirectoryBuilder, RefusesDisorderAndWrongCounts) {
    const auto tags = random_tags(3, 7);
    auto builder = DigestDirectoryBuilder::start(2);
    ASSERT_TRUE(builder);
    EXPECT_TRUE(builder->add(tags[1]));
    EXPECT_FALSE(builder->add(tags[0]));
    EXPECT_FALSE(builder->finish());
    EXPECT_TRUE(builder->add(tags[1]));
    EXPECT_FALSE(builder->add(tags[2]));
    EXPECT_TRUE(builder->finish());
    EXPECT_FALSE(DigestDirectoryBuilder::start(std::uint64_t{1} << 32U));
}

}  // namespace
}  // namespace cairn::index
