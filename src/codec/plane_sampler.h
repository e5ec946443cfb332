#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "codec/frame_writer.h"

namespace cairn::codec {

/// How a YCbCr picture's chroma planes are subsampled.
struct PlaneShape {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t across = 1;  ///< luma samples for each chroma sample, 1 or 2
    std::uint32_t down = 1;
};

/// Takes a JPEG's planes in bands of 8 chroma lines, as they are decoded, and pushes the picture's
/// rows to a frame writer. Upsamples and converts only the pixels that are sampled, to the very
/// bytes that libjpeg's RGB output has with "fancy" upsampling: chroma between samples is
/// interpolated linearly, and the colour conversion is in fixed point with 16 bits.
class PlaneSampler {
public:
    static constexpr std::uint32_t kChromaLines = 8;

    /// `writer` has begun the frame.
    PlaneSampler(const PlaneShape& shape, FrameWriter& writer);

    /// Lines of luma in a band.
    std::uint32_t band_lines() const { return kChromaLines * shape_.down; }
    /// Where the next band's lines go: plane 0 has band_lines(), planes 1 and 2 kChromaLines.
    /// Lines are wide enough for whole blocks.
    std::uint8_t* line(std::size_t plane, std::uint32_t index);
    /// The next band is there. Pushes the rows that it completes: all but the last two where
    /// chroma is subsampled downwards, because these need the band below.
    void take_band();
    /// All rows have been pushed, or none of the rest is wanted.
    bool finished() const;
    /// Once finished: rows that nobody wants need not be there.
    void pass_over_rest() { writer_.skip_rows(shape_.height - next_row_); }

    /// A sampled pixel's place.
    struct Column {
        std::uint32_t luma = 0;    ///< position in its row
        std::uint32_t chroma = 0;  ///< the left of two that are mixed
    };

private:
    /// What stays the same from row to row for the pixels of one order.
    struct Columns {
        std::vector<Column> places;
        /// 0 where the left chroma sample is the nearer one, else all bits set.
        std::vector<std::int32_t> right_is_nearer;
    };

    const std::uint8_t* luma_row(std::uint32_t y) const;
    const std::uint8_t* chroma_row(std::size_t plane, std::uint32_t y) const;
    void push_row(std::uint32_t y);
    void mix_chroma(std::uint32_t y);
    void pick(const std::uint8_t* luma, std::uint32_t y, const Columns& columns, std::uint8_t* out);
    static Columns columns_for(const std::vector<std::uint32_t>& sampled, std::uint32_t across);

    PlaneShape shape_;
    FrameWriter& writer_;
    std::uint32_t chroma_width_;
    std::uint32_t chroma_height_;
    std::size_t luma_stride_;
    std::size_t chroma_stride_;
    std::uint32_t bands_ = 0;  ///< taken
    std::uint32_t next_row_ = 0;
    /// Two bands of each plane: the one above is still needed.
    std::array<ByteVector, 3> planes_;
    /// The two chroma rows around a luma row, mixed; one more at each end, repeated.
    std::array<std::vector<std::int16_t>, 2> mixed_;
    std::array<Columns, 2> columns_;  ///< as is, mirrored
    // Values of the sampled pixels of one row.
    std::vector<std::int32_t> luma_;
    std::array<std::vector<std::uint32_t>, 2> pairs_;
    std::vector<std::uint32_t> words_;
};

}  // namespace cairn::codec
