#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"

namespace cairn::bench {

struct JpegFile {
    std::string path;  ///< where it came from
    Fd fd;             ///< the file, or a memory file with the smaller version
    ByteVector bytes;
    std::uint64_t pixels = 0;
};

/// Photographs and artwork of Debian's wallpaper packages (mate-backgrounds, gnome-backgrounds,
/// plasma-workspace-wallpapers): at most 60 colour JPEGs in order of their paths, each file once
/// however many links lead to it. Those with a side above 1,920 pixels are scaled down by eighths
/// and saved anew (quality 85, 4:2:0), so that the sizes are those of everyday pictures.
const std::vector<JpegFile>& jpeg_corpus();

/// All pixels of a JPEG as RGB (grey is repeated), decoded with libjpeg-turbo in the plainest
/// way: what stands in for the published reference's reading of a file.
struct DecodedJpeg {
    std::vector<std::uint8_t> pixels;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};
DecodedJpeg decode_plainly(Bytes file);

/// What libjpeg-turbo is asked for in the rows that measure it alone.
enum class PlainDecode : std::uint8_t { rgb, grey, planes };
/// Decodes a colour JPEG with libjpeg-turbo, row after row into one buffer, keeping nothing.
void decode_only(Bytes file, PlainDecode what);

}  // namespace cairn::bench
