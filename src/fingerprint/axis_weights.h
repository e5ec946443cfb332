#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cairn::fingerprint {

/// One side of a grey picture: `length` pixels, averaged into cells of `cell` pixels from the
/// left or top; the last cell may be cut.
struct Axis {
    std::uint32_t length = 0;
    std::uint32_t cell = 1;

    std::uint32_t cells() const { return (length - 1) / cell + 1; }
    /// The side's length in cells.
    double extent() const { return static_cast<double>(length) / cell; }
};

/// Which part of a side is looked at.
struct AxisWindow {
    double before = 0;      ///< added at the left or top, as a fraction of the side; cut if below 0
    double behind = 0;      ///< added at the right or bottom
    bool mirrored = false;  ///< the picture is mirrored along this side first

    bool operator==(const AxisWindow&) const = default;
};

/// Where PDQ's own filter looks along a side: output i of 64 has its centre at (i + offset) / 64 of
/// the side, and a tent reaches `reach` of the side to both sides of it.
struct AxisPhase {
    double offset = 0.5;
    double reach = 0;
};

/// The phase of a side of `length` pixels; `shrunk` says that the picture has a side above 512,
/// so that both sides are brought to 512 first.
AxisPhase phase_of(std::uint32_t length, bool shrunk);

/// For each output the cells it is made of and their shares, which add up to 1.
class AxisWeights {
public:
    static constexpr std::size_t kTapsMax = 16;

    struct Output {
        std::uint32_t first = 0;  ///< cell
        std::uint32_t count = 0;
        std::array<float, kTapsMax> shares;
    };

    /// 64 outputs as PDQ would see the window. Beyond an edge the picture goes on as it ends there.
    static AxisWeights tents(const Axis& axis, const AxisPhase& phase, const AxisWindow& window);
    /// `outputs` plain means of equal parts of the whole side.
    static AxisWeights boxes(const Axis& axis, std::size_t outputs);

    const std::vector<Output>& outputs() const { return outputs_; }

private:
    std::vector<Output> outputs_;
};

}  // namespace cairn::fingerprint
