#pragma once

#include <cstdint>
#include <vector>

#include "codec/picture.h"

namespace cairn::codec {

/// Averages the rows of a picture, pushed top to bottom, into a SmallPicture. A picture takes its
/// rows all as pixels or all as luma, except that pixels of missing rows may follow luma.
class Reducer {
public:
    /// `channels` is 1 (grey) or 3 (RGB); `out` has room for kSmallSideMax squared.
    Reducer(std::uint32_t width, std::uint32_t height, std::uint32_t channels, std::uint8_t* out);

    void push_row(const std::uint8_t* pixels);
    void push_luma(const std::uint8_t* luma);
    /// After all rows: what was made, but for its offset.
    SmallPicture finish();

private:
    void add(const std::uint8_t* row, std::uint32_t channels);
    void fold();
    void emit();

    SmallPicture small_;
    std::uint32_t columns_;
    std::uint32_t channels_;
    std::uint8_t* out_;
    std::uint32_t folded_channels_ = 0;  ///< of the rows being summed
    std::uint32_t rows_in_sums_ = 0;     ///< rows in column_sums_
    std::uint32_t rows_in_cells_ = 0;    ///< rows since the last row of cells
    std::vector<std::uint16_t> column_sums_;
    std::vector<std::uint64_t> cell_sums_;  ///< luma times 2^16
};

}  // namespace cairn::codec
