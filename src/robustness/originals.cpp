#include "robustness/originals.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <sys/stat.h>

#include "base/fd.h"
#include "codec/picture.h"
#include "fingerprint/file_type.h"
#include "robustness/geometry.h"

namespace cairn::robustness {
namespace {

constexpr double kCropShare = 0.6;

struct Place {
    std::string_view name;
    double left;  ///< share of the side cut off at the left
    double top;
};
constexpr double kRest = 1 - kCropShare;
constexpr std::array<Place, kCropsMax> kPlaces = {{
    {"top left", 0, 0},
    {"top right", kRest, 0},
    {"bottom left", 0, kRest},
    {"bottom right", kRest, kRest},
    {"middle", kRest / 2, kRest / 2},
}};

Result<codec::Format> format_of(fingerprint::FileType type) {
    using fingerprint::FileType;
    switch (type) {
        case FileType::jpeg:
            return codec::Format::jpeg;
        case FileType::png:
            return codec::Format::png;
        case FileType::gif:
            return codec::Format::gif;
        case FileType::webp:
            return codec::Format::webp;
        case FileType::tiff:
            return codec::Format::tiff;
        case FileType::bmp:
            return codec::Format::bmp;
        case FileType::heif:
            return codec::Format::heif;
        case FileType::avif:
            return codec::Format::avif;
        case FileType::jpeg_xl:
            return codec::Format::jpeg_xl;
        default:
            return fail(Errc::unsupported, "no picture");
    }
}

Raster raster_of(const codec::Frame& frame, const std::uint8_t* pixels) {
    const std::size_t count = std::size_t{frame.width} * frame.height;
    Raster raster{frame.width, frame.height, {}};
    if (frame.channels == Raster::kChannels) {
        raster.pixels.assign(pixels, pixels + count * Raster::kChannels);
        return raster;
    }
    raster.pixels.reserve(count * Raster::kChannels);
    for (std::size_t i = 0; i < count; ++i) {
        raster.pixels.insert(raster.pixels.end(), Raster::kChannels, pixels[i]);
    }
    return raster;
}

Original make_original(std::string_view part, const Raster& picture) {
    const bool large = std::max(picture.width, picture.height) > kOriginalSide;
    Original original{
        std::string(part), large ? scaled_to_long_side(picture, kOriginalSide) : picture, {}};
    const Raster& raster = original.raster;
    original.record = fingerprint::pdq_hash({raster.pixels, raster.width, raster.height});
    return original;
}

}  // namespace

Result<Raster> load_picture(const std::string& path) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(Errc::io, "size: {}", errno_text(errno));
    ByteVector head(fingerprint::kSniffBytes);
    const std::size_t got = CAIRN_TRY(read_at(fd.get(), 0, head));
    head.resize(got);
    const codec::Format format = CAIRN_TRY(format_of(fingerprint::sniff(head)));
    // Not cleared: pages that a small picture does not touch cost nothing.
    constexpr std::size_t kStoreBytes = Raster::kChannels * kSourcePixelsMax;
    const auto store = std::make_unique_for_overwrite<std::uint8_t[]>(kStoreBytes);
    std::optional<Raster> raster;
    std::uint8_t orientation = 1;
    const auto take = [&](const codec::Frame& frame) -> Status {
        raster = raster_of(frame, store.get() + frame.rasters.front().offset);
        orientation = frame.orientation;
        return fail(Errc::cancelled, "the first frame is enough");
    };
    const auto decoded = codec::decode_picture(
        codec::Input(fd.get(), static_cast<std::uint64_t>(status.st_size)),
        format,
        {.whole = true},
        {store.get(), kStoreBytes},
        {.take = take}
    );
    if (!raster) {
        if (!decoded) return decoded.error();
        return fail(Errc::corrupt_data, "no frame");
    }
    return upright(*std::move(raster), orientation);
}

Result<std::vector<Original>> load_originals(const std::string& path, unsigned crops) {
    const Raster picture = CAIRN_TRY(load_picture(path));
    if (std::min(picture.width, picture.height) < kSourceSideMin) {
        return fail(
            Errc::unsupported,
            "{} x {} pixels: a side below {}",
            picture.width,
            picture.height,
            kSourceSideMin
        );
    }
    std::vector<Original> originals;
    originals.push_back(make_original("whole", picture));
    for (const Place& place : kPlaces) {
        if (originals.size() > crops) break;
        const Margins margins{place.left, place.top, kRest - place.left, kRest - place.top};
        originals.push_back(make_original(place.name, cropped_by(picture, margins)));
    }
    return originals;
}

}  // namespace cairn::robustness
