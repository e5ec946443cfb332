#include "hashlist/pdq_quarantine.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "index/hamming_builder.h"

namespace cairn::hashlist {
namespace {

using index::Code;

Code flipped(Code code, int bits, std::mt19937_64& random) {
    for (int i = 0; i < bits; ++i) {
        const auto bit = random() % index::kCodeBits;
        code[bit / 64] ^= std::uint64_t{1} << (bit % 64);
    }
    return code;
}

/// Codes with so many entries each, searched for crowds. `vouched` holds for all.
PdqQuarantine quarantine_of(std::vector<Code> codes, std::uint32_t entries_each, bool vouched) {
    std::sort(codes.begin(), codes.end(), index::comes_before);
    ByteVector bytes(codes.size() * index::kCodeBytes);
    ByteWriter starts;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        index::store_code(codes[i], MutableBytes(bytes).subspan(i * index::kCodeBytes));
    }
    for (std::uint32_t i = 0; i <= codes.size(); ++i) starts.u32_le(i * entries_each);
    const auto plan = index::BandPlan::for_codes(codes.size());
    const auto bands = index::build_bands(plan, bytes);
    EXPECT_TRUE(bands);
    const auto search = index::HammingIndex::open({plan, bytes, *bands});
    EXPECT_TRUE(search);
    return find_quarantine(*search, starts.bytes(), std::vector<bool>(codes.size(), vouched));
}

std::vector<Code> random_codes(std::size_t count, std::mt19937_64& random) {
    std::vector<Code> codes(count);
    for (Code& code : codes) code = {random(), random(), random(), random()};
    return codes;
}

TEST(PdqQuarantine, LeavesOrdinaryCodes) {
    std::mt19937_64 random(1);
    std::vector<Code> codes = random_codes(5'000, random);
    for (int i = 0; i < 6; ++i) codes.push_back(flipped(codes[0], 3, random));
    EXPECT_TRUE(quarantine_of(codes, 2, false).empty());
}

TEST(PdqQuarantine, TakesACrowdAndNothingElse) {
    std::mt19937_64 random(2);
    std::vector<Code> codes = random_codes(5'000, random);
    const Code middle = codes[17];
    for (int i = 0; i < 40; ++i) codes.push_back(flipped(middle, 4, random));
    const PdqQuarantine quarantine = quarantine_of(codes, 1, false);
    EXPECT_TRUE(quarantine.holds(middle, false));
    EXPECT_FALSE(quarantine.holds(middle, true));  // its list vouches for it
    for (std::size_t i = 5'000; i < codes.size(); ++i) {
        EXPECT_TRUE(quarantine.holds(codes[i], false)) << i;
    }
    EXPECT_FALSE(quarantine.holds(codes[18], false));
    EXPECT_EQ(quarantine.crowded.size(), 41U);
}

TEST(PdqQuarantine, CountsEntriesNotCodes) {
    std::mt19937_64 random(3);
    const std::vector<Code> codes = random_codes(10, random);
    EXPECT_TRUE(quarantine_of(codes, kCrowdMax, false).empty());
    EXPECT_EQ(quarantine_of(codes, kCrowdMax + 1, false).crowded.size(), 10U);
    EXPECT_TRUE(quarantine_of(codes, kCrowdMax + 1, true).empty());
}

TEST(PdqQuarantine, BelievesNoQualityOfAHeap) {
    std::mt19937_64 random(4);
    const std::vector<Code> codes = random_codes(3, random);
    EXPECT_TRUE(quarantine_of(codes, kEntriesPerCodeMax, true).empty());
    const PdqQuarantine quarantine = quarantine_of(codes, kEntriesPerCodeMax + 1, true);
    EXPECT_TRUE(quarantine.holds(codes[0], true));
}

TEST(PdqQuarantine, IsNotSlowInAHugeCrowd) {
    std::mt19937_64 random(5);
    std::vector<Code> codes;
    const Code middle = random_codes(1, random).front();
    for (int i = 0; i < 50'000; ++i) codes.push_back(flipped(middle, 4, random));
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    // Each asked for its crowd would take thousands of millions of comparisons.
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(quarantine_of(codes, 1, false).crowded.size(), codes.size());
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(60));
}

}  // namespace
}  // namespace cairn::hashlist
