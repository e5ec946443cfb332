#include "index/hamming_index.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "index/band_key.h"
#include "index/code_sets_test.h"
#include "index/hamming_builder.h"
#include "index/hamming_scan.h"
#include "index/key_masks.h"

namespace cairn::index {
namespace {

using testing::bands_of;
using testing::bytes_of;
using testing::changed;
using testing::Codes;
using testing::compare_with_all;
using testing::flip;
using testing::queries_for;
using testing::Random;

std::vector<Isa> supported_isas() {
    std::vector<Isa> isas;
    for (const Isa isa : {Isa::plain, Isa::avx2, Isa::avx512}) {
        if (is_supported(isa)) isas.push_back(isa);
    }
    return isas;
}

BandPlan plan_of(std::vector<Band> bands) {
    auto plan = BandPlan::make(std::move(bands));
    EXPECT_TRUE(plan) << plan.error().message;
    return plan ? *plan : BandPlan();
}

/// Bands 1.. lead to the next band but for every `run`th.
std::vector<Band> linked(std::vector<Band> bands, std::size_t run) {
    for (std::size_t i = 1; i < bands.size(); ++i) {
        if (i % run != 0) bands[i].link = Link::next_band;
    }
    return bands;
}

/// Small keys, so that tables of few codes stay small.
std::vector<BandPlan> plans() {
    const auto sixteen = bands_of({{16, {16, 10, 1}}});
    std::vector<Band> uneven;
    while (uneven.size() < 16) {
        uneven.push_back({24, 16, 2});
        uneven.push_back({8, 8, 0});
    }
    return {
        BandPlan(),
        plan_of(sixteen),
        plan_of(linked(sixteen, 5)),
        plan_of(linked(sixteen, 100)),
        plan_of(linked(bands_of({{16, {16, 16, 1}}}), 5)),
        plan_of(uneven),
        plan_of(linked(uneven, 100)),
        plan_of(bands_of({{8, {32, 16, 3}}})),
        plan_of(bands_of({{10, {23, 11, 2}}, {1, {26, 12, 1}}})),
        plan_of(bands_of({{4, {21, 9, 2}}, {8, {17, 12, 1}}, {2, {18, 2, 1}}}))};
}

/// An index with the bytes it borrows.
class Built {
public:
    Built(const BandPlan& plan, const Codes& codes, Isa isa = best_isa())
        : codes_(bytes_of(codes)), bands_(build(plan, codes_)) {
        auto index = HammingIndex::open({plan, codes_, bands_}, isa, Method::tables);
        EXPECT_TRUE(index) << index.error().message;
        if (index) index_ = std::make_unique<HammingIndex>(std::move(*index));
    }
    const HammingIndex& operator*() const { return *index_; }
    const HammingIndex* operator->() const { return index_.get(); }

private:
    static ByteVector build(const BandPlan& plan, Bytes codes) {
        auto bands = build_bands(plan, codes);
        EXPECT_TRUE(bands) << bands.error().message;
        return bands ? std::move(*bands) : ByteVector();
    }

    ByteVector codes_;
    ByteVector bands_;
    std::unique_ptr<HammingIndex> index_;
};

void expect_exact(const HammingIndex& index, const Codes& codes, const Codes& queries, int radius) {
    std::vector<std::vector<CodeHit>> wanted;
    for (const Code& query : queries) wanted.push_back(compare_with_all(codes, query, radius));
    EXPECT_EQ(index.search_batch(queries, radius), wanted);
    for (std::size_t i = 0; i < queries.size(); ++i) {
        ASSERT_EQ(index.search(queries[i], radius), wanted[i]) << "radius " << radius;
        const auto any = index.search_any(queries[i], radius);
        ASSERT_EQ(any.has_value(), !wanted[i].empty());
        if (any) {
            ASSERT_EQ(std::count(wanted[i].begin(), wanted[i].end(), *any), 1);
        }
        for (const std::size_t count : {0U, 1U, 3U}) {
            auto nearest = wanted[i];
            if (nearest.size() > count) nearest.resize(count);
            ASSERT_EQ(index.nearest(queries[i], count, radius), nearest);
        }
    }
}

TEST(HammingIndex, EqualsBruteForceForEveryPlanAndSet) {
    const std::vector<Codes> sets{
        {},
        testing::uniform(1, 1),
        testing::uniform(3000, 2),
        testing::clustered(3000, 3),
        testing::alike_in(16, 32, 2000, 4),   // one band equal in all
        testing::alike_in(0, 128, 2000, 5),   // half of the bands
        testing::alike_in(20, 256, 2000, 6),  // nearly all
        {Code{}},
        {Code{~0ULL, ~0ULL, ~0ULL, ~0ULL}}};
    for (const BandPlan& plan : plans()) {
        for (const Codes& codes : sets) {
            const Built index(plan, codes);
            const Codes queries = queries_for(codes, 12, 9);
            for (const int radius : {-1, 0, 1, 9, 30, 31, 32, 63}) {
                expect_exact(*index, codes, queries, radius);
            }
        }
    }
}

TEST(HammingIndex, EqualsBruteForceAtEveryRadius) {
    const Codes codes = testing::clustered(3000, 11);
    for (const BandPlan& plan : plans()) {
        const Built index(plan, codes);
        const Codes queries = queries_for(codes, 10, 12);
        for (int radius = 0; radius <= 40; ++radius) expect_exact(*index, codes, queries, radius);
    }
}

TEST(HammingIndex, AllInstructionSetsAgree) {
    for (const Isa isa : supported_isas()) {
        for (const Codes& codes : {testing::uniform(20'000, 13), testing::clustered(3000, 14)}) {
            for (const BandPlan& plan : {plans()[2], plans()[8]}) {
                const Built index(plan, codes, isa);
                const Codes queries = queries_for(codes, 150, 15);
                for (const int radius : {12, 31}) {
                    expect_exact(*index, codes, queries, radius);
                }
            }
        }
    }
}

/// Bands of random widths, keys and thresholds; the caller retries refused ones.
std::vector<Band> random_bands(Random& random) {
    std::vector<Band> bands;
    int covered = 0;
    while (covered < kTableRadius + 1) {
        const int left = kTableRadius + 1 - covered;
        const int taken = 1 + static_cast<int>(random() % 4) % left;
        covered += taken;
        bands.push_back(
            {.width = static_cast<std::uint8_t>(8 * taken), .key_bits = 0, .threshold = taken - 1}
        );
    }
    for (int moved = 0; moved < 40; ++moved) {
        Band& from = bands[random() % bands.size()];
        Band& to = bands[random() % bands.size()];
        if (from.width <= 3) continue;
        --from.width;
        ++to.width;
    }
    for (Band& band : bands) {
        const unsigned least = band.width > kResidualBits ? band.width - kResidualBits : 1;
        const unsigned most = std::max(least, std::min<unsigned>(band.width, 12));
        band.key_bits = static_cast<std::uint8_t>(least + random() % (most - least + 1));
        if (random() % 2 == 0) band.link = Link::next_band;
    }
    bands[0].link = Link::code;
    return bands;
}

RC_GTEST_PROP(HammingIndex, EqualsBruteForceForRandomPlans, (std::uint64_t seed)) {
    Random random(seed);
    std::vector<Band> bands = random_bands(random);
    while (!BandPlan::make(bands)) bands = random_bands(random);
    const std::size_t count = random() % 1500;
    const Codes codes =
        random() % 2 == 0 ? testing::uniform(count, seed) : testing::clustered(count, seed);
    const Built index(plan_of(bands), codes);
    for (const Code& query : queries_for(codes, 8, seed)) {
        const int radius = static_cast<int>(random() % 34);
        RC_ASSERT(index->search(query, radius) == compare_with_all(codes, query, radius));
    }
}

TEST(HammingIndex, FindsAtExactlyTheRadiusAndNotBeyond) {
    Random random(16);
    const Codes codes = testing::uniform(5000, 17);
    const Built index(BandPlan::for_codes(codes.size()), codes);
    for (int radius = 0; radius <= kTableRadius; ++radius) {
        for (int round = 0; round < 10; ++round) {
            const auto number = static_cast<std::uint32_t>(random() % codes.size());
            const CodeHit wanted{number, radius};
            EXPECT_EQ(
                index->search(changed(codes[number], radius, random), radius), std::vector{wanted}
            );
            EXPECT_TRUE(index->search(changed(codes[number], radius + 1, random), radius).empty());
        }
    }
}

// What the refusal of plans whose sum of (threshold + 1) is 31 is for.
TEST(HammingIndex, BandsForRadius30LoseAHitAt31) {
    const BandPlan plan = plans()[1];
    const auto thresholds = thresholds_of(plan).at(30);
    Code query{};
    std::size_t position = 0;
    for (std::size_t i = 0; i < plan.bands().size(); ++i) {
        for (int bit = 0; bit <= thresholds[i]; ++bit) {
            flip(query, position + static_cast<std::size_t>(bit));
        }
        position += plan.bands()[i].width;
    }
    // Every band is one bit beyond its threshold: none of them asks for the code's bucket.
    EXPECT_EQ(distance(query, Code{}), 31);
    Codes codes = testing::uniform(100, 18);
    codes.push_back(Code{});
    codes = testing::sorted(codes);
    const Built index(plan, codes);
    EXPECT_TRUE(index->search(query, 30).empty());
    EXPECT_EQ(index->search(query, 31), compare_with_all(codes, query, 31));
    EXPECT_EQ(index->search(query, 31).size(), 1U);
}

/// Two differences in every band of 16 bits but `kept`: at distance 30, only that band finds it.
Code found_only_by(std::size_t kept, Code code) {
    for (std::size_t band = 0; band < 16; ++band) {
        if (band == kept) continue;
        flip(code, 16 * band + 3);
        flip(code, 16 * band + 11);
    }
    return code;
}

TEST(HammingIndex, FollowsLinksIntoBucketsAbove65536) {
    const Codes codes = testing::alike_in(64, 80, 140'000, 19);  // band 4
    const Built index(plan_of(linked(bands_of({{16, {16, 16, 1}}}), 5)), codes);
    for (std::size_t number = 100; number < codes.size(); number += 20'011) {
        const CodeHit wanted{static_cast<std::uint32_t>(number), 30};
        EXPECT_EQ(index->search(found_only_by(3, codes[number]), 31), std::vector{wanted});
    }
}

TEST(HammingIndex, ReadsLongBucketsFromEndToEnd) {
    const Codes codes = testing::alike_in(64, 80, 9'000, 20);
    for (const Isa isa : supported_isas()) {
        const Built index(plan_of(bands_of({{16, {16, 16, 1}}})), codes, isa);
        for (std::size_t number = 0; number < codes.size(); ++number) {
            if (number % 1024 > 1 && number % 1024 < 1022 && number + 3 < codes.size()) continue;
            const CodeHit wanted{static_cast<std::uint32_t>(number), 30};
            EXPECT_EQ(index->search(found_only_by(4, codes[number]), 31), std::vector{wanted});
        }
    }
}

TEST(HammingIndex, TheFastestMethodGivesTheSameAnswers) {
    for (const Isa isa : supported_isas()) {
        for (const std::size_t count : {2000U, 12'000U}) {
            const Codes codes = testing::uniform(count, 29);
            const ByteVector bytes = bytes_of(codes);
            const BandPlan plan = BandPlan::for_codes(count);
            const auto bands = build_bands(plan, bytes);
            ASSERT_TRUE(bands);
            const auto index = HammingIndex::open({plan, bytes, *bands}, isa);
            ASSERT_TRUE(index);
            const Codes queries = queries_for(codes, 20, 30);
            for (const int radius : {0, 16, 24, 31, 40}) {
                expect_exact(*index, codes, queries, radius);
            }
        }
    }
}

TEST(HammingIndex, TooManyCandidatesEndInAScan) {
    // All codes within a few bits of each other: every posting survives.
    const Codes codes = testing::alike_in(14, 256, 16'000, 20);
    for (const BandPlan& plan : {plans()[1], plans()[3]}) {
        const Built index(plan, codes);
        Random random(21);
        Codes queries;
        for (int i = 0; i < 4; ++i) queries.push_back(changed(codes[1000], i, random));
        queries.push_back(testing::random_code(random));
        for (const int radius : {2, 31}) expect_exact(*index, codes, queries, radius);
    }
}

TEST(HammingIndex, CostCountsBucketsAndPostings) {
    const Codes codes = testing::uniform(5000, 22);
    const BandPlan plan = plans()[5];
    const Built index(plan, codes);
    const auto cost = index->cost_of(codes[7]);
    std::uint64_t probes = 0;
    std::uint64_t postings = 0;
    for (std::size_t band = 0; band < plan.bands().size(); ++band) {
        const BandKey band_key(plan, band);
        const int threshold = plan.bands()[band].threshold;
        probes += probes_of(plan.bands()[band].key_bits, threshold);
        for (const Code& code : codes) {
            if (std::popcount(band_key.key(code) ^ band_key.key(codes[7])) <= threshold) ++postings;
        }
    }
    EXPECT_EQ(cost.probes, probes);
    EXPECT_EQ(cost.candidates, postings);
}

TEST(HammingIndex, OpenRefusesWrongLengths) {
    const Codes codes = testing::uniform(50, 23);
    const ByteVector bytes = bytes_of(codes);
    const BandPlan plan = plans()[1];
    const auto bands = build_bands(plan, bytes);
    ASSERT_TRUE(bands);
    EXPECT_TRUE(HammingIndex::open({plan, bytes, *bands}));
    EXPECT_FALSE(HammingIndex::open({plan, Bytes(bytes).first(33), *bands}));
    EXPECT_FALSE(HammingIndex::open({plan, bytes, Bytes(*bands).first(bands->size() - 1)}));
    EXPECT_FALSE(HammingIndex::open({plan, bytes, {}}));
    EXPECT_FALSE(HammingIndex::open({BandPlan(), bytes, *bands}));
    EXPECT_TRUE(HammingIndex::open({BandPlan(), bytes, {}}));
}

// Sanitizers watch: answers may be wrong, reads may not.
TEST(HammingIndex, DamagedTablesAreReadWithinTheirBounds) {
    const Codes codes = testing::clustered(2000, 24);
    const ByteVector bytes = bytes_of(codes);
    const Codes queries = queries_for(codes, 20, 25);
    Random random(26);
    for (const BandPlan& plan : plans()) {
        const auto built = build_bands(plan, bytes);
        ASSERT_TRUE(built);
        for (int round = 0; round < 12; ++round) {
            ByteVector bands = *built;
            for (std::size_t i = 0; i < bands.size(); ++i) {
                const bool is_hit = round < 6 ? random() % 64 == 0 : i % 4 == 3;
                if (is_hit) bands[i] = static_cast<std::uint8_t>(round == 7 ? 0xFF : random());
            }
            for (const Isa isa : supported_isas()) {
                const auto index = HammingIndex::open({plan, bytes, bands}, isa, Method::tables);
                ASSERT_TRUE(index);
                for (const Code& query : queries) {
                    for (const CodeHit& hit : index->search(query, 31)) {
                        EXPECT_EQ(distance(codes.at(hit.code), query), hit.distance);
                    }
                    index->cost_of(query);
                }
            }
        }
    }
}

TEST(HammingIndex, ManyThreadsMaySearchAtOnce) {
    const Codes codes = testing::clustered(4000, 27);
    const Built index(plans()[2], codes);
    const Codes queries = queries_for(codes, 40, 28);
    const auto wanted = index->search_batch(queries, 31);
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            if (index->search_batch(queries, 31) != wanted) ++wrong;
            for (std::size_t q = 0; q < queries.size(); ++q) {
                if (index->search(queries[q], 31) != wanted[q]) ++wrong;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

TEST(KeyMasks, AreAllOfOneWeightInOrder) {
    for (const unsigned key_bits : {1U, 2U, 7U, kKeyBitsMax}) {
        for (int weight = 0; weight <= kThresholdMax; ++weight) {
            const auto masks = key_masks(key_bits, weight);
            EXPECT_EQ(masks.size(), probes_of(key_bits, weight) - probes_of(key_bits, weight - 1));
            for (std::size_t i = 0; i < masks.size(); ++i) {
                EXPECT_EQ(std::popcount(masks[i]), weight);
                EXPECT_LT(masks[i], 1U << key_bits);
                if (i > 0) {
                    EXPECT_LT(masks[i - 1], masks[i]);
                }
            }
        }
    }
}

}  // namespace
}  // namespace cairn::index
