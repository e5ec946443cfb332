// The composed frames of a GIF: at most 64, in order, each within the store.
#include <cstdlib>

#include "codec/limits.h"
#include "codec/picture.h"

namespace {

/// Large canvases are slow and show nothing new.
constexpr std::uint32_t kPixelsMax = 10'000;

std::uint32_t screen_pixels(cairn::Bytes file) {
    if (file.size() < 10) return 0;
    const std::uint32_t width = file[6] | std::uint32_t{file[7]} << 8U;
    const std::uint32_t height = file[8] | std::uint32_t{file[9]} << 8U;
    // Without a screen the first frame's size counts, of which no limit is known here.
    return width == 0 || height == 0 ? kPixelsMax + 1 : width * height;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static cairn::ByteVector store(cairn::codec::kStoreBytesMin);
    const cairn::Bytes file(data, size);
    if (screen_pixels(file) > kPixelsMax) return 0;
    std::uint32_t frames = 0;
    std::uint32_t last = 0;
    const auto decoded = cairn::codec::decode_picture(
        cairn::codec::Input(file),
        cairn::codec::Format::gif,
        {},
        store,
        {.take =
             [&](const cairn::codec::Frame& frame) {
                 if (frames > 0 && frame.index <= last) std::abort();
                 last = frame.index;
                 ++frames;
                 const std::size_t bytes = std::size_t{frame.width} * frame.height * frame.channels;
                 for (const auto& raster : frame.rasters) {
                     if (raster.offset + bytes > store.size()) std::abort();
                 }
                 return cairn::ok();
             }}
    );
    if (frames > cairn::codec::kFramesMax) std::abort();
    if (decoded && (frames == 0 || decoded->frames_total < frames)) std::abort();
    return 0;
}
