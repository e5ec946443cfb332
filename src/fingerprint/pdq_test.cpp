#include "fingerprint/pdq.h"

#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "fingerprint/pdq_transform.h"
#include "support/pdq_oracle.h"

namespace cairn::fingerprint {
namespace {

using test::OraclePixels;

const std::string kVectors = std::string(CAIRN_SOURCE_DIR) + "/tests/golden/vectors/pdq/";

std::vector<std::map<std::string, std::string>> read_csv(const std::string& path) {
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    const auto split = [](const std::string& line) {
        std::vector<std::string> cells;
        std::stringstream stream(line);
        for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
        return cells;
    };
    std::string line;
    std::getline(in, line);
    const auto names = split(line);
    std::vector<std::map<std::string, std::string>> rows;
    while (std::getline(in, line)) {
        const auto cells = split(line);
        auto& row = rows.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i) row[names[i]] = cells[i];
    }
    return rows;
}

OraclePixels read_ppm(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string magic;
    int maximum = 0;
    OraclePixels out;
    in >> magic >> out.width >> out.height >> maximum;
    in.get();
    out.bytes.assign(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(magic, "P6") << path;
    EXPECT_EQ(out.bytes.size(), std::size_t{3} * out.width * out.height) << path;
    return out;
}

/// Random content of the kinds that break float order: noise, ramps, blocks, flat.
OraclePixels random_picture(std::mt19937& random, std::uint32_t side_max) {
    const auto pick = [&random](std::uint32_t low, std::uint32_t high) {
        return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
    };
    OraclePixels out;
    out.width = pick(1, side_max);
    out.height = pick(1, side_max);
    out.channels = pick(0, 3) == 0 ? 1 : 3;
    const std::uint32_t kind = pick(0, 3);
    const std::uint32_t block = pick(1, 40);
    const std::uint32_t flat = pick(0, 255);
    for (std::uint32_t y = 0; y < out.height; ++y) {
        for (std::uint32_t x = 0; x < out.width; ++x) {
            for (std::uint32_t c = 0; c < out.channels; ++c) {
                std::uint32_t value = flat;
                if (kind == 0) value = pick(0, 255);
                if (kind == 1) value = (x * (c + 1) + y * 2) / 3;
                if (kind == 2) value = ((x / block + y / block) % 2) * 255;
                out.bytes.push_back(static_cast<std::uint8_t>(value));
            }
        }
    }
    return out;
}

TEST(PdqVectors, SyntheticPicturesGiveTheReferencesBits) {
    const auto rows = read_csv(kVectors + "expected/synthetic_ppm.csv");
    ASSERT_EQ(rows.size(), 30U);
    const std::array<std::string, kTurnCount> columns = {
        "dih_original",
        "rotate90",
        "rotate180",
        "rotate270",
        "flipx",
        "flipy",
        "flipplus1",
        "flipminus1"};
    for (auto row : rows) {
        SCOPED_TRACE(row["file"]);
        const OraclePixels picture = read_ppm(kVectors + "synthetic_ppm/" + row["file"]);
        const PdqHash hash = pdq_hash(picture.view());
        EXPECT_EQ(to_hex(hash.code), row["hash"]);
        EXPECT_EQ(std::to_string(hash.quality), row["quality"]);
        const auto turns = pdq_derived_turns(picture.view());
        for (std::size_t i = 0; i < kTurnCount; ++i) {
            EXPECT_EQ(to_hex(turns[i].code), row[columns[i]]) << columns[i];
            EXPECT_EQ(std::to_string(turns[i].quality), row["dih_quality"]) << columns[i];
        }
    }
}

TEST(PdqVectors, NeedlesAreFoundInTheHaystackAtTheListedDistances) {
    const auto read_list = [](const std::string& name) {
        std::ifstream in(kVectors + "lists/" + name);
        std::vector<PdqCode> codes;
        for (std::string line; std::getline(in, line);) codes.push_back(*pdq_from_hex(line));
        return codes;
    };
    const auto needles = read_list("needles.txt");
    const auto haystack = read_list("haystack.txt");
    std::size_t pairs = 0;
    for (const PdqCode& needle : needles) {
        for (const PdqCode& straw : haystack) pairs += distance(needle, straw) <= kPdqRadius;
    }
    EXPECT_EQ(pairs, 125U);
}

TEST(Pdq, FilterGivesTheOraclesFloats) {
    std::mt19937 random(1);
    for (int i = 0; i < 60; ++i) {
        OraclePixels picture = random_picture(random, kPdqSideMax);
        if (picture.width < 5 || picture.height < 5) continue;
        const PdqMatrix matrix = pdq_filter(picture.view());
        const test::Matrix64 wanted = test::oracle_matrix(picture.view(), false);
        for (std::size_t k = 0; k < matrix.size(); ++k) {
            ASSERT_EQ(matrix[k], wanted[k / 64][k % 64])
                << picture.width << 'x' << picture.height << " element " << k;
        }
    }
}

TEST(Pdq, FilterGivesTheOraclesFloatsForEverySmallSideAndBlockEdge) {
    std::mt19937 random(2);
    for (const std::uint32_t width : {5U, 16U, 17U, 64U, 127U, 128U, 129U, 257U, 385U, 512U}) {
        for (const std::uint32_t height : {5U, 15U, 16U, 33U, 128U, 130U, 256U, 384U, 511U, 512U}) {
            OraclePixels picture{{}, width, height, 1};
            for (std::uint32_t i = 0; i < width * height; ++i) {
                picture.bytes.push_back(static_cast<std::uint8_t>(random() & 0xFFU));
            }
            const PdqMatrix matrix = pdq_filter(picture.view());
            const test::Matrix64 wanted = test::oracle_matrix(picture.view(), false);
            for (std::size_t k = 0; k < matrix.size(); ++k) {
                ASSERT_EQ(matrix[k], wanted[k / 64][k % 64]) << width << 'x' << height;
            }
        }
    }
}

TEST(Pdq, HashEqualsTheOracleAtRandomSizes) {
    std::mt19937 random(3);
    for (int i = 0; i < 40; ++i) {
        const OraclePixels picture = random_picture(random, 700);
        EXPECT_EQ(pdq_hash(picture.view()), test::oracle_hash(picture.view()))
            << picture.width << 'x' << picture.height << 'x' << picture.channels;
    }
}

TEST(Pdq, SixtyFourSquareTakesTheShortcut) {
    std::mt19937 random(4);
    OraclePixels picture{{}, 64, 64, 3};
    for (int i = 0; i < 64 * 64 * 3; ++i) {
        picture.bytes.push_back(static_cast<std::uint8_t>(random() & 0xFFU));
    }
    EXPECT_EQ(pdq_hash(picture.view()), test::oracle_hash(picture.view()));
    // With windows of one the filter changes nothing but the rounding.
    const auto derived = pdq_derived_turns(picture.view());
    EXPECT_LE(distance(derived[0].code, pdq_hash(picture.view()).code), 2);
}

TEST(Pdq, EveryInstructionSetGivesTheOraclesHash) {
#ifdef CAIRN_SANITIZED
    constexpr int kPictures = 500;
#else
    constexpr int kPictures = 10'000;
#endif
    std::mt19937 random(6);
    for (int i = 0; i < kPictures; ++i) {
        const OraclePixels picture = random_picture(random, i % 50 == 0 ? 512 : 140);
        if (picture.width < 5 || picture.height < 5) continue;
        const PdqMatrix matrix = pdq_filter(picture.view());
        ASSERT_EQ(matrix, pdq_filter_portable(picture.view())) << i;
        const PdqCoefficients coefficients = pdq_transform(matrix);
        ASSERT_EQ(coefficients, pdq_transform_portable(matrix)) << i;
        if (picture.width == 64 && picture.height == 64) continue;
        ASSERT_EQ(pdq_hash(picture.view()), test::oracle_hash(picture.view())) << i;
    }
}

TEST(Pdq, BelowFivePixelsTheHashIsZero) {
    const ByteVector grey(4 * 100, 200);
    EXPECT_EQ(pdq_hash({grey, 4, 100, 1}), PdqHash{});
    EXPECT_EQ(pdq_hash({grey, 100, 4, 1}), PdqHash{});
    EXPECT_EQ(pdq_true_turns({grey, 4, 100, 1})[3], PdqHash{});
}

/// What a true turn must equal: the hash of the turned pixels.
PdqHash hash_turned(const OraclePixels& picture, bool across, bool down, bool transpose) {
    return test::oracle_hash(test::oracle_turn(picture.view(), across, down, transpose).view());
}

TEST(PdqTrueTurns, AreTheHashesOfTheTurnedPixels) {
    std::mt19937 random(5);
    for (int i = 0; i < 12; ++i) {
        const OraclePixels picture = random_picture(random, 700);
        const auto turns = pdq_true_turns(picture.view());
        const auto at = [&turns](Turn turn) { return turns[static_cast<std::size_t>(turn)]; };
        EXPECT_EQ(at(Turn::original), pdq_hash(picture.view()));
        EXPECT_EQ(at(Turn::flip_y), hash_turned(picture, true, false, false));
        EXPECT_EQ(at(Turn::flip_x), hash_turned(picture, false, true, false));
        EXPECT_EQ(at(Turn::rotate180), hash_turned(picture, true, true, false));
    }
}

TEST(PdqTrueTurns, TransposedOnesDifferFromTheTurnedPixelsByRoundingOnly) {
    const OraclePixels picture = read_ppm(kVectors + "synthetic_ppm/smooth_513x512.ppm");
    const auto turns = pdq_true_turns(picture.view());
    const auto far = [&](Turn turn, bool across, bool down) {
        const PdqHash wanted = hash_turned(picture, across, down, true);
        return distance(turns[static_cast<std::size_t>(turn)].code, wanted.code);
    };
    EXPECT_LE(far(Turn::flip_plus1, false, false), 2);
    EXPECT_LE(far(Turn::rotate90, true, false), 2);
    EXPECT_LE(far(Turn::rotate270, false, true), 2);
    EXPECT_LE(far(Turn::flip_minus1, true, true), 2);
}

TEST(PdqDerivedTurns, TurningFourTimesComesBack) {
    // On codes with exactly half the bits set, turning is a permutation with complement of bits,
    // so the turns of the turned picture can be compared by their text.
    const OraclePixels picture = read_ppm(kVectors + "synthetic_ppm/noise_100x80.ppm");
    const auto turns = pdq_derived_turns(picture.view());
    EXPECT_EQ(turns[0], pdq_hash(picture.view()));
    for (std::size_t i = 1; i < kTurnCount; ++i) EXPECT_NE(turns[i].code, turns[0].code);
}

TEST(ShrinkIndexes, EqualTheDoubleArithmeticOfTheReference) {
    for (std::uint32_t size = 1; size < 70000; size += size < 3000 ? 1 : 997) {
        const auto indexes = shrink_indexes(size);
        for (std::uint32_t k = 0; k < 512; ++k) {
            ASSERT_EQ(indexes[k], static_cast<std::uint32_t>(k * static_cast<double>(size) / 512));
        }
    }
}

PdqCode any_code() {
    return {*rc::gen::container<std::array<std::uint64_t, 4>>(rc::gen::arbitrary<std::uint64_t>())};
}

RC_GTEST_PROP(PdqText, DecodeInvertsEncode, ()) {
    const PdqCode code = any_code();
    const std::string text = to_hex(code);
    RC_ASSERT(text.size() == 64U);
    RC_ASSERT(*pdq_from_hex(text) == code);
}

TEST(PdqText, FirstDigitHoldsTheHighestBits) {
    PdqCode code;
    code.words[0] = 1;
    EXPECT_EQ(to_hex(code), std::string(63, '0') + "1");
    code.words[3] = std::uint64_t{0xA} << 60U;
    EXPECT_EQ(to_hex(code), "a" + std::string(62, '0') + "1");
}

TEST(PdqText, RefusesOtherLengthsAndLetters) {
    EXPECT_FALSE(pdq_from_hex(""));
    EXPECT_FALSE(pdq_from_hex(std::string(63, 'a')));
    EXPECT_FALSE(pdq_from_hex(std::string(65, 'a')));
    EXPECT_FALSE(pdq_from_hex(std::string(63, 'a') + "g"));
    EXPECT_TRUE(pdq_from_hex(std::string(64, 'F')));
}

RC_GTEST_PROP(PdqDistance, IsAMetric, ()) {
    const PdqCode a = any_code();
    const PdqCode b = any_code();
    const PdqCode c = any_code();
    RC_ASSERT(distance(a, a) == 0);
    RC_ASSERT(distance(a, b) == distance(b, a));
    RC_ASSERT(distance(a, c) <= distance(a, b) + distance(b, c));
    RC_ASSERT(distance(a, complement(a)) == 256);
    RC_ASSERT(distance(a, b) + distance(complement(a), b) == 256);
}

}  // namespace
}  // namespace cairn::fingerprint
