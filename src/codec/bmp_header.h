#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace cairn::codec {

/// How one BMP file stores its pixels.
struct BmpHeader {
    enum class Coding : std::uint8_t { plain, run_length_8, run_length_4 };
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool top_down = false;
    std::uint32_t bits = 0;  ///< per pixel: 1, 2, 4, 8, 16, 24 or 32
    Coding coding = Coding::plain;
    std::uint32_t pixels_offset = 0;
    std::uint32_t palette_offset = 0;
    std::uint32_t palette_count = 0;
    std::uint32_t palette_entry_bytes = 4;  ///< blue, green, red and perhaps a pad
    /// Red, green, blue, alpha within a pixel of 16 or 32 bits; 0 for none.
    std::array<std::uint32_t, 4> masks{};

    /// Bytes of one stored row: a multiple of four.
    std::uint64_t row_bytes() const { return (std::uint64_t{width} * bits + 31) / 32 * 4; }
};

/// How many leading bytes of a file parse_bmp_header() may need.
inline constexpr std::size_t kBmpHeaderBytesMax = 14 + 124 + 16;

/// Parses the file and picture headers (OS/2 1.x and 2.x, Windows 3 to 5). Errc::corrupt_data,
/// or unsupported for embedded JPEG and PNG. Sizes beyond 2^31 are refused; what is too large to
/// decode is the caller's question.
Result<BmpHeader> parse_bmp_header(Bytes head);

}  // namespace cairn::codec
