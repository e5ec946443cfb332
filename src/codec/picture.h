#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "codec/input.h"

namespace cairn::codec {

/// Picture formats, told apart by the caller from the file's first bytes.
enum class Format : std::uint8_t { jpeg, png, gif, webp, tiff, bmp, heif, avif, jpeg_xl };

struct Options {
    bool turns = false;       ///< hand over the mirrored pixel orders too
    bool thumbnails = false;  ///< hand over an embedded EXIF thumbnail as a further frame
    bool small = false;       ///< hand over a SmallPicture beside the samples
    /// Hand over only the record as is, whole at any size, into a store that must be large enough
    /// (else Errc::limit_exceeded). For benchmarks and tests.
    bool whole = false;
};

/// How transparency was rendered. Opaque pictures have only a record.
enum class Rendering : std::uint8_t { record, alpha_dropped, over_black };

/// The order in which a picture's pixels were sampled.
enum class Order : std::uint8_t { as_is, mirrored_across, mirrored_down, mirrored_both };

enum class FrameKind : std::uint8_t { frame, page, thumbnail };

/// A picture with a side above this is handed over as samples of exactly this size squared,
/// taken as PDQ's reference shrinks: output index k is source index k * size / 512. The sample
/// positions of a mirrored order are those of the mirrored picture. Smaller pictures are handed
/// over whole and in one order.
inline constexpr std::uint32_t kSampleSide = 512;

struct Raster {
    Rendering rendering = Rendering::record;
    Order order = Order::as_is;
    std::size_t offset = 0;  ///< of its first byte in the store
};

/// Luma of the record as is, averaged over cells of whole pixels; the last cell of a row or column
/// may be cut. The store holds one byte for each cell, row by row without padding.
struct SmallPicture {
    std::uint32_t source_width = 0;  ///< in pixels
    std::uint32_t source_height = 0;
    std::uint32_t cell_width = 1;
    std::uint32_t cell_height = 1;
    std::size_t offset = 0;  ///< of its first byte in the store
};

/// The largest number of cells along a side.
inline constexpr std::uint32_t kSmallSideMax = 511;

/// One frame, page or thumbnail: its rasters lie in the store, row by row without padding.
struct Frame {
    FrameKind kind = FrameKind::frame;
    std::uint32_t index = 0;  ///< position in the file
    std::uint8_t orientation = 1;
    std::uint32_t width = 0;  ///< of each raster
    std::uint32_t height = 0;
    std::uint32_t channels = 3;   ///< 1 grey or 3 RGB
    std::vector<Raster> rasters;  ///< [0] is the record as is
    /// Of samples, if asked for. A picture handed over whole has none.
    std::optional<SmallPicture> small;
};

/// Where frames go. An error of either function ends the decoding.
struct FrameSink {
    /// Takes a frame. Its rasters stay as they are until `before_frame` is called or the decoding
    /// ends.
    std::function<Status(const Frame&)> take;
    /// Called before the store is written to for a further frame: returns when that may be.
    std::function<Status()> before_frame = ok;
};

struct Summary {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint8_t orientation = 1;    ///< EXIF tag, 1..8
    std::uint32_t frames_total = 1;  ///< also those not handed over
    bool partial = false;            ///< truncated or damaged: missing parts were grey
    std::string decoder;             ///< library and version
};

/// What a store must hold: three renderings in four orders, and a small picture behind them.
inline constexpr std::size_t kRastersBytesMax = std::size_t{3} * 4 * kSampleSide * kSampleSide * 3;
inline constexpr std::size_t kStoreBytesMin =
    kRastersBytesMax + std::size_t{kSmallSideMax} * kSmallSideMax;

/// Decodes the picture, putting samples of each frame into `store` (kStoreBytesMin bytes or more)
/// and handing it to `sink`. Errors: corrupt_data, unsupported, limit_exceeded, or the sink's.
/// Runs hostile input through third-party libraries: for confined processes only.
Result<Summary> decode_picture(
    const Input& input,
    Format format,
    const Options& options,
    MutableBytes store,
    const FrameSink& sink
);

/// Makes the libraries load what they load on first use, so that nothing needs a file later.
void prepare_decoders();

}  // namespace cairn::codec
