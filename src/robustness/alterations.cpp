#include "robustness/alterations.h"

#include <array>
#include <cmath>
#include <random>

#include "robustness/geometry.h"
#include "robustness/overlays.h"
#include "robustness/tones.h"

namespace cairn::robustness {
namespace {

Raster unchanged(const Raster& picture, std::uint64_t /*seed*/) {
    return picture;
}

template <int kTenths>
Raster blurred_by(const Raster& picture, std::uint64_t /*seed*/) {
    return blurred(picture, kTenths / 10.0);
}

template <int kPercent>
Raster resized(const Raster& picture, std::uint64_t /*seed*/) {
    return scaled_by(picture, kPercent / 100.0);
}

Raster thumbnail(const Raster& picture, std::uint64_t /*seed*/) {
    return scaled_to_long_side(picture, 64);
}

Raster narrowed(const Raster& picture, std::uint64_t /*seed*/) {
    const auto width = static_cast<std::uint32_t>(std::lround(picture.width * 0.7));
    return scaled(picture, width, picture.height);
}

Raster in_grey(const Raster& picture, std::uint64_t /*seed*/) {
    return grey(picture);
}

Raster with_noise(const Raster& picture, std::uint64_t seed) {
    return noisy(picture, 15, seed);
}

Raster lighter_middle(const Raster& picture, std::uint64_t /*seed*/) {
    return toned(picture, [](double value) { return 255 * std::pow(value / 255, 1 / 1.5); });
}

Raster brighter(const Raster& picture, std::uint64_t /*seed*/) {
    return toned(picture, [](double value) { return value * 1.2; });
}

Raster more_contrast(const Raster& picture, std::uint64_t /*seed*/) {
    return toned(picture, [](double value) { return 128 + (value - 128) * 1.3; });
}

Raster negative(const Raster& picture, std::uint64_t /*seed*/) {
    return toned(picture, [](double value) { return 255 - value; });
}

template <int kPercent>
Raster logo(const Raster& picture, std::uint64_t /*seed*/) {
    return with_logo(picture, kPercent / 100.0);
}

Raster text_band(const Raster& picture, std::uint64_t seed) {
    return with_text_band(picture, seed);
}

template <int kPercent>
Raster crop(const Raster& picture, std::uint64_t /*seed*/) {
    return cropped_evenly(picture, kPercent / 100.0);
}

template <int kPercent>
Raster crop_top(const Raster& picture, std::uint64_t /*seed*/) {
    return cropped_by(picture, {.top = kPercent / 100.0});
}

/// Each side loses its own share, up to `kPercent`, as when somebody drags a frame by hand.
template <int kPercent>
Raster crop_uneven(const Raster& picture, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    const auto share = [&engine] {
        return static_cast<double>(engine() % 1001) / 1000 * kPercent / 100;
    };
    Margins margins;
    margins.left = share();
    margins.top = share();
    margins.right = share();
    margins.bottom = share();
    return cropped_by(picture, margins);
}

Raster border(const Raster& picture, std::uint64_t /*seed*/) {
    return with_border(picture, 0.05);
}

Raster letterbox(const Raster& picture, std::uint64_t /*seed*/) {
    return letterboxed(picture);
}

Raster screenshot(const Raster& picture, std::uint64_t /*seed*/) {
    return in_window(picture);
}

Raster mirror(const Raster& picture, std::uint64_t /*seed*/) {
    return mirrored(picture);
}

Raster mirror_small(const Raster& picture, std::uint64_t /*seed*/) {
    return scaled_by(mirrored(picture), 0.5);
}

template <unsigned kQuarters>
Raster turn(const Raster& picture, std::uint64_t /*seed*/) {
    return quarter_turned(picture, kQuarters);
}

template <int kDegrees>
Raster tilt(const Raster& picture, std::uint64_t /*seed*/) {
    return tilted(picture, kDegrees);
}

constexpr Encoding kUsual{};
constexpr Encoding kPng{FileFormat::png, 0};
constexpr Encoding kWebp{FileFormat::webp, 75};

constexpr Encoding jpeg(int quality) {
    return {FileFormat::jpeg, quality};
}

constexpr std::array kAlterations = {
    Alteration{"jpeg_q90", "JPEG quality 90", unchanged, kUsual},
    Alteration{"jpeg_q50", "JPEG quality 50", unchanged, jpeg(50)},
    Alteration{"jpeg_q20", "JPEG quality 20", unchanged, jpeg(20)},
    Alteration{"jpeg_q10", "JPEG quality 10", unchanged, jpeg(10)},
    Alteration{"png", "as PNG", unchanged, kPng},
    Alteration{"webp", "as WebP, quality 75", unchanged, kWebp},
    Alteration{"blur_2", "blurred, sigma 2", blurred_by<20>, kUsual},
    Alteration{"blur_5", "blurred, sigma 5", blurred_by<50>, kUsual},
    Alteration{"size_50", "resized to 50 %", resized<50>, kUsual},
    Alteration{"size_25", "resized to 25 %", resized<25>, kUsual},
    Alteration{"size_64px", "resized to 64 pixels", thumbnail, kUsual},
    Alteration{"aspect_70", "width squeezed to 70 %", narrowed, kUsual},
    Alteration{"grey", "grey", in_grey, kUsual},
    Alteration{"noise", "noise, sigma 15", with_noise, kUsual},
    Alteration{"gamma_15", "gamma 1.5", lighter_middle, kUsual},
    Alteration{"bright_20", "brightness +20 %", brighter, kUsual},
    Alteration{"contrast_30", "contrast +30 %", more_contrast, kUsual},
    Alteration{"logo_10", "logo over 10 % of the side", logo<10>, kUsual},
    Alteration{"logo_25", "logo over 25 % of the side", logo<25>, kUsual},
    Alteration{"text_band", "half transparent band of text", text_band, kUsual},
    Alteration{"crop_2", "cropped by 2 %", crop<2>, kUsual},
    Alteration{"crop_5", "cropped by 5 %", crop<5>, kUsual},
    Alteration{"crop_10", "cropped by 10 %", crop<10>, kUsual},
    Alteration{"crop_15", "cropped by 15 %", crop<15>, kUsual},
    Alteration{"crop_20", "cropped by 20 %", crop<20>, kUsual},
    Alteration{"crop_top_5", "5 % cut off the top", crop_top<5>, kUsual},
    Alteration{"crop_top_10", "10 % cut off the top", crop_top<10>, kUsual},
    Alteration{"crop_uneven_3", "each side cut by up to 3 %", crop_uneven<3>, kUsual},
    Alteration{"crop_uneven_6", "each side cut by up to 6 %", crop_uneven<6>, kUsual},
    Alteration{"border_5", "border of 5 %", border, kUsual},
    Alteration{"letterbox", "letterboxed", letterbox, kUsual},
    Alteration{"caption", "caption of 15 % above", with_caption, kUsual},
    Alteration{"screenshot", "in a window of a screenshot", screenshot, kUsual},
    Alteration{"collage", "beside another picture", in_collage, kUsual},
    Alteration{"mirror", "mirrored", mirror, kUsual},
    Alteration{"mirror_small", "mirrored, 50 %, JPEG quality 50", mirror_small, jpeg(50)},
    Alteration{"turn_90", "turned by 90 degrees", turn<1>, kUsual},
    Alteration{"turn_180", "turned by 180 degrees", turn<2>, kUsual},
    Alteration{"turn_270", "turned by 270 degrees", turn<3>, kUsual},
    Alteration{"invert", "colours inverted", negative, kUsual},
    Alteration{"tilt_1", "tilted by 1 degree", tilt<1>, kUsual},
    Alteration{"tilt_2", "tilted by 2 degrees", tilt<2>, kUsual},
    Alteration{"tilt_3", "tilted by 3 degrees", tilt<3>, kUsual},
};

}  // namespace

std::span<const Alteration> alterations() {
    return kAlterations;
}

}  // namespace cairn::robustness
