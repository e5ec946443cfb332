#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace cairn::bench {

struct JpegFile {
    std::string path;
    ByteVector bytes;
    std::uint64_t pixels = 0;
};

/// Photographs and artwork of Debian's wallpaper packages (mate-backgrounds, gnome-backgrounds,
/// plasma-workspace-wallpapers): at most 60 JPEGs with no side above 2,560 pixels, in order of
/// their paths, each file once however many links lead to it.
const std::vector<JpegFile>& jpeg_corpus();

/// All pixels of a JPEG as RGB (grey is repeated), decoded with libjpeg-turbo in the plainest
/// way: what stands in for the published reference's reading of a file.
struct DecodedJpeg {
    std::vector<std::uint8_t> pixels;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};
DecodedJpeg decode_plainly(Bytes file);

}  // namespace cairn::bench
