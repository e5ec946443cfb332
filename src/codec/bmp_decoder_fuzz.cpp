// A BMP gives exactly one frame, whose rasters lie in the store, or an error.
#include <cstdlib>

#include "codec/bmp_header.h"
#include "codec/picture.h"

namespace {

/// Large empty pictures are slow and show nothing new.
constexpr std::uint64_t kPixelsMax = 100'000;

bool small(cairn::Bytes file) {
    const auto header = cairn::codec::parse_bmp_header(file);
    return !header || std::uint64_t{header->width} * header->height <= kPixelsMax;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static cairn::ByteVector store(cairn::codec::kStoreBytesMin);
    const cairn::Bytes file(data, size);
    if (!small(file)) return 0;
    int frames = 0;
    const auto decoded = cairn::codec::decode_picture(
        cairn::codec::Input(file),
        cairn::codec::Format::bmp,
        {.turns = true, .small = true},
        store,
        {.take =
             [&frames](const cairn::codec::Frame& frame) {
                 ++frames;
                 const std::size_t bytes = std::size_t{frame.width} * frame.height * frame.channels;
                 for (const auto& raster : frame.rasters) {
                     if (raster.offset + bytes > store.size()) std::abort();
                 }
                 return cairn::ok();
             }}
    );
    if (decoded.has_value() != (frames == 1)) std::abort();
    return 0;
}
