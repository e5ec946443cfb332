#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace cairn::robustness {

/// An RGB picture: three bytes a pixel, row by row without padding.
struct Raster {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    ByteVector pixels;

    static constexpr std::size_t kChannels = 3;

    /// A black picture.
    static Raster black(std::uint32_t width, std::uint32_t height) {
        return {width, height, ByteVector(kChannels * width * height)};
    }

    std::size_t row_bytes() const { return kChannels * width; }
    const std::uint8_t* at(std::uint32_t x, std::uint32_t y) const {
        return pixels.data() + y * row_bytes() + kChannels * x;
    }
    std::uint8_t* at(std::uint32_t x, std::uint32_t y) {
        return pixels.data() + y * row_bytes() + kChannels * x;
    }

    bool operator==(const Raster&) const = default;
};

/// A rectangle of whole pixels.
struct Box {
    std::uint32_t left = 0;
    std::uint32_t top = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

struct Colour {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
};

}  // namespace cairn::robustness
