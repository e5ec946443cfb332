#include "hashlist/list_index.h"

#include <bit>
#include <filesystem>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "hashlist/list_builder.h"
#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

using fingerprint::PdqCode;

crypto::SecretKey key_of(std::uint8_t fill) {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(fill);
    return crypto::SecretKey::from_bytes(bytes);
}

const crypto::SecretKey kKey = key_of(7);

/// Builds an index of `rows` at `path`; returns the version id.
std::string build(
    const test::TempDir& dir,
    const std::string& name,
    const std::vector<EntryRow>& rows,
    const crypto::SecretKey& key = kKey
) {
    ListBuilder builder(dir.path(), key, "list");
    for (const EntryRow& row : rows) EXPECT_TRUE(builder.add(row));
    EXPECT_TRUE(builder.merge(ListKind::illegal, "us-2.0"));
    const Fd fd(::open((dir / name).c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    const auto header = builder.write(fd.get());
    EXPECT_TRUE(header) << header.error().message;
    return hex_encode(builder.version_id());
}

std::shared_ptr<const ListIndex> open_index(const test::TempDir& dir, const std::string& name) {
    auto index = ListIndex::open(dir / name, kKey);
    if (!index) {
        ADD_FAILURE() << index.error().message;
        return nullptr;
    }
    const Status sound = (*index)->verify();
    EXPECT_TRUE(sound) << sound.error().message;
    return *index;
}

crypto::Digests digests_of(std::uint64_t number) {
    return crypto::digest(as_bytes(fmt::format("file {}", number)));
}

EntryRow row_of(std::uint64_t number) {
    EntryRow row;
    const crypto::Digests digests = digests_of(number);
    row.md5 = digests.md5;
    row.sha1 = digests.sha1;
    row.sha256 = digests.sha256;
    row.verdict = Verdict::illegal;
    row.category = 1;
    return row;
}

PdqCode random_code(std::mt19937_64& random) {
    return {{random(), random(), random(), random()}};
}

PdqCode flip(PdqCode code, int bits, std::mt19937_64& random) {
    PdqCode flipped;
    while (fingerprint::distance(flipped, PdqCode{}) < bits) {
        const auto bit = random() % 256;
        flipped.words[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    for (std::size_t i = 0; i < 4; ++i) code.words[i] ^= flipped.words[i];
    return code;
}

std::vector<EntryRow> pdq_rows(const std::vector<PdqCode>& codes) {
    std::vector<EntryRow> rows;
    for (const PdqCode& code : codes) {
        EntryRow row;
        row.pdq = code;
        row.pdq_quality = 90;              // vouches for crowded codes
        row.size_bytes = rows.size() + 1;  // keeps equal codes apart and names the entry
        rows.push_back(row);
    }
    return rows;
}

TEST(ListIndex, FindsDigestsOfEveryKind) {
    const test::TempDir dir;
    std::vector<EntryRow> rows;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        EntryRow row = row_of(i);
        if (i % 3 == 1) row.sha1 = {}, row.sha256 = {};
        if (i % 3 == 2) row.md5 = {}, row.sha1 = {};
        row.size_bytes = i + 1;
        rows.push_back(row);
    }
    build(dir, "index", rows);
    const auto index = open_index(dir, "index");
    ASSERT_TRUE(index);
    EXPECT_EQ(index->entry_count(), 1000U);
    EXPECT_EQ(index->digest_counts(), (std::array<std::uint64_t, 3>{667, 334, 667}));
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto hits = index->find(digests_of(i));
        ASSERT_EQ(hits.size(), 1U) << i;
        EXPECT_EQ(hits[0].md5, i % 3 != 2);
        EXPECT_EQ(hits[0].sha1, i % 3 == 0);
        EXPECT_EQ(hits[0].sha256, i % 3 != 1);
        const auto entry = index->entry(hits[0].entry);
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->size_bytes, i + 1);
        EXPECT_TRUE(index->find(digests_of(i + 1000)).empty());
    }
}

TEST(ListIndex, KeepsWhatTheListSays) {
    const test::TempDir dir;
    ListBuilder builder(dir.path(), kKey, "list");
    EntryRow row = row_of(1);
    row.size_bytes = 2835;
    row.category = -4;
    row.verdict = Verdict::animated;
    row.pdq = {{0xFFFF'0000'FFFF'0000, 1, 2, 0xFFFF'FFFF'0000'0000}};
    row.pdq_quality = 77;
    row.category_name = builder.texts().add("CGI").value();
    row.series = builder.texts().add("Series \xC3\xA9").value();
    ASSERT_TRUE(builder.add(row));
    ASSERT_TRUE(builder.merge(ListKind::illegal, "us-2.0"));
    const Fd fd(::open((dir / "index").c_str(), O_RDWR | O_CREAT, 0600));
    ASSERT_TRUE(builder.write(fd.get()));
    const auto index = open_index(dir, "index");
    ASSERT_TRUE(index);
    const auto entry = index->entry(0);
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_EQ(entry->size_bytes, 2835U);
    EXPECT_EQ(entry->category, -4);
    EXPECT_EQ(entry->verdict, Verdict::animated);
    EXPECT_EQ(entry->pdq_quality, 77);
    EXPECT_EQ(entry->category_name, "CGI");
    EXPECT_EQ(entry->series, "Series \xC3\xA9");
    EXPECT_EQ(index->entry(1).error().code, Errc::not_found);
}

TEST(ListIndex, AnswersNothingWhenEmpty) {
    const test::TempDir dir;
    build(dir, "index", {});
    const auto index = open_index(dir, "index");
    ASSERT_TRUE(index);
    EXPECT_TRUE(index->find(digests_of(1)).empty());
    EXPECT_TRUE(index->find(PdqCode{}, 31).empty());
}

TEST(ListIndex, NeverMatchesTheEmptyFile) {
    const test::TempDir dir;
    EntryRow row;
    row.md5 = crypto::digest({}).md5;
    build(dir, "index", {row});
    EXPECT_TRUE(open_index(dir, "index")->find(crypto::digest({})).empty());
}

TEST(ListIndex, LetsTheLongestDigestDecide) {
    const test::TempDir dir;
    build(dir, "index", {row_of(1)});
    const auto index = open_index(dir, "index");
    crypto::Digests forged = digests_of(1);
    forged.sha256 = digests_of(2).sha256;  // same MD5 and SHA-1, another file
    EXPECT_TRUE(index->find(forged).empty());
    crypto::Digests md5_differs = digests_of(1);
    md5_differs.md5 = digests_of(2).md5;  // a damaged MD5 in the list
    ASSERT_EQ(index->find(md5_differs).size(), 1U);
    EXPECT_FALSE(index->find(md5_differs)[0].md5);
}

TEST(ListIndex, AnswersForOneDigestAlone) {
    const test::TempDir dir;
    build(dir, "index", {row_of(1)});
    const auto index = open_index(dir, "index");
    crypto::Digests md5_only;
    md5_only.md5 = digests_of(1).md5;
    crypto::Digests sha1_only;
    sha1_only.sha1 = digests_of(1).sha1;
    crypto::Digests other;
    other.md5 = digests_of(2).md5;
    EXPECT_EQ(index->find(md5_only).size(), 1U);
    EXPECT_EQ(index->find(sha1_only).size(), 1U);
    EXPECT_TRUE(index->find(other).empty());
}

TEST(ListIndex, IsTheSameWhateverTheOrderOfRows) {
    const test::TempDir dir;
    std::mt19937_64 random(42);
    std::vector<EntryRow> rows;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        rows.push_back(row_of(i));
        if (i % 2 == 0) rows.back().pdq = random_code(random);
    }
    const std::string first = build(dir, "a", rows);
    std::shuffle(rows.begin(), rows.end(), random);
    const std::string second = build(dir, "b", rows);
    EXPECT_EQ(first, second);
    EXPECT_EQ(*read_file(dir / "a", 1U << 24U), *read_file(dir / "b", 1U << 24U));
}

TEST(ListIndex, SharesNoBytesBetweenInstallations) {
    const test::TempDir dir;
    std::vector<EntryRow> rows;
    std::mt19937_64 random(1);
    for (std::uint64_t i = 0; i < 100; ++i) {
        rows.push_back(row_of(i));
        rows.back().pdq = random_code(random);
    }
    const std::string mine = build(dir, "a", rows, key_of(1));
    const std::string theirs = build(dir, "b", rows, key_of(2));
    EXPECT_EQ(mine, theirs);
    const ByteVector a = *read_file(dir / "a", 1U << 24U);
    const ByteVector b = *read_file(dir / "b", 1U << 24U);
    const auto contains = [](const ByteVector& file, Bytes part) {
        return std::search(file.begin(), file.end(), part.begin(), part.end()) != file.end();
    };
    for (std::size_t at = 4096; at + 8 <= a.size(); at += 8) {
        const Bytes part = Bytes(a).subspan(at, 8);
        if (std::all_of(part.begin(), part.end(), [](auto byte) { return byte == 0; })) continue;
        const bool number = part[2] == 0 && part[3] == 0;  // starts and ids are small integers
        EXPECT_FALSE(!number && contains(b, part)) << at;
    }
    for (const EntryRow& row : rows) {
        EXPECT_FALSE(contains(a, Bytes(row.md5).first(8)));
        EXPECT_FALSE(contains(a, Bytes(row.sha1).first(8)));
        EXPECT_FALSE(contains(a, Bytes(row.sha256).first(8)));
    }
}

TEST(ListIndex, MergesRowsOfOneFile) {
    const test::TempDir dir;
    EntryRow by_md5 = row_of(1);
    by_md5.sha1 = {};
    by_md5.sha256 = {};
    EntryRow bridge = row_of(1);
    bridge.sha256 = {};
    EntryRow by_sha256 = row_of(1);
    by_sha256.md5 = {};
    by_sha256.size_bytes = 5;
    build(dir, "index", {by_md5, bridge, by_sha256, by_md5});
    const auto index = open_index(dir, "index");
    EXPECT_EQ(index->entry_count(), 1U);
    const auto hits = index->find(digests_of(1));
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_TRUE(hits[0].md5 && hits[0].sha1 && hits[0].sha256);
    EXPECT_EQ(index->entry(0)->size_bytes, 5U);
}

TEST(ListIndex, KeepsConflictingCategoriesAndHashesApart) {
    const test::TempDir dir;
    EntryRow other_category = row_of(1);
    other_category.category = 2;
    EntryRow other_sha1 = row_of(1);
    other_sha1.sha1 = digests_of(2).sha1;
    other_sha1.sha256 = {};
    ListBuilder builder(dir.path(), kKey, "list");
    for (const EntryRow& row : {row_of(1), other_category, other_sha1}) {
        ASSERT_TRUE(builder.add(row));
    }
    ASSERT_TRUE(builder.merge(ListKind::illegal, ""));
    EXPECT_EQ(builder.entries(), 3U);
    EXPECT_EQ(builder.merged(), 0U);
    EXPECT_GE(builder.hash_conflicts(), 1U);
}

/// Every answer of the index against a scan of the plain codes.
void expect_exact(const std::vector<PdqCode>& codes, const std::vector<PdqCode>& queries) {
    const test::TempDir dir;
    build(dir, "index", pdq_rows(codes));
    const auto index = open_index(dir, "index");
    ASSERT_TRUE(index);
    std::vector<std::uint64_t> row_of_entry;
    for (std::uint32_t id = 0; id < index->entry_count(); ++id) {
        row_of_entry.push_back(*index->entry(id)->size_bytes - 1);
    }
    for (std::size_t q = 0; q < queries.size(); ++q) {
        const int radius = static_cast<int>(q % 34) - 1;
        std::vector<std::pair<int, std::uint64_t>> expected;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            const int distance = fingerprint::distance(codes[i], queries[q]);
            if (distance <= radius) expected.emplace_back(distance, i);
        }
        std::vector<std::pair<int, std::uint64_t>> found;
        for (const PdqHit& hit : index->find(queries[q], radius)) {
            found.emplace_back(hit.distance, row_of_entry.at(hit.entry));
        }
        std::sort(found.begin(), found.end());
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(found, expected) << "radius " << radius;
    }
}

std::vector<PdqCode> planted(const std::vector<PdqCode>& codes, std::mt19937_64& random) {
    std::vector<PdqCode> queries;
    for (int i = 0; i < 340; ++i) {
        queries.push_back(flip(codes[random() % codes.size()], i % 35, random));
    }
    return queries;
}

TEST(ListIndex, EqualsBruteForceOnRandomCodes) {
    std::mt19937_64 random(42);
    for (const std::size_t count : {1U, 2U, 1999U, 2000U, 20'000U}) {
        std::vector<PdqCode> codes;
        for (std::size_t i = 0; i < count; ++i) codes.push_back(random_code(random));
        expect_exact(codes, planted(codes, random));
    }
}

TEST(ListIndex, EqualsBruteForceOnClusteredCodes) {
    std::mt19937_64 random(43);
    std::vector<PdqCode> codes;
    for (int cluster = 0; cluster < 50; ++cluster) {
        const PdqCode middle = random_code(random);
        for (int i = 0; i < 60; ++i) codes.push_back(flip(middle, i % 40, random));
    }
    codes.insert(codes.end(), {PdqCode{{0, 0, 0, 1}}, fingerprint::complement(PdqCode{})});
    codes.insert(codes.end(), 20, codes.front());
    std::vector<PdqCode> queries = planted(codes, random);
    queries.push_back(PdqCode{});
    queries.push_back(fingerprint::complement(PdqCode{}));
    expect_exact(codes, queries);
}

TEST(ListIndex, EqualsBruteForceWhenOneBucketHoldsAll) {
    std::mt19937_64 random(44);
    std::vector<PdqCode> codes;
    for (int i = 0; i < 3000; ++i) {
        PdqCode code;  // few distinct bands under any permutation
        code.words[0] = random() & random() & random() & random() & random();
        code.words[3] = 1;
        codes.push_back(code);
    }
    expect_exact(codes, planted(codes, random));
}

std::vector<std::string> vector_lines(const char* name) {
    std::ifstream in(std::filesystem::path(CAIRN_SOURCE_DIR) / "tests/golden/vectors/pdq" / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    EXPECT_FALSE(lines.empty()) << name;
    return lines;
}

std::vector<PdqCode> vector_codes(const char* name) {
    std::vector<PdqCode> codes;
    for (const std::string& line : vector_lines(name)) {
        const auto code = fingerprint::pdq_from_hex(line);
        EXPECT_TRUE(code);
        codes.push_back(*code);
    }
    return codes;
}

// Pairs within 31 of the lists published with PDQ, by brute force: needle line, haystack line,
// distance.
TEST(ListIndex, FindsThePublishedNeedles) {
    const test::TempDir dir;
    build(dir, "index", pdq_rows(vector_codes("lists/haystack.txt")));
    const auto index = open_index(dir, "index");
    std::vector<std::string> found = {"needle_line,haystack_line,distance"};
    const std::vector<PdqCode> needles = vector_codes("lists/needles.txt");
    for (std::size_t i = 0; i < needles.size(); ++i) {
        for (const PdqHit& hit : index->find(needles[i], fingerprint::kPdqRadius)) {
            const std::uint64_t line = *index->entry(hit.entry)->size_bytes;
            found.push_back(fmt::format("{},{},{}", i + 1, line, hit.distance));
        }
    }
    std::vector<std::string> expected = vector_lines("expected/needles_in_haystack_radius31.csv");
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(found, expected);
}

TEST(ListIndex, RefusesAnotherKey) {
    const test::TempDir dir;
    build(dir, "index", {row_of(1)});
    EXPECT_EQ(ListIndex::open(dir / "index", key_of(8)).error().code, Errc::permission_denied);
}

/// Some answers of every kind, for their memory accesses only.
void ask_everything(const ListIndex& index, const std::vector<EntryRow>& rows) {
    for (const EntryRow& row : rows) {
        static_cast<void>(index.find(crypto::Digests{row.md5, row.sha1, row.sha256}));
        static_cast<void>(index.find(row.pdq, 31));
    }
    for (std::uint32_t id = 0; id < std::min<std::uint64_t>(index.entry_count(), 5); ++id) {
        static_cast<void>(index.entry(id));
    }
}

struct Sample {
    std::vector<EntryRow> rows;
    ByteVector bytes;
};

Sample sample_index(const test::TempDir& dir) {
    Sample sample;
    std::mt19937_64 random(5);
    for (std::uint64_t i = 0; i < 2100; ++i) {
        EntryRow row = row_of(i);
        row.pdq = random_code(random);
        sample.rows.push_back(row);
    }
    build(dir, "sample", sample.rows);
    sample.bytes = *read_file(dir / "sample", 1U << 26U);
    sample.rows.resize(3);
    return sample;
}

TEST(ListIndex, IsRefusedWhenTruncated) {
    const test::TempDir dir;
    const Sample sample = sample_index(dir);
    for (std::size_t size = 0; size < sample.bytes.size(); size += sample.bytes.size() / 50 + 1) {
        const std::string path = dir.write("cut", as_text(Bytes(sample.bytes).first(size)));
        EXPECT_EQ(ListIndex::open(path, kKey).error().code, Errc::corrupt_data) << size;
    }
}

TEST(ListIndex, ShowsEveryFlippedBitToVerify) {
    const test::TempDir dir;
    const Sample sample = sample_index(dir);
    const auto header =
        IndexHeader::decode(Bytes(sample.bytes).first(kHeaderBytes), sample.bytes.size());
    ASSERT_TRUE(header);
    std::mt19937_64 random(6);
    std::vector<std::size_t> places = {0, 8, 12, 20, 40, 60, 90, 130, 300, 4088};
    for (const Section& section : header->sections) {
        if (section.bytes == 0) continue;
        places.push_back(section.offset);
        places.push_back(section.offset + section.bytes - 1);
        places.push_back(section.offset + random() % section.bytes);
    }
    for (const std::size_t place : places) {
        ByteVector damaged = sample.bytes;
        damaged[place] ^= static_cast<std::uint8_t>(1U << (random() % 8));
        const std::string path = dir.write("damaged", as_text(damaged));
        const auto index = ListIndex::open(path, kKey);
        if (place < kHeaderBytes) {
            EXPECT_FALSE(index) << place;
            continue;
        }
        ASSERT_TRUE(index) << place;
        EXPECT_EQ((*index)->verify().error().code, Errc::corrupt_data) << place;
        ask_everything(**index, sample.rows);
    }
}

TEST(ListIndex, TellsOtherVersionsAndByteOrders) {
    const test::TempDir dir;
    const Sample sample = sample_index(dir);
    const auto open_with = [&](std::size_t place, std::uint8_t value) {
        ByteVector changed = sample.bytes;
        changed[place] = value;
        return ListIndex::open(dir.write("changed", as_text(changed)), kKey).error().code;
    };
    EXPECT_EQ(open_with(8, 1), Errc::unsupported);      // major versions: the former one
    EXPECT_EQ(open_with(8, 3), Errc::unsupported);      // and a later one
    EXPECT_EQ(open_with(12, 0x01), Errc::unsupported);  // byte order
    EXPECT_EQ(open_with(0, 'X'), Errc::corrupt_data);
}

// A lying file whose checksums fit: sections of random bytes.
TEST(ListIndex, StaysInBoundsWhenContentsLie) {
    const test::TempDir dir;
    const Sample sample = sample_index(dir);
    std::mt19937_64 random(7);
    auto header = IndexHeader::decode(Bytes(sample.bytes).first(kHeaderBytes), sample.bytes.size());
    ASSERT_TRUE(header);
    for (int round = 0; round < 8; ++round) {
        ByteVector lying = sample.bytes;
        for (Section& section : header->sections) {
            const MutableBytes bytes = MutableBytes(lying).subspan(section.offset, section.bytes);
            for (std::uint8_t& byte : bytes) {
                if (random() % 4 == 0) byte = static_cast<std::uint8_t>(random());
            }
            section.checksum = checksum_of(bytes);
        }
        const auto head = header->encode();
        std::copy(head.begin(), head.end(), lying.begin());
        const auto index = ListIndex::open(dir.write("lying", as_text(lying)), kKey);
        ASSERT_TRUE(index) << index.error().message;
        EXPECT_FALSE((*index)->verify());
        ask_everything(**index, sample.rows);
    }
}

}  // namespace
}  // namespace cairn::hashlist
