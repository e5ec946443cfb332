// Whatever a JPEG holds: large ones are sampled from their planes to the very bytes that libjpeg's
// RGB output has there, with the same verdict on what is missing.
#include <cstdlib>
#include <optional>

#include "codec/picture.h"

namespace {

using namespace cairn::codec;
using cairn::Bytes;
using cairn::ByteVector;

/// Beyond this a run would take too long.
constexpr std::size_t kPixelsMax = 2'000'000;

struct Decoded {
    Frame frame;
    bool partial = false;
};

std::optional<Decoded> decode(Bytes file, const Options& options, ByteVector& store) {
    Decoded out;
    const auto decoded =
        decode_picture(Input(file), Format::jpeg, options, store, {.take = [&](const Frame& frame) {
                           out.frame = frame;
                           return cairn::ok();
                       }});
    if (!decoded) return std::nullopt;
    out.partial = decoded->partial;
    return out;
}

std::size_t source_of(std::size_t k, std::size_t size, bool mirrored) {
    const std::size_t plain = k * size / kSampleSide;
    return mirrored ? size - 1 - plain : plain;
}

void compare(
    const Frame& samples, const ByteVector& store, const Frame& whole, const ByteVector& all
) {
    if (samples.channels != whole.channels) std::abort();
    for (const Raster& raster : samples.rasters) {
        const auto order = static_cast<unsigned>(raster.order);
        for (std::size_t y = 0; y < kSampleSide; ++y) {
            const std::size_t from_y = source_of(y, whole.height, (order & 2U) != 0);
            for (std::size_t x = 0; x < kSampleSide; ++x) {
                const std::size_t from_x = source_of(x, whole.width, (order & 1U) != 0);
                const std::size_t got = (y * kSampleSide + x) * whole.channels;
                const std::size_t wanted = (from_y * whole.width + from_x) * whole.channels;
                for (std::size_t c = 0; c < whole.channels; ++c) {
                    if (store[raster.offset + got + c] != all[wanted + c]) std::abort();
                }
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes file(data, size);
    static ByteVector all(3 * kPixelsMax);
    static ByteVector store(kStoreBytesMin);
    const auto whole = decode(file, {.whole = true}, all);
    if (!whole || (whole->frame.width <= kSampleSide && whole->frame.height <= kSampleSide))
        return 0;
    const auto samples = decode(file, {.turns = true, .small = true}, store);
    if (!samples || samples->partial != whole->partial) std::abort();
    compare(samples->frame, store, whole->frame, all);
    return 0;
}
