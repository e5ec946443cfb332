#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "fingerprint/axis_weights.h"
#include "fingerprint/pdq_filter.h"

namespace cairn::fingerprint {

/// A picture in shades of grey, perhaps with several pixels averaged into each cell. Borrowed.
struct GreyPicture {
    Bytes cells;  ///< row by row without padding
    Axis across;
    Axis down;
};

/// Samples PDQ's 64x64 matrix, as the reference file path would see it to within a few bits of
/// the hash, from a grey picture that is mirrored, padded by repeating its edges, cropped or
/// tilted. For queries; the hash of record is computed exactly. The same picture gives the same
/// floats on every machine.
class VariantSampler {
public:
    /// Sides up to 512 cells. The picture is copied.
    explicit VariantSampler(const GreyPicture& picture);

    /// Windows that follow each other with the same `down` share half of the work.
    PdqMatrix window(const AxisWindow& across, const AxisWindow& down);
    /// The picture turned about its middle, clockwise, by an angle with this sine and cosine.
    PdqMatrix tilted(double sine, double cosine);

private:
    void sample_down(const AxisWindow& down);
    const AxisWeights& weights_across(const AxisWindow& across);
    void make_grid();

    Axis across_;
    Axis down_;
    AxisPhase phase_across_;
    AxisPhase phase_down_;
    std::size_t stride_;
    std::vector<float> cells_;  ///< rows of stride_ floats
    std::vector<float> rows_;   ///< 64 rows: the picture sampled downwards
    std::vector<float>
        columns_;  ///< the same turned, 64 floats for each column: the picture sampled downwards
    std::optional<AxisWindow> sampled_down_;
    std::vector<std::pair<AxisWindow, AxisWeights>> weights_across_;  ///< made so far
    std::vector<float> grid_;  ///< means of 128x128 equal parts
};

}  // namespace cairn::fingerprint
