#include "fingerprint/axis_weights.h"

#include <algorithm>
#include <cmath>

#include "fingerprint/pdq_filter.h"

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kSide = 64;

/// Share of a tent (centre 0, reach 1, area 1) that lies left of u.
double tent_share(double u) {
    if (u <= -1) return 0;
    if (u >= 1) return 1;
    return u < 0 ? 0.5 * (1 + u) * (1 + u) : 1 - 0.5 * (1 - u) * (1 - u);
}

/// Share of a box (from -1 to 1, area 1) that lies left of u.
double box_share(double u) {
    return std::clamp(0.5 * (u + 1), 0.0, 1.0);
}

/// Collects the shares of one output's cells.
class OutputBuilder {
public:
    explicit OutputBuilder(const Axis& axis) : extent_(axis.extent()), cells_(axis.cells()) {}

    /// The shares that a kernel gives to the cells. What it shows beyond an edge goes to the cell
    /// at that edge.
    template <typename Share>
    AxisWeights::Output build(double centre, double reach, const Share& share) {
        const auto cell_at = [this](double place) {
            const double inside = std::clamp(place, 0.0, extent_);
            return std::min(static_cast<std::uint32_t>(inside), cells_ - 1);
        };
        AxisWeights::Output out;
        out.first = cell_at(centre - reach);
        out.count =
            std::min<std::uint32_t>(cell_at(centre + reach) - out.first + 1, AxisWeights::kTapsMax);
        double before = 0;
        for (std::uint32_t k = 0; k < out.count; ++k) {
            const bool last = k + 1 == out.count;
            const double up_to = last ? 1 : share((out.first + k + 1 - centre) / reach);
            out.shares[k] = static_cast<float>(up_to - before);
            before = up_to;
        }
        return out;
    }

private:
    double extent_;
    std::uint32_t cells_;
};

}  // namespace

AxisPhase phase_of(std::uint32_t length, bool shrunk) {
    // At 512 two boxes of window 4 lean right by one pixel, decimation takes pixel 8i + 4, and
    // the nearest neighbour shows each pixel's left edge: the centre is (8i + 5) / 512.
    if (shrunk) return {.offset = 0.625, .reach = 4.0 / kPdqSideMax};
    const std::uint32_t window = (length + 127) / 128;
    const double lean = window % 2 == 0 ? 1 : 0;
    double sum = 0;
    for (std::size_t i = 0; i < kSide; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * length / kSide;
        sum += (std::floor(centre) + 0.5 + lean) * kSide / length - static_cast<double>(i);
    }
    return {.offset = sum / kSide, .reach = static_cast<double>(window) / length};
}

AxisWeights AxisWeights::tents(const Axis& axis, const AxisPhase& phase, const AxisWindow& window) {
    OutputBuilder builder(axis);
    const double whole = 1 + window.before + window.behind;
    const double offset = window.mirrored ? 1 - phase.offset : phase.offset;
    AxisWeights weights;
    weights.outputs_.resize(kSide);
    for (std::size_t i = 0; i < kSide; ++i) {
        const double at = (static_cast<double>(i) + offset) / kSide * whole - window.before;
        weights.outputs_[window.mirrored ? kSide - 1 - i : i] =
            builder.build(at * axis.extent(), phase.reach * whole * axis.extent(), tent_share);
    }
    return weights;
}

AxisWeights AxisWeights::boxes(const Axis& axis, std::size_t outputs) {
    OutputBuilder builder(axis);
    const double part = axis.extent() / static_cast<double>(outputs);
    AxisWeights weights;
    for (std::size_t i = 0; i < outputs; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * part;
        weights.outputs_.push_back(builder.build(centre, 0.5 * part, box_share));
    }
    return weights;
}

}  // namespace cairn::fingerprint
