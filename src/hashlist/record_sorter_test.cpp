#include "hashlist/record_sorter.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/temp_dir.h"

namespace cairn::hashlist {
namespace {

using Record = std::array<std::uint8_t, 6>;

std::vector<Record> sorted(RecordSorter& sorter) {
    std::vector<Record> out;
    const Status done = sorter.for_each([&](Bytes bytes) {
        Record record{};
        std::copy(bytes.begin(), bytes.end(), record.begin());
        out.push_back(record);
        return ok();
    });
    EXPECT_TRUE(done);
    return out;
}

std::vector<Record> random_records(std::size_t count) {
    const crypto::SecretKey key = crypto::SecretKey::random();
    const ByteVector bytes = crypto::expand(key, count * 6);
    std::vector<Record> records(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(6 * i), 6, records[i].begin());
        records[i][2] &= 3U;  // many equal keys
    }
    return records;
}

TEST(RecordSorter, SortsWithAndWithoutSpilling) {
    const test::TempDir dir;
    std::vector<Record> records = random_records(200'000);
    for (const std::size_t run_bytes : {std::size_t{64} << 20U, std::size_t{1}}) {
        RecordSorter sorter({dir.path(), 6, 0, 0, run_bytes});
        for (const Record& record : records) ASSERT_TRUE(sorter.add(record));
        std::sort(records.begin(), records.end());
        EXPECT_EQ(sorted(sorter), records);
        EXPECT_EQ(sorted(sorter), records) << "second time";
        EXPECT_EQ(sorter.count(), records.size());
        EXPECT_FALSE(sorter.add(records[0]));
    }
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(RecordSorter, SortsByKeyThenWhole) {
    const test::TempDir dir;
    std::vector<Record> records = random_records(60'000);
    RecordSorter sorter({dir.path(), 6, 2, 1, 1});
    for (const Record& record : records) ASSERT_TRUE(sorter.add(record));
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
        return a[2] != b[2] ? a[2] < b[2] : a < b;
    });
    EXPECT_EQ(sorted(sorter), records);
}

TEST(RecordSorter, GivesNothingWhenEmpty) {
    const test::TempDir dir;
    RecordSorter sorter({dir.path(), 6});
    EXPECT_TRUE(sorted(sorter).empty());
}

TEST(RecordSorter, RefusesRecordsOfAnotherSize) {
    const test::TempDir dir;
    RecordSorter sorter({dir.path(), 6});
    EXPECT_FALSE(sorter.add(std::array<std::uint8_t, 5>{}));
}

}  // namespace
}  // namespace cairn::hashlist
