#include <algorithm>
#include <array>
#include <string>

#include <gif_lib.h>

#include "codec/decoders.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

constexpr std::size_t kRgba = 4;

/// Steps over data sub-blocks up to and with the empty one that ends them.
Status skip_sub_blocks(ByteReader& reader) {
    while (true) {
        const std::uint8_t size = CAIRN_TRY(reader.u8());
        if (size == 0) return ok();
        CAIRN_TRY(reader.take(size));
    }
}

std::size_t colour_table_bytes(std::uint8_t packed) {
    return (packed & 0x80U) != 0 ? std::size_t{3} << ((packed & 7U) + 1U) : 0;
}

/// Steps over one block; adds to `frames` when it holds an image. False at the end mark.
Result<bool> skip_block(ByteReader& reader, std::uint32_t& frames) {
    const std::uint8_t introducer = CAIRN_TRY(reader.u8());
    if (introducer == 0x21) {
        CAIRN_TRY(reader.take(1));
        CAIRN_TRY(skip_sub_blocks(reader));
        return true;
    }
    if (introducer != 0x2C) return false;
    const Bytes descriptor = CAIRN_TRY(reader.take(9));
    // Counted already: a frame cut short shows its first rows.
    ++frames;
    CAIRN_TRY(reader.take(colour_table_bytes(descriptor[8]) + 1));
    CAIRN_TRY(skip_sub_blocks(reader));
    return true;
}

/// The number of images, counted without decoding any.
std::uint32_t count_frames(Bytes file) {
    constexpr std::size_t kHeaderBytes = 13;
    std::uint32_t frames = 0;
    if (file.size() < kHeaderBytes) return frames;
    ByteReader reader(file);
    if (!reader.take(kHeaderBytes + colour_table_bytes(file[10]))) return frames;
    while (frames < kFramesCountedMax) {
        const auto more = skip_block(reader, frames);
        if (!more || !*more) break;
    }
    return frames;
}

struct Cursor {
    Bytes file;
    std::size_t offset = 0;
};

int read_cursor(GifFileType* gif, GifByteType* out, int count) {
    auto* cursor = static_cast<Cursor*>(gif->UserData);
    const auto wanted = static_cast<std::size_t>(std::max(count, 0));
    const std::size_t got = std::min(wanted, cursor->file.size() - cursor->offset);
    std::copy_n(cursor->file.data() + cursor->offset, got, out);
    cursor->offset += got;
    return static_cast<int>(got);
}

/// A frame's place on the canvas and its control block.
struct GifFrame {
    std::size_t left = 0;
    std::size_t top = 0;
    std::size_t width = 0;
    std::size_t height = 0;
    int disposal = DISPOSAL_UNSPECIFIED;
    int transparent = NO_TRANSPARENT_COLOR;
};

/// The canvas on which the frames are composed, as viewers do: it begins transparent, frames
/// reaching beyond it are cut.
class Canvas {
public:
    Canvas(std::size_t width, std::size_t height)
        : width_(width), height_(height), pixels_(width * height * kRgba) {}

    std::size_t width() const { return width_; }
    std::size_t height() const { return height_; }
    const std::uint8_t* row(std::size_t y) const { return &pixels_[y * width_ * kRgba]; }

    void begin(const GifFrame& frame) {
        if (frame.disposal == DISPOSE_PREVIOUS) before_ = pixels_;
    }

    void put_row(
        const GifFrame& frame, std::size_t y, Bytes indexes, const ColorMapObject& colours
    ) {
        if (frame.top + y >= height_ || frame.left >= width_) return;
        const std::size_t count = std::min(indexes.size(), width_ - frame.left);
        std::uint8_t* out = &pixels_[((frame.top + y) * width_ + frame.left) * kRgba];
        for (std::size_t x = 0; x < count; ++x, out += kRgba) {
            const int index = indexes[x];
            if (index == frame.transparent || index >= colours.ColorCount) continue;
            const GifColorType& colour = colours.Colors[index];
            out[0] = colour.Red;
            out[1] = colour.Green;
            out[2] = colour.Blue;
            out[3] = 255;
        }
    }

    void dispose(const GifFrame& frame) {
        if (frame.disposal == DISPOSE_PREVIOUS) pixels_.swap(before_);
        if (frame.disposal != DISPOSE_BACKGROUND || frame.left >= width_) return;
        const std::size_t count = std::min(frame.width, width_ - frame.left);
        const std::size_t bottom = std::min(frame.top + frame.height, height_);
        for (std::size_t y = frame.top; y < bottom; ++y) {
            std::fill_n(
                &pixels_[(y * width_ + frame.left) * kRgba], count * kRgba, std::uint8_t{0}
            );
        }
    }

private:
    std::size_t width_;
    std::size_t height_;
    ByteVector pixels_;
    ByteVector before_;
};

class GifReader {
public:
    explicit GifReader(Bytes file) : cursor_{file} {
        int error = 0;
        gif_ = ::DGifOpen(&cursor_, read_cursor, &error);
    }
    GifReader(const GifReader&) = delete;
    GifReader& operator=(const GifReader&) = delete;
    ~GifReader() {
        int ignored = 0;
        if (gif_ != nullptr) ::DGifCloseFile(gif_, &ignored);
    }

    Result<Summary> decode(std::uint32_t frames_total, FrameWriter& writer);

private:
    enum class Found : std::uint8_t { image, end };
    /// Steps to the next image, noting its control block.
    Result<Found> find_image(GifFrame& frame);
    Status read_extension(GifFrame& frame);
    /// Draws the image; false when its data end early.
    Result<bool> draw(const GifFrame& frame, Canvas& canvas);
    Status hand_over(std::uint32_t index, const Canvas& canvas, FrameWriter& writer);

    Cursor cursor_;
    GifFileType* gif_ = nullptr;
};

Status GifReader::read_extension(GifFrame& frame) {
    int code = 0;
    GifByteType* block = nullptr;
    int result = ::DGifGetExtension(gif_, &code, &block);
    while (result == GIF_OK && block != nullptr) {
        GraphicsControlBlock control{};
        if (code == GRAPHICS_EXT_FUNC_CODE && block[0] == 4 &&
            ::DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
            frame.disposal = control.DisposalMode;
            frame.transparent = control.TransparentColor;
        }
        result = ::DGifGetExtensionNext(gif_, &block);
    }
    if (result != GIF_OK) return fail(Errc::corrupt_data, "GIF: damaged extension");
    return ok();
}

Result<GifReader::Found> GifReader::find_image(GifFrame& frame) {
    while (true) {
        GifRecordType type = UNDEFINED_RECORD_TYPE;
        if (::DGifGetRecordType(gif_, &type) != GIF_OK) {
            return fail(Errc::corrupt_data, "GIF: ends early");
        }
        if (type == TERMINATE_RECORD_TYPE) return Found::end;
        if (type == EXTENSION_RECORD_TYPE) CAIRN_TRY(read_extension(frame));
        if (type != IMAGE_DESC_RECORD_TYPE) continue;
        if (::DGifGetImageDesc(gif_) != GIF_OK) {
            return fail(Errc::corrupt_data, "GIF: damaged image");
        }
        const GifImageDesc& image = gif_->Image;
        frame.left = static_cast<std::size_t>(std::max(image.Left, 0));
        frame.top = static_cast<std::size_t>(std::max(image.Top, 0));
        frame.width = static_cast<std::size_t>(std::max(image.Width, 0));
        frame.height = static_cast<std::size_t>(std::max(image.Height, 0));
        return Found::image;
    }
}

Result<bool> GifReader::draw(const GifFrame& frame, Canvas& canvas) {
    const ColorMapObject* colours =
        gif_->Image.ColorMap != nullptr ? gif_->Image.ColorMap : gif_->SColorMap;
    if (colours == nullptr) return fail(Errc::corrupt_data, "GIF: no colours");
    struct Pass {
        std::size_t first;
        std::size_t step;
    };
    constexpr std::array<Pass, 4> kInterlaced = {{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
    constexpr std::array<Pass, 1> kPlain = {{{0, 1}}};
    const std::span<const Pass> passes =
        gif_->Image.Interlace ? std::span<const Pass>(kInterlaced) : std::span<const Pass>(kPlain);
    ByteVector line(frame.width);
    canvas.begin(frame);
    for (const Pass& pass : passes) {
        for (std::size_t y = pass.first; y < frame.height; y += pass.step) {
            if (::DGifGetLine(gif_, line.data(), static_cast<int>(line.size())) != GIF_OK) {
                return false;
            }
            canvas.put_row(frame, y, line, *colours);
        }
    }
    return true;
}

Status GifReader::hand_over(std::uint32_t index, const Canvas& canvas, FrameWriter& writer) {
    CAIRN_TRY(writer.begin({
        .index = index,
        .width = static_cast<std::uint32_t>(canvas.width()),
        .height = static_cast<std::uint32_t>(canvas.height()),
        .layout = {.alpha = true},
    }));
    for (std::size_t y = 0; y < canvas.height(); ++y) writer.push_row(canvas.row(y));
    return writer.finish();
}

Result<Summary> GifReader::decode(std::uint32_t frames_total, FrameWriter& writer) {
    if (gif_ == nullptr) return fail(Errc::corrupt_data, "GIF: damaged header");
    GifFrame frame;
    const Found first = CAIRN_TRY(find_image(frame));
    if (first == Found::end) return fail(Errc::corrupt_data, "GIF: empty");
    // Some writers leave the screen's size zero.
    const bool no_screen = gif_->SWidth <= 0 || gif_->SHeight <= 0;
    const std::size_t width =
        no_screen ? frame.left + frame.width : static_cast<std::size_t>(gif_->SWidth);
    const std::size_t height =
        no_screen ? frame.top + frame.height : static_cast<std::size_t>(gif_->SHeight);
    // A frame that restores needs a second canvas.
    CAIRN_TRY(check_raster(width, height, 2 * kRgba));
    Canvas canvas(width, height);
    const FrameChoice choice(frames_total);
    for (std::uint32_t index = 0; index <= choice.last(); ++index) {
        const bool whole = CAIRN_TRY(draw(frame, canvas));
        if (!whole) writer.note_partial();
        if (choice.takes(index)) CAIRN_TRY(hand_over(index, canvas, writer));
        canvas.dispose(frame);
        frame = GifFrame();
        if (!whole || index == choice.last()) break;
        const auto found = find_image(frame);
        if (!found) writer.note_partial();
        if (!found || *found == Found::end) break;
    }
    return Summary{
        .width = static_cast<std::uint32_t>(width),
        .height = static_cast<std::uint32_t>(height),
        .frames_total = std::max(frames_total, 1U),
        .decoder = fmt::format("giflib {}.{}.{}", GIFLIB_MAJOR, GIFLIB_MINOR, GIFLIB_RELEASE),
    };
}

}  // namespace

Result<Summary> decode_gif(const Input& input, FrameWriter& writer) {
    const ByteVector file = CAIRN_TRY(input.read_all(kWholeFileBytesMax));
    return GifReader(file).decode(count_frames(file), writer);
}

}  // namespace cairn::codec
