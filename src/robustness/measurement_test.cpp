#include "robustness/measurement.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "robustness/alterations.h"
#include "robustness/copy_tally.h"
#include "robustness/originals.h"
#include "robustness/overlays.h"
#include "robustness/picture_file.h"
#include "robustness/report.h"
#include "support/temp_dir.h"

namespace cairn::robustness {
namespace {

using fingerprint::Frame;
using fingerprint::PdqHash;
using fingerprint::PictureFingerprint;
using Kind = fingerprint::VariantId::Kind;

void no_progress(std::string_view, std::size_t, std::size_t) {}

/// Decodes in this process and asks for the eight turns.
class PlainReader final : public fingerprint::PictureReader {
public:
    Result<PictureFingerprint> read(int fd, std::uint64_t, fingerprint::FileType) override {
        const Raster picture = CAIRN_TRY(load_picture("/proc/self/fd/" + std::to_string(fd)));
        const auto turns =
            fingerprint::pdq_true_turns({picture.pixels, picture.width, picture.height});
        PictureFingerprint out;
        out.frames.resize(1);
        out.frames[0].record = turns[0];
        for (std::int16_t i = 1; i < 8; ++i) {
            out.frames[0].variants.push_back({{Kind::turn, i}, turns[static_cast<std::size_t>(i)]});
        }
        return out;
    }
    Result<std::string> media_type(int) override { return fail(Errc::unsupported, "not asked"); }
};

class BrokenReader final : public fingerprint::PictureReader {
public:
    Result<PictureFingerprint> read(int, std::uint64_t, fingerprint::FileType) override {
        return fail(Errc::unavailable, "the decoder crashed");
    }
    Result<std::string> media_type(int) override { return fail(Errc::unsupported, "not asked"); }
};

class Measure : public testing::Test {
protected:
    void put(const std::string& name, const Raster& picture) {
        const auto bytes = encode(picture, {FileFormat::png, 0});
        ASSERT_TRUE(bytes);
        collection_.artworks.push_back({dir_.write(name, as_text(*bytes))});
    }
    void SetUp() override {
        for (int i = 1; i <= 3; ++i) {
            put("p" + std::to_string(i), generated(160, 130, static_cast<std::uint64_t>(i)));
        }
    }

    test::TempDir dir_;
    Collection collection_;
    PlainReader reader_;
};

const AlterationResult& row(const Measurement& measurement, std::string_view name) {
    for (std::size_t i = 0; i < alterations().size(); ++i) {
        if (alterations()[i].name == name) return measurement.alterations[i];
    }
    ADD_FAILURE() << name;
    return measurement.alterations.front();
}

TEST_F(Measure, CountsCopiesFoundBySet) {
    const auto measured = measure(reader_, collection_, {.crops = 0, .jobs = 1}, no_progress);
    ASSERT_TRUE(measured) << measured.error().message;
    EXPECT_EQ(measured->artworks, 3U);
    EXPECT_EQ(measured->originals, 3U);
    EXPECT_TRUE(measured->problems.empty());
    const AlterationResult& png = row(*measured, "png");
    EXPECT_EQ(png.copies, 3U);
    EXPECT_EQ(mean_of(png.distances), 0);
    EXPECT_EQ(png.sets[0].near, 3U);
    const AlterationResult& mirror = row(*measured, "mirror");
    EXPECT_EQ(mirror.sets[0].found, 0U);
    EXPECT_EQ(mirror.sets[1].found, 3U);
    EXPECT_EQ(mirror.sets[2].found, 3U);
    EXPECT_EQ(row(*measured, "invert").sets[0].found, 3U);
    EXPECT_TRUE(measured->unstable.empty());
    EXPECT_DOUBLE_EQ(measured->versions[0], 2);
    EXPECT_DOUBLE_EQ(measured->versions[1], 9);
    const fingerprint::VariantId flip{Kind::turn, 5};
    EXPECT_GE(measured->variants.at(flip).alone, 3U);
}

TEST_F(Measure, ComparesOnlyDifferentArtworks) {
    const auto measured = measure(reader_, collection_, {.crops = 2, .jobs = 1}, no_progress);
    ASSERT_TRUE(measured) << measured.error().message;
    EXPECT_EQ(measured->originals, 9U);
    // Each of nine originals against the six of other artworks.
    EXPECT_EQ(measured->unrelated.originals.total(), 54U);
    EXPECT_EQ(measured->unrelated.copies[2].up_to(31), 0U);
    EXPECT_GT(measured->unrelated.comparisons[1].total(), measured->unrelated.copies[1].total());
    EXPECT_EQ(
        measured->unrelated.nearest.front().distance, measured->unrelated.originals.smallest()
    );
    const auto json = nlohmann::json::parse(json_text(*measured));
    EXPECT_EQ(json["alterations"].size(), alterations().size());
    EXPECT_EQ(json["unrelated"]["originals"]["total"], 54);
    EXPECT_NE(plain_text(*measured).find("mirrored"), std::string::npos);
}

TEST_F(Measure, GivesTheSameWithManyThreads) {
    auto one = measure(reader_, collection_, {.crops = 1, .jobs = 1}, no_progress);
    std::size_t last = 0;
    auto many = measure(
        reader_,
        collection_,
        {.crops = 1, .jobs = 3},
        [&last](std::string_view, std::size_t done, std::size_t) { last = done; }
    );
    ASSERT_TRUE(one && many);
    EXPECT_EQ(last, 3U);
    one->seconds = many->seconds = 0;
    EXPECT_EQ(json_text(*one), json_text(*many));
}

TEST_F(Measure, UsesOnlyTheFirstWhenLimited) {
    const auto measured =
        measure(reader_, collection_, {.crops = 0, .limit = 1, .jobs = 1}, no_progress);
    ASSERT_TRUE(measured);
    EXPECT_EQ(measured->artworks, 1U);
    EXPECT_EQ(measured->unrelated.originals.total(), 0U);
    EXPECT_NE(plain_text(*measured).find("one artwork only"), std::string::npos);
}

TEST_F(Measure, ListsWhatItCannotUse) {
    put("flat", Raster::black(200, 200));
    put("icon", generated(64, 64, 4));
    collection_.artworks.push_back({dir_.write("broken", "\x89PNG\r\n\x1a\n and nothing")});
    collection_.artworks.push_back({dir_ / "absent"});
    const auto measured = measure(reader_, collection_, {.crops = 0, .jobs = 2}, no_progress);
    ASSERT_TRUE(measured) << measured.error().message;
    EXPECT_EQ(measured->artworks, 3U);
    EXPECT_EQ(measured->low_quality, 1U);
    ASSERT_EQ(measured->problems.size(), 3U);
    EXPECT_NE(measured->problems[0].reason.find("64 x 64"), std::string::npos);
}

TEST_F(Measure, SaysWhenNothingIsLeft) {
    collection_.artworks.clear();
    put("flat", Raster::black(200, 200));
    const auto measured = measure(reader_, collection_, {.crops = 0, .jobs = 1}, no_progress);
    ASSERT_FALSE(measured);
    EXPECT_NE(measured.error().message.find("1 of low PDQ quality"), std::string::npos);
}

TEST_F(Measure, ACopyThatIsNotReadIsAProblem) {
    BrokenReader broken;
    const auto measured = measure(broken, collection_, {.crops = 0, .jobs = 1}, no_progress);
    ASSERT_TRUE(measured);
    ASSERT_EQ(measured->problems.size(), 3U);
    EXPECT_NE(measured->problems[0].reason.find("crashed"), std::string::npos);
}

TEST(Queries, AreThoseTheMatcherAsks) {
    PictureFingerprint picture;
    picture.frames.resize(1);
    Frame& frame = picture.frames[0];
    frame.record.quality = 80;
    frame.oriented = PdqHash{};
    frame.renderings.resize(2);
    frame.variants.push_back({{Kind::turn, 1}, {}});
    frame.variants.push_back({{Kind::pad, 50}, {}});
    const auto queries = queries_of(picture);
    ASSERT_EQ(queries.size(), 7U);
    EXPECT_EQ(queries[4].id.kind, Kind::complement);
    EXPECT_EQ(queries[4].hash.quality, 80);
    EXPECT_EQ(queries[4].set, 0U);
    EXPECT_EQ(queries[5].set, 1U);
    EXPECT_EQ(queries[6].set, 2U);
}

}  // namespace
}  // namespace cairn::robustness
