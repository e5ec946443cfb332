#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

// What a confined decoder says of a picture. The words are those of fingerprint/fingerprint.h.

namespace cairn::media {

enum class PictureFormat : std::uint8_t { jpeg, png, gif, webp, tiff, bmp, heif, avif, jpeg_xl };

struct DecodeOptions {
    bool turns = false;       ///< also the mirrored pixel orders
    bool thumbnails = false;  ///< also an embedded EXIF thumbnail
    bool small = false;       ///< also a small picture of each frame that does not come whole
};

enum class FrameKind : std::uint8_t { frame, page, thumbnail };
/// How transparency was rendered; opaque pictures have only a record.
enum class Rendering : std::uint8_t { record, alpha_dropped, over_black };
enum class Order : std::uint8_t { as_is, mirrored_across, mirrored_down, mirrored_both };

/// Rasters are at most this wide and high: larger pictures come as PDQ's shrink samples them.
inline constexpr std::uint32_t kRasterSideMax = 512;
/// Three renderings in four orders.
inline constexpr std::size_t kRastersMax = 12;

struct Raster {
    Rendering rendering = Rendering::record;
    Order order = Order::as_is;
    Bytes pixels;  ///< row by row without padding
};

/// Sides of small pictures, in cells.
inline constexpr std::uint32_t kSmallSideMax = 511;

/// Luma of a frame's record, averaged over cells of whole pixels; the last cell of a row or
/// column may be cut.
struct SmallPicture {
    std::uint32_t source_width = 0;  ///< in pixels
    std::uint32_t source_height = 0;
    std::uint32_t cell_width = 1;
    std::uint32_t cell_height = 1;
    Bytes cells;  ///< row by row without padding

    std::uint32_t columns() const { return (source_width - 1) / cell_width + 1; }
    std::uint32_t rows() const { return (source_height - 1) / cell_height + 1; }
};

/// One frame, page or thumbnail. A frame within kRasterSideMax comes whole and only as is.
struct Frame {
    FrameKind kind = FrameKind::frame;
    std::uint32_t index = 0;  ///< position in the file
    std::uint8_t orientation = 1;
    std::uint32_t width = 0;  ///< of each raster
    std::uint32_t height = 0;
    std::uint32_t channels = 3;   ///< 1 grey or 3 RGB
    std::vector<Raster> rasters;  ///< [0] is the record as is
    std::optional<SmallPicture> small;
};

struct PictureSummary {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint8_t orientation = 1;
    std::uint32_t frames_total = 1;
    bool partial = false;
    std::string decoder;  ///< library and version
};

}  // namespace cairn::media
