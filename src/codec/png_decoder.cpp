#include <algorithm>
#include <array>
#include <csetjmp>
#include <string>
#include <vector>

#include <png.h>

#include "codec/decoders.h"
#include "codec/exif.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkOverheadBytes = 12;  // length, type, checksum
constexpr std::uint32_t kExifBytesMax = 1U << 20U;
constexpr int kChunksMax = 1'000'000;
constexpr std::size_t kReadBytes = std::size_t{64} << 10U;
/// What libpng asks for at a time. Of a file cut short the last piece is lost, so it is small.
constexpr std::size_t kPieceBytes = 512;

std::uint32_t big_endian(Bytes bytes) {
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
           std::uint32_t{bytes[2]} << 8U | bytes[3];
}

/// What stands in chunks that may come after the pixels.
struct Extras {
    ByteVector exif;
    std::uint32_t frames = 1;  ///< above 1 for an animated PNG
};

Extras scan_chunks(const Input& input) {
    Extras extras;
    std::uint64_t offset = kSignatureBytes;
    for (int i = 0; i < kChunksMax; ++i) {
        std::array<std::uint8_t, 12> head{};
        if (input.read_at(offset, head) < 8) break;
        const std::uint32_t length = big_endian(head);
        const std::string_view type = as_text(Bytes(head).subspan(4, 4));
        if (type == "IEND") break;
        if (type == "acTL" && length == 8) extras.frames = big_endian(Bytes(head).subspan(8));
        if (type == "eXIf" && extras.exif.empty() && length <= kExifBytesMax) {
            extras.exif.resize(length);
            extras.exif.resize(input.read_at(offset + 8, extras.exif));
        }
        offset += kChunkOverheadBytes + std::uint64_t{length};
    }
    return extras;
}

/// One PNG file being read. libpng's errors come as failed Status.
class PngReader {
public:
    explicit PngReader(const Input& input) : input_(input) {
        png_ = ::png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
        if (png_ == nullptr) return;
        info_ = ::png_create_info_struct(png_);
        ::png_set_read_fn(png_, this, on_read);
    }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;
    ~PngReader() { ::png_destroy_read_struct(&png_, &info_, nullptr); }

    Status read_header();
    /// Pushes all rows; on an error those before it.
    Status read_rows(FrameWriter& writer);

    std::uint32_t width() const { return width_; }
    std::uint32_t height() const { return height_; }
    const PixelLayout& layout() const { return layout_; }

private:
    [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
        auto* self = static_cast<PngReader*>(::png_get_error_ptr(png));
        self->message_ = text;
        std::longjmp(self->jump_, 1);
    }
    static void on_warning(png_structp, png_const_charp) {}
    static void on_read(png_structp png, png_bytep out, std::size_t count) {
        auto* self = static_cast<PngReader*>(::png_get_io_ptr(png));
        if (!self->read({out, count})) ::png_error(png, "file ends early");
    }

    /// Through a buffer: libpng asks for small pieces.
    bool read(MutableBytes out) {
        while (!out.empty()) {
            if (unread_.empty()) {
                const std::size_t got = input_.read_at(offset_, buffer_);
                if (got == 0) return false;
                offset_ += got;
                unread_ = Bytes(buffer_).first(got);
            }
            const std::size_t count = std::min(out.size(), unread_.size());
            std::copy_n(unread_.begin(), count, out.begin());
            unread_ = unread_.subspan(count);
            out = out.subspan(count);
        }
        return true;
    }

    /// Runs library calls. They may leave by longjmp, so `call` must hold nothing that needs a
    /// destructor.
    template <typename Call>
    bool guarded(const Call& call) {
        if (setjmp(jump_) != 0) return false;
        call();
        return true;
    }
    Error error() const { return fail(Errc::corrupt_data, "PNG: {}", message_); }
    void choose_transforms();
    void read_interlaced(FrameWriter& writer);

    const Input& input_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::jmp_buf jump_{};
    std::uint64_t offset_ = 0;
    ByteVector buffer_ = ByteVector(kReadBytes);
    Bytes unread_;
    std::string message_ = "memory";
    std::uint32_t width_ = 0;
    std::uint32_t height_ = 0;
    PixelLayout layout_;
    int passes_ = 1;
};

void PngReader::choose_transforms() {
    const int colour = ::png_get_color_type(png_, info_);
    if (colour == PNG_COLOR_TYPE_PALETTE) ::png_set_palette_to_rgb(png_);
    if (colour == PNG_COLOR_TYPE_GRAY) ::png_set_expand_gray_1_2_4_to_8(png_);
    if (::png_get_valid(png_, info_, PNG_INFO_tRNS) != 0) ::png_set_tRNS_to_alpha(png_);
    // 16-bit samples arrive big-endian; they are scaled by ourselves, with rounding.
    if (::png_get_bit_depth(png_, info_) == 16) ::png_set_swap(png_);
    passes_ = ::png_set_interlace_handling(png_);
    ::png_read_update_info(png_, info_);
    const int channels = ::png_get_channels(png_, info_);
    layout_.colour = channels <= 2 ? PixelLayout::Colour::grey : PixelLayout::Colour::rgb;
    layout_.alpha = channels == 2 || channels == 4;
    layout_.wide = ::png_get_bit_depth(png_, info_) == 16;
    layout_.sample_max = layout_.wide ? 65535 : 255;
}

Status PngReader::read_header() {
    if (info_ == nullptr) return fail(Errc::limit_exceeded, "memory");
    const bool read = guarded([this] {
        // Sizes are checked below, by their product.
        ::png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
        ::png_set_compression_buffer_size(png_, kPieceBytes);
        ::png_read_info(png_, info_);
        width_ = ::png_get_image_width(png_, info_);
        height_ = ::png_get_image_height(png_, info_);
    });
    if (!read) return error();
    CAIRN_TRY(check_size(width_, height_));
    if (!guarded([this] { choose_transforms(); })) return error();
    return ok();
}

void PngReader::read_interlaced(FrameWriter& writer) {
    const std::size_t row_bytes = width_ * layout_.pixel_bytes();
    ByteVector raster = grey_pixels(layout_, std::size_t{width_} * height_);
    const bool complete = guarded([&] {
        for (int pass = 0; pass < passes_; ++pass) {
            for (std::size_t y = 0; y < height_; ++y) {
                // The combining read spreads early passes over the pixels that are to come.
                ::png_read_row(png_, nullptr, raster.data() + y * row_bytes);
            }
        }
    });
    if (!complete) writer.note_partial();
    for (std::size_t y = 0; y < height_; ++y) writer.push_row(raster.data() + y * row_bytes);
}

Status PngReader::read_rows(FrameWriter& writer) {
    if (passes_ > 1) {
        CAIRN_TRY(check_raster(width_, height_, layout_.pixel_bytes()));
        read_interlaced(writer);
        return ok();
    }
    ByteVector row(width_ * layout_.pixel_bytes());
    const bool complete = guarded([&] {
        for (std::uint32_t y = 0; y < height_; ++y) {
            ::png_read_row(png_, row.data(), nullptr);
            writer.push_row(row.data());
        }
    });
    if (!complete) writer.note_partial();
    return ok();
}

}  // namespace

Result<Summary> decode_png(const Input& input, FrameWriter& writer) {
    const Extras extras = scan_chunks(input);
    const Exif exif = parse_exif(extras.exif);
    PngReader reader(input);
    CAIRN_TRY(reader.read_header());
    CAIRN_TRY(writer.begin({
        .orientation = exif.orientation,
        .width = reader.width(),
        .height = reader.height(),
        .layout = reader.layout(),
    }));
    CAIRN_TRY(reader.read_rows(writer));
    CAIRN_TRY(writer.finish());
    CAIRN_TRY(decode_thumbnail(exif.thumbnail, exif.orientation, writer));
    // Of an animated PNG the default picture is decoded: its first frame, as a rule.
    return Summary{
        .width = reader.width(),
        .height = reader.height(),
        .orientation = exif.orientation,
        .frames_total = extras.frames == 0 ? 1 : extras.frames,
        .partial = false,
        .decoder = std::string("libpng ") + ::png_get_libpng_ver(nullptr),
    };
}

}  // namespace cairn::codec
