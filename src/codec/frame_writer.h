#pragma once

#include <array>
#include <optional>
#include <vector>

#include "codec/picture.h"
#include "codec/reducer.h"
#include "codec/sampler.h"

namespace cairn::codec {

/// What stands before a frame's rows.
struct FrameStart {
    FrameKind kind = FrameKind::frame;
    std::uint32_t index = 0;
    std::uint8_t orientation = 1;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    PixelLayout layout;
};

/// Errc::limit_exceeded or corrupt_data for sizes that are not decoded. Asked before anything
/// is allocated for the pixels.
Status check_size(std::uint64_t width, std::uint64_t height);
/// As check_size, for decoders that hold the whole raster.
Status check_raster(std::uint64_t width, std::uint64_t height, std::uint64_t pixel_bytes);

/// Turns the rows of one frame after another into rasters in the store and hands them to the
/// sink. begin(), then push_row() or skip_rows() for each row from the top, finish().
class FrameWriter {
public:
    FrameWriter(const Options& options, MutableBytes store, const FrameSink& sink)
        : options_(options), store_(store), sink_(sink) {}

    const Options& options() const { return options_; }

    Status begin(const FrameStart& start);
    bool wants_next() const { return reducer_ || sampler_->wants_next(); }
    std::uint32_t unwanted_ahead() const { return reducer_ ? 0 : sampler_->unwanted_ahead(); }
    void push_row(const std::uint8_t* row);
    /// Takes the next row from a decoder that has its luma, one byte for each pixel, and makes the
    /// sampled pixels on demand.
    void push_row(const std::uint8_t* luma, const PickRow& pick_row);
    const Sampler& sampler() const { return *sampler_; }
    void skip_rows(std::uint32_t count) { sampler_->skip_rows(count); }
    /// Rows that were not pushed become grey and the picture partial; with none at all:
    /// Errc::corrupt_data. A frame equal to one handed over before is dropped.
    Status finish();

    /// True when some frame missed rows, or note_partial() was called.
    bool partial() const { return partial_; }
    void note_partial() { partial_ = true; }
    void clear_partial() { partial_ = false; }

private:
    Status prepare_sampler();
    std::vector<Order> wanted_orders() const;
    std::uint32_t channels() const;
    bool direct() const;
    void render_all(const std::vector<Order>& orders, Frame& frame);
    bool seen_before(const Frame& frame);
    void keep_last();

    Options options_;
    MutableBytes store_;
    const FrameSink& sink_;
    FrameStart start_;
    std::optional<Sampler> sampler_;
    std::optional<Reducer> reducer_;  ///< makes the small picture, if one is wanted
    ByteVector rendered_row_;
    ByteVector samples_;               ///< in the decoder's layout, one raster per order
    std::vector<ByteVector> earlier_;  ///< the records of frames handed over, for comparing
    Bytes last_;                       ///< the latest one, in the store
    bool partial_ = false;
};

/// Which of `total` frames are handed over: all, or kFramesMax spread evenly from the first.
class FrameChoice {
public:
    explicit FrameChoice(std::uint32_t total) : total_(total) {}
    bool takes(std::uint32_t index) const;
    /// The last frame that is taken; nothing after it needs decoding.
    std::uint32_t last() const;

private:
    std::uint32_t total_;
};

}  // namespace cairn::codec
