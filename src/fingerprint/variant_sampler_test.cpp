#include "fingerprint/variant_sampler.h"

#include <gtest/gtest.h>

#include "fingerprint/pdq_transform.h"
#include "fingerprint/scene_test.h"

namespace cairn::fingerprint {
namespace {

using test::OraclePixels;
using test::Scene;

/// Averages a grey picture over cells, as the decoder does.
ByteVector reduce(const OraclePixels& picture, const Axis& across, const Axis& down) {
    ByteVector cells;
    for (std::uint32_t y = 0; y < down.cells(); ++y) {
        for (std::uint32_t x = 0; x < across.cells(); ++x) {
            unsigned sum = 0;
            unsigned count = 0;
            for (std::uint32_t i = y * down.cell; i < std::min((y + 1) * down.cell, down.length);
                 ++i) {
                for (std::uint32_t j = x * across.cell;
                     j < std::min((x + 1) * across.cell, across.length);
                     ++j, ++count) {
                    sum += picture.bytes[std::size_t{i} * across.length + j];
                }
            }
            cells.push_back(static_cast<std::uint8_t>((sum + count / 2) / count));
        }
    }
    return cells;
}

/// A side seen by its definition: the mean under a tent, by adding up very many points.
class PlainAxis {
public:
    PlainAxis(const Axis& axis, bool shrunk, const AxisWindow& window)
        : axis_(axis), phase_(phase_of(axis.length, shrunk)), window_(window) {}

    /// Shares of the cells in output i.
    std::vector<double> shares(std::size_t i) const {
        const double whole = 1 + window_.before + window_.behind;
        const double position = static_cast<double>(window_.mirrored ? 63 - i : i);
        const double offset = window_.mirrored ? 1 - phase_.offset : phase_.offset;
        const double centre = ((position + offset) / 64 * whole - window_.before) * axis_.extent();
        const double reach = phase_.reach * whole * axis_.extent();
        std::vector<double> out(axis_.cells());
        constexpr int kPoints = 20'000;
        double sum = 0;
        for (int p = 0; p < kPoints; ++p) {
            const double from_centre = (2 * (p + 0.5) / kPoints - 1) * reach;
            const double at = std::clamp(centre + from_centre, 0.0, axis_.extent());
            const double weight = 1 - std::abs(from_centre) / reach;
            const auto cell = std::min(static_cast<std::size_t>(at), out.size() - 1);
            out[cell] += weight;
            sum += weight;
        }
        for (double& share : out) share /= sum;
        return out;
    }

private:
    Axis axis_;
    AxisPhase phase_;
    AxisWindow window_;
};

double plain_value(
    const GreyPicture& picture, const std::vector<double>& across, const std::vector<double>& down
) {
    double value = 0;
    for (std::size_t y = 0; y < down.size(); ++y) {
        if (down[y] == 0) continue;
        for (std::size_t x = 0; x < across.size(); ++x) {
            value += down[y] * across[x] * picture.cells[y * across.size() + x];
        }
    }
    return value;
}

TEST(VariantSampler, GivesWhatItsDefinitionSays) {
    std::mt19937 random(3);
    const std::vector<std::pair<Axis, Axis>> sizes = {
        {{600, 2}, {777, 3}}, {{512, 1}, {300, 1}}, {{41, 1}, {5, 1}}, {{90'000, 351}, {513, 2}}};
    const std::vector<AxisWindow> windows = {
        {},
        {.mirrored = true},
        {.before = 0.1},
        {.before = -0.05, .behind = -0.4},
        {.behind = 0.1}};
    for (const auto& [across, down] : sizes) {
        ByteVector cells(std::size_t{across.cells()} * down.cells());
        for (std::uint8_t& cell : cells) cell = static_cast<std::uint8_t>(random());
        const GreyPicture picture{cells, across, down};
        const bool shrunk = across.length > 512 || down.length > 512;
        VariantSampler sampler(picture);
        for (std::size_t w = 0; w < windows.size(); ++w) {
            const AxisWindow& window_across = windows[w];
            const AxisWindow& window_down = windows[(w + 2) % windows.size()];
            const PdqMatrix matrix = sampler.window(window_across, window_down);
            const PlainAxis plain_across(across, shrunk, window_across);
            const PlainAxis plain_down(down, shrunk, window_down);
            for (const std::size_t i : {0U, 1U, 31U, 62U, 63U}) {
                for (const std::size_t j : {0U, 2U, 40U, 63U}) {
                    const double wanted =
                        plain_value(picture, plain_across.shares(j), plain_down.shares(i));
                    EXPECT_NEAR(matrix[i * 64 + j], wanted, 0.1)
                        << across.length << 'x' << down.length << " window " << w << " at " << i
                        << ',' << j;
                }
            }
        }
    }
}

TEST(VariantSampler, StaysWithinAFewBitsOfTheExactHash) {
    int sum = 0;
    constexpr int kScenes = 12;
    for (unsigned seed = 0; seed < kScenes; ++seed) {
        const Scene scene(seed);
        const auto draw = [&scene](double x, double y) { return scene.at(x, y); };
        const OraclePixels picture = test::draw(900, 700, draw);
        const Axis across{900, 3};
        const Axis down{700, 2};
        const ByteVector cells = reduce(picture, across, down);
        VariantSampler sampler({cells, across, down});
        const PdqHash sampled = pdq_hash_matrix(sampler.window({}, {})).as_is;
        const PdqHash exact = pdq_hash(picture.view());
        const int bits = distance(sampled.code, exact.code);
        EXPECT_LE(bits, 14) << seed;
        EXPECT_NEAR(sampled.quality, exact.quality, 3) << seed;
        sum += bits;
    }
    EXPECT_LE(sum, 6 * kScenes);
}

TEST(VariantSampler, SeesSmallPicturesAsTheyAre) {
    for (const std::uint32_t width : {100U, 130U, 256U, 300U, 400U, 512U}) {
        const Scene scene(width);
        const auto draw = [&scene](double x, double y) { return scene.at(x, y); };
        const OraclePixels picture = test::draw(width, 200, draw);
        VariantSampler sampler({picture.bytes, {width}, {200}});
        const PdqHash sampled = pdq_hash_matrix(sampler.window({}, {})).as_is;
        EXPECT_LE(distance(sampled.code, pdq_hash(picture.view()).code), 20) << width;
    }
}

TEST(VariantSampler, UnmovedTiltIsThePicture) {
    const Scene scene(1);
    const OraclePixels picture =
        test::draw(512, 512, [&scene](double x, double y) { return scene.at(x, y); });
    VariantSampler sampler({picture.bytes, {512}, {512}});
    const PdqHash tilted = pdq_hash_matrix(sampler.tilted(0, 1)).as_is;
    EXPECT_LE(distance(tilted.code, pdq_hash(picture.view()).code), 12);
}

TEST(AxisPhase, IsThatOfTheReference) {
    EXPECT_DOUBLE_EQ(phase_of(4000, true).offset, 0.625);
    EXPECT_DOUBLE_EQ(phase_of(512, false).reach, 4.0 / 512);
    // Window 4 leans right by a pixel: pixel 8i + 4 shows what lies around 8i + 5.5.
    EXPECT_DOUBLE_EQ(phase_of(512, false).offset, 5.5 / 8);
    EXPECT_DOUBLE_EQ(phase_of(64, false).offset, 0.5);
    EXPECT_DOUBLE_EQ(phase_of(64, false).reach, 1.0 / 64);
}

}  // namespace
}  // namespace cairn::fingerprint
