#pragma once

#include <optional>

#include "fingerprint/variant_sampler.h"

namespace cairn::fingerprint {

/// The picture within an even border, as windows with negative ends.
struct Inside {
    AxisWindow across;
    AxisWindow down;
};

/// Finds a border: rows and columns at the edges that are even (deviation at most 6) and alike
/// (means within 12 of the outermost), and one more for the blurred edge. Nothing when there is
/// none, or when less than a quarter of a side would remain.
std::optional<Inside> find_border(const GreyPicture& picture);

}  // namespace cairn::fingerprint
