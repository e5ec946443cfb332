#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstring>
#include <memory>
#include <optional>

#include <tiffio.h>

#include "codec/decoders.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

/// libtiff's view of an Input: it wants a position of its own.
struct Stream {
    const Input* input;
    std::uint64_t offset = 0;
};

tmsize_t on_read(thandle_t handle, void* out, tmsize_t count) {
    auto* stream = static_cast<Stream*>(handle);
    if (count <= 0) return 0;
    auto* bytes = static_cast<std::uint8_t*>(out);
    const std::size_t got =
        stream->input->read_at(stream->offset, {bytes, static_cast<std::size_t>(count)});
    stream->offset += got;
    return static_cast<tmsize_t>(got);
}

tmsize_t on_write(thandle_t, void*, tmsize_t) {
    return 0;
}

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
    auto* stream = static_cast<Stream*>(handle);
    if (whence == SEEK_SET) stream->offset = offset;
    if (whence == SEEK_CUR) stream->offset += offset;
    if (whence == SEEK_END) stream->offset = stream->input->size() + offset;
    return stream->offset;
}

int on_close(thandle_t) {
    return 0;
}

toff_t on_size(thandle_t handle) {
    return static_cast<Stream*>(handle)->input->size();
}

int on_message(TIFF*, void*, const char*, const char*, va_list) {
    return 1;  // taken: nothing is printed
}

struct TiffCloser {
    void operator()(TIFF* tiff) const { ::TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, TiffCloser>;

TiffHandle open_tiff(Stream& stream) {
    TIFFOpenOptions* options = ::TIFFOpenOptionsAlloc();
    ::TIFFOpenOptionsSetMaxSingleMemAlloc(options, static_cast<tmsize_t>(kDecodedBytesMax));
    ::TIFFOpenOptionsSetErrorHandlerExtR(options, on_message, nullptr);
    ::TIFFOpenOptionsSetWarningHandlerExtR(options, on_message, nullptr);
    // "m": no mapping of the file; it has no descriptor to map.
    TiffHandle tiff(::TIFFClientOpenExt(
        "", "rm", &stream, on_read, on_write, on_seek, on_close, on_size, nullptr, nullptr, options
    ));
    ::TIFFOpenOptionsFree(options);
    return tiff;
}

std::uint32_t field32(TIFF* tiff, std::uint32_t tag) {
    std::uint32_t value = 0;
    ::TIFFGetFieldDefaulted(tiff, tag, &value);
    return value;
}

std::uint16_t field16(TIFF* tiff, std::uint32_t tag) {
    std::uint16_t value = 0;
    ::TIFFGetFieldDefaulted(tiff, tag, &value);
    return value;
}

/// What a page's tags say of its pixels.
struct Page {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint16_t bits = 1;
    std::uint16_t samples = 1;
    std::uint16_t photometric = 0;
    std::uint16_t sample_format = SAMPLEFORMAT_UINT;
    std::uint16_t alpha_kind = EXTRASAMPLE_UNSPECIFIED;
    std::uint8_t orientation = 1;
    bool separate = false;  ///< one plane per sample
    bool tiled = false;
    PixelLayout layout;
};

Page read_page(TIFF* tiff) {
    Page page;
    page.width = field32(tiff, TIFFTAG_IMAGEWIDTH);
    page.height = field32(tiff, TIFFTAG_IMAGELENGTH);
    page.bits = field16(tiff, TIFFTAG_BITSPERSAMPLE);
    page.samples = field16(tiff, TIFFTAG_SAMPLESPERPIXEL);
    page.photometric = field16(tiff, TIFFTAG_PHOTOMETRIC);
    page.sample_format = field16(tiff, TIFFTAG_SAMPLEFORMAT);
    page.separate = field16(tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
    page.tiled = ::TIFFIsTiled(tiff) != 0;
    const std::uint16_t orientation = field16(tiff, TIFFTAG_ORIENTATION);
    if (orientation >= 1 && orientation <= 8) {
        page.orientation = static_cast<std::uint8_t>(orientation);
    }
    std::uint16_t extra_count = 0;
    const std::uint16_t* extra = nullptr;
    ::TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
    if (extra_count > 0 && extra != nullptr) page.alpha_kind = extra[0];
    const bool jpeg = field16(tiff, TIFFTAG_COMPRESSION) == COMPRESSION_JPEG;
    if (jpeg && page.photometric == PHOTOMETRIC_YCBCR) {
        ::TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        page.photometric = PHOTOMETRIC_RGB;
    }
    return page;
}

/// Chooses the layout that rows are unpacked to; false when libtiff must render the page.
bool choose_layout(Page& page) {
    const bool unsigned_samples =
        page.sample_format == SAMPLEFORMAT_UINT || page.sample_format == SAMPLEFORMAT_VOID;
    const bool small = page.bits == 1 || page.bits == 2 || page.bits == 4;
    if (!unsigned_samples || !(small || page.bits == 8 || page.bits == 16)) return false;
    switch (page.photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
            page.layout.colour = PixelLayout::Colour::grey;
            break;
        case PHOTOMETRIC_RGB:
        case PHOTOMETRIC_PALETTE:
            page.layout.colour = PixelLayout::Colour::rgb;
            break;
        case PHOTOMETRIC_SEPARATED:
            page.layout.colour = PixelLayout::Colour::cmyk;
            break;
        default:
            return false;
    }
    const bool palette = page.photometric == PHOTOMETRIC_PALETTE;
    const std::uint32_t wanted = palette ? 1 : page.layout.colour_channels();
    if (page.samples < wanted) return false;
    const bool known_alpha =
        page.alpha_kind == EXTRASAMPLE_ASSOCALPHA || page.alpha_kind == EXTRASAMPLE_UNASSALPHA;
    page.layout.alpha = !palette && page.samples > wanted && known_alpha;
    page.layout.premultiplied = page.layout.alpha && page.alpha_kind == EXTRASAMPLE_ASSOCALPHA;
    page.layout.wide = page.bits == 16 && !palette;
    page.layout.sample_max = page.layout.wide ? 65535 : 255;
    return true;
}

/// Turns libtiff's rows into rows of the page's layout.
class Unpacker {
public:
    Unpacker(TIFF* tiff, const Page& page) : page_(page) {
        channels_ = page.layout.colour_channels() + (page.layout.alpha ? 1U : 0U);
        row_.resize(page.width * page.layout.pixel_bytes());
        if (page.photometric == PHOTOMETRIC_PALETTE) read_palette(tiff);
    }

    /// `planes` has one row per sample when the page is separate, else one interleaved row.
    const std::uint8_t* unpack(const std::vector<const std::uint8_t*>& planes) {
        for (std::size_t x = 0; x < page_.width; ++x) {
            if (!palette_.empty()) {
                const std::uint32_t index = sample(planes, x, 0);
                std::memcpy(&row_[3 * x], &palette_[3 * index], 3);
                continue;
            }
            for (std::size_t c = 0; c < channels_; ++c) put(x, c, sample(planes, x, c));
        }
        return row_.data();
    }

private:
    void read_palette(TIFF* tiff) {
        const std::size_t count = std::size_t{1} << page_.bits;
        palette_.resize(3 * count);
        std::array<std::uint16_t*, 3> maps{};
        if (::TIFFGetField(tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]) == 0) return;
        // Entries have 16 bits, but some writers fill 8.
        std::uint16_t highest = 0;
        for (const std::uint16_t* map : maps) {
            highest = std::max(highest, *std::max_element(map, map + count));
        }
        const std::uint32_t full = highest < 256 ? 255 : 65535;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t c = 0; c < 3; ++c) {
                const std::uint32_t value = (maps[c][i] * 255U + full / 2) / full;
                palette_[3 * i + c] = static_cast<std::uint8_t>(value);
            }
        }
    }

    std::uint32_t sample(
        const std::vector<const std::uint8_t*>& planes, std::size_t x, std::size_t channel
    ) const {
        const std::uint8_t* row = planes[page_.separate ? channel : 0];
        const std::size_t at = page_.separate ? x : x * page_.samples + channel;
        if (page_.bits == 8) return row[at];
        if (page_.bits == 16) {
            std::uint16_t value = 0;
            std::memcpy(&value, row + 2 * at, sizeof value);
            return value;
        }
        const std::size_t bit = at * page_.bits;
        const std::size_t shift = 8 - page_.bits - bit % 8;
        return (std::uint32_t{row[bit / 8]} >> shift) & ((1U << page_.bits) - 1U);
    }

    void put(std::size_t x, std::size_t channel, std::uint32_t value) {
        if (page_.bits < 8) value = value * 255 / ((1U << page_.bits) - 1U);
        const bool colour = channel < page_.layout.colour_channels();
        if (colour && page_.photometric == PHOTOMETRIC_MINISWHITE) {
            value = page_.layout.sample_max - value;
        }
        const std::size_t at = x * channels_ + channel;
        if (page_.layout.wide) {
            const auto wide = static_cast<std::uint16_t>(value);
            std::memcpy(&row_[2 * at], &wide, sizeof wide);
        } else {
            row_[at] = static_cast<std::uint8_t>(value);
        }
    }

    const Page& page_;
    std::size_t channels_;
    ByteVector row_;
    ByteVector palette_;
};

/// Interleaved strips: row after row, so that a damaged strip shows what stands before.
Status read_scanlines(TIFF* tiff, const Page& page, Unpacker& unpacker, FrameWriter& writer) {
    const std::uint64_t line_bytes = ::TIFFScanlineSize64(tiff);
    if (line_bytes > kDecodedBytesMax) return fail(Errc::limit_exceeded, "TIFF: rows too large");
    if (line_bytes < (std::uint64_t{page.width} * page.bits * page.samples + 7) / 8) {
        return fail(Errc::unsupported, "TIFF: rows of an odd size");
    }
    ByteVector line(line_bytes);
    for (std::uint32_t y = 0; y < page.height; ++y) {
        if (::TIFFReadScanline(tiff, line.data(), y, 0) != 1) break;
        const std::uint8_t* row = nullptr;
        if (writer.wants_next()) row = unpacker.unpack({line.data()});
        writer.push_row(row);
    }
    return ok();
}

/// The rows of a band (one strip or one row of tiles), by plane.
struct Band {
    std::size_t row_bytes = 0;
    std::uint32_t rows = 0;
    std::vector<ByteVector> planes;
    ByteVector tile;
};

bool read_tiles(TIFF* tiff, const Page& page, std::uint32_t y, std::uint16_t plane, Band& band) {
    ByteVector& tile = band.tile;
    const std::uint32_t tile_width = field32(tiff, TIFFTAG_TILEWIDTH);
    const auto tile_row_bytes = static_cast<std::size_t>(::TIFFTileRowSize64(tiff));
    for (std::uint32_t x = 0, column = 0; x < page.width; x += tile_width, ++column) {
        const std::uint32_t index = ::TIFFComputeTile(tiff, x, y, 0, plane);
        const auto size = static_cast<tmsize_t>(tile.size());
        if (::TIFFReadEncodedTile(tiff, index, tile.data(), size) < 0) return false;
        const std::size_t left = column * tile_row_bytes;
        const std::size_t count = std::min(tile_row_bytes, band.row_bytes - left);
        for (std::size_t row = 0; row < band.rows; ++row) {
            std::memcpy(
                &band.planes[plane][row * band.row_bytes + left], &tile[row * tile_row_bytes], count
            );
        }
    }
    return true;
}

/// Sizes a band; refuses pieces whose rows do not lie as the tags say.
Result<Band> plan_band(TIFF* tiff, const Page& page) {
    Band band;
    const std::uint32_t tag = page.tiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP;
    band.rows = std::min(field32(tiff, tag), page.height);
    const std::uint64_t pixel_bits = std::uint64_t{page.bits} * (page.separate ? 1U : page.samples);
    const std::uint64_t row_bytes = (page.width * pixel_bits + 7) / 8;
    std::uint64_t piece_row_bytes = row_bytes;
    std::uint64_t piece_bytes = ::TIFFVStripSize64(tiff, band.rows);
    if (page.tiled) {
        const std::uint64_t tile_width = field32(tiff, TIFFTAG_TILEWIDTH);
        piece_row_bytes = ::TIFFTileRowSize64(tiff);
        piece_bytes = ::TIFFTileSize64(tiff);
        if (tile_width == 0 || piece_row_bytes * 8 != tile_width * pixel_bits) {
            return fail(Errc::unsupported, "TIFF: tiles of an odd width");
        }
    }
    if (band.rows == 0 || piece_bytes / band.rows < piece_row_bytes) {
        return fail(Errc::unsupported, "TIFF: pieces of an odd size");
    }
    const std::uint64_t planes = page.separate ? page.samples : 1;
    const std::uint64_t plane_bytes = std::max(row_bytes * band.rows, piece_bytes);
    if (plane_bytes > kDecodedBytesMax / (planes + 1)) {
        return fail(Errc::limit_exceeded, "TIFF: pieces too large");
    }
    band.row_bytes = row_bytes;
    band.planes.assign(planes, ByteVector(plane_bytes));
    if (page.tiled) band.tile.resize(piece_bytes);
    return band;
}

bool read_plane(TIFF* tiff, const Page& page, std::uint32_t y, std::uint16_t plane, Band& band) {
    if (page.tiled) return read_tiles(tiff, page, y, plane, band);
    ByteVector& rows = band.planes[plane];
    const std::uint32_t strip = ::TIFFComputeStrip(tiff, y, plane);
    return ::TIFFReadEncodedStrip(tiff, strip, rows.data(), static_cast<tmsize_t>(rows.size())) >=
           0;
}

Status read_bands(TIFF* tiff, const Page& page, Unpacker& unpacker, FrameWriter& writer) {
    Band band = CAIRN_TRY(plan_band(tiff, page));
    for (std::uint32_t y = 0; y < page.height; y += band.rows) {
        for (std::size_t plane = 0; plane < band.planes.size(); ++plane) {
            if (!read_plane(tiff, page, y, static_cast<std::uint16_t>(plane), band)) return ok();
        }
        for (std::size_t row = 0; row < std::min(band.rows, page.height - y); ++row) {
            std::vector<const std::uint8_t*> rows;
            for (const ByteVector& plane : band.planes) {
                rows.push_back(&plane[row * band.row_bytes]);
            }
            writer.push_row(writer.wants_next() ? unpacker.unpack(rows) : nullptr);
        }
    }
    return ok();
}

/// Colour spaces that libtiff converts itself (YCbCr, CIE Lab, LogLuv), to premultiplied RGBA.
Status read_rendered(TIFF* tiff, const Page& page, FrameStart start, FrameWriter& writer) {
    std::array<char, 1024> reason{};
    if (::TIFFRGBAImageOK(tiff, reason.data()) == 0) {
        return fail(Errc::unsupported, "TIFF: {}", reason.data());
    }
    CAIRN_TRY(check_raster(page.width, page.height, 4));
    start.layout = {.alpha = true, .premultiplied = true};
    CAIRN_TRY(writer.begin(start));
    std::vector<std::uint32_t> raster(std::size_t{page.width} * page.height);
    // Asked for in the file's own orientation, so that nothing is turned.
    const int whole = ::TIFFReadRGBAImageOriented(
        tiff, page.width, page.height, raster.data(), page.orientation, 0
    );
    if (whole == 0) writer.note_partial();
    ByteVector row(std::size_t{page.width} * 4);
    for (std::size_t y = 0; y < page.height; ++y) {
        for (std::size_t x = 0; x < page.width; ++x) {
            const std::uint32_t pixel = raster[y * page.width + x];
            row[4 * x] = static_cast<std::uint8_t>(TIFFGetR(pixel));
            row[4 * x + 1] = static_cast<std::uint8_t>(TIFFGetG(pixel));
            row[4 * x + 2] = static_cast<std::uint8_t>(TIFFGetB(pixel));
            row[4 * x + 3] = static_cast<std::uint8_t>(TIFFGetA(pixel));
        }
        writer.push_row(row.data());
    }
    return writer.finish();
}

Status decode_page(TIFF* tiff, Page& page, std::uint32_t index, FrameWriter& writer) {
    CAIRN_TRY(check_size(page.width, page.height));
    FrameStart start{
        .kind = FrameKind::page,
        .index = index,
        .orientation = page.orientation,
        .width = page.width,
        .height = page.height,
        .layout = {},
    };
    if (!choose_layout(page)) return read_rendered(tiff, page, start, writer);
    start.layout = page.layout;
    CAIRN_TRY(writer.begin(start));
    Unpacker unpacker(tiff, page);
    if (page.tiled || page.separate) {
        CAIRN_TRY(read_bands(tiff, page, unpacker, writer));
    } else {
        CAIRN_TRY(read_scanlines(tiff, page, unpacker, writer));
    }
    return writer.finish();
}

Status decode_directory(TIFF* tiff, std::uint32_t index, Page& page, FrameWriter& writer) {
    if (::TIFFSetDirectory(tiff, static_cast<tdir_t>(index)) != 1) {
        return fail(Errc::corrupt_data, "TIFF: damaged directory");
    }
    page = read_page(tiff);
    return decode_page(tiff, page, index, writer);
}

std::string decoder_name() {
    // "LIBTIFF, Version 4.5.0", then lines of copyright.
    const std::string_view text = ::TIFFGetVersion();
    const std::size_t end = text.find('\n');
    const std::size_t space = text.substr(0, end).rfind(' ');
    return "libtiff " + std::string(text.substr(space + 1, end - space - 1));
}

}  // namespace

Result<Summary> decode_tiff(const Input& input, FrameWriter& writer) {
    Stream stream{&input};
    const TiffHandle tiff = open_tiff(stream);
    if (!tiff) return fail(Errc::corrupt_data, "TIFF: damaged header or directory");
    const std::uint32_t total =
        std::clamp<std::uint32_t>(::TIFFNumberOfDirectories(tiff.get()), 1, kFramesCountedMax);
    Summary summary{.frames_total = total, .decoder = decoder_name()};
    const FrameChoice choice(total);
    std::optional<Error> first_error;
    bool any = false;
    for (std::uint32_t index = 0; index < total; ++index) {
        if (!choice.takes(index)) continue;
        Page page;
        const Status decoded = decode_directory(tiff.get(), index, page, writer);
        if (!decoded) {
            // A page that cannot be read leaves the others standing.
            if (decoded.error().code == Errc::unavailable) return decoded.error();
            if (!first_error) first_error = decoded.error();
            continue;
        }
        if (!any) {
            summary.width = page.width;
            summary.height = page.height;
            summary.orientation = page.orientation;
        }
        any = true;
    }
    if (!any && first_error) return *first_error;
    if (first_error) writer.note_partial();
    return summary;
}

}  // namespace cairn::codec
