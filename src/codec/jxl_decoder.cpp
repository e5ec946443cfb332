#include <algorithm>
#include <memory>

#include <jxl/decode.h>

#include "codec/decoders.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

struct DecoderDeleter {
    void operator()(JxlDecoder* decoder) const { ::JxlDecoderDestroy(decoder); }
};
using Decoder = std::unique_ptr<JxlDecoder, DecoderDeleter>;

/// A decoder with the whole file as input; without a runner it starts no threads.
Result<Decoder> make_decoder(Bytes file, int events) {
    Decoder decoder(::JxlDecoderCreate(nullptr));
    if (!decoder) return fail(Errc::limit_exceeded, "memory");
    const bool ready =
        ::JxlDecoderSubscribeEvents(decoder.get(), events) == JXL_DEC_SUCCESS &&
        // The record is the pixels as stored; the turn is reported beside them, as for EXIF.
        ::JxlDecoderSetKeepOrientation(decoder.get(), JXL_TRUE) == JXL_DEC_SUCCESS &&
        ::JxlDecoderSetUnpremultiplyAlpha(decoder.get(), JXL_TRUE) == JXL_DEC_SUCCESS &&
        ::JxlDecoderSetInput(decoder.get(), file.data(), file.size()) == JXL_DEC_SUCCESS;
    if (!ready) return fail(Errc::internal, "libjxl: cannot be set up");
    ::JxlDecoderCloseInput(decoder.get());
    return decoder;
}

/// Frames are found by their headers; no pixels are decoded.
std::uint32_t count_frames(Bytes file) {
    const auto decoder = make_decoder(file, JXL_DEC_FRAME);
    std::uint32_t frames = 0;
    if (!decoder) return frames;
    while (frames < kFramesCountedMax) {
        if (::JxlDecoderProcessInput(decoder->get()) != JXL_DEC_FRAME) break;
        ++frames;
    }
    return frames;
}

class JxlReader {
public:
    JxlReader(Decoder decoder, std::uint32_t frames_total, FrameWriter& writer)
        : decoder_(std::move(decoder)), choice_(frames_total), writer_(writer) {}

    Status decode() {
        while (!done_) {
            const JxlDecoderStatus status = ::JxlDecoderProcessInput(decoder_.get());
            CAIRN_TRY(handle(status));
        }
        return ok();
    }

    std::uint32_t width() const { return info_.xsize; }
    std::uint32_t height() const { return info_.ysize; }
    std::uint8_t orientation() const {
        const auto value = static_cast<unsigned>(info_.orientation);
        return value >= 1 && value <= 8 ? static_cast<std::uint8_t>(value) : std::uint8_t{1};
    }

private:
    JxlPixelFormat format() const {
        const std::uint32_t colours = info_.num_color_channels == 1 ? 1 : 3;
        const std::uint32_t alpha = info_.alpha_bits > 0 ? 1 : 0;
        return {colours + alpha, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    }

    Status handle(JxlDecoderStatus status) {
        switch (status) {
            case JXL_DEC_BASIC_INFO:
                return on_info();
            case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
                return on_buffer_wanted();
            case JXL_DEC_FULL_IMAGE:
                return on_frame();
            case JXL_DEC_FRAME:
                return ok();
            case JXL_DEC_SUCCESS:
                done_ = true;
                return ok();
            default:
                return on_end();
        }
    }

    Status on_info() {
        if (::JxlDecoderGetBasicInfo(decoder_.get(), &info_) != JXL_DEC_SUCCESS) {
            return fail(Errc::corrupt_data, "JPEG XL: damaged header");
        }
        // The decoder works in 32-bit floats.
        return check_raster(info_.xsize, info_.ysize, std::uint64_t{4} * format().num_channels);
    }

    Status on_buffer_wanted() {
        const JxlPixelFormat wanted = format();
        std::size_t size = 0;
        if (::JxlDecoderImageOutBufferSize(decoder_.get(), &wanted, &size) != JXL_DEC_SUCCESS) {
            return fail(Errc::corrupt_data, "JPEG XL: damaged frame");
        }
        pixels_.assign(size, 0);
        if (::JxlDecoderSetImageOutBuffer(decoder_.get(), &wanted, pixels_.data(), size) !=
            JXL_DEC_SUCCESS) {
            return fail(Errc::corrupt_data, "JPEG XL: damaged frame");
        }
        return ok();
    }

    Status on_frame() {
        const std::uint32_t index = next_frame_++;
        if (index >= choice_.last()) done_ = true;
        if (choice_.takes(index)) CAIRN_TRY(hand_over(index));
        return ok();
    }

    /// The data end or are damaged. What was decoded of the current frame is shown.
    Status on_end() {
        done_ = true;
        const bool flushed =
            !pixels_.empty() && ::JxlDecoderFlushImage(decoder_.get()) == JXL_DEC_SUCCESS;
        if (flushed || next_frame_ > 0) writer_.note_partial();
        if (flushed && choice_.takes(next_frame_)) return hand_over(next_frame_);
        if (next_frame_ > 0) return ok();
        return fail(Errc::corrupt_data, "JPEG XL: damaged or cut short");
    }

    Status hand_over(std::uint32_t index) {
        PixelLayout layout;
        if (info_.num_color_channels == 1) layout.colour = PixelLayout::Colour::grey;
        layout.alpha = info_.alpha_bits > 0;
        CAIRN_TRY(writer_.begin({
            .index = index,
            .orientation = orientation(),
            .width = info_.xsize,
            .height = info_.ysize,
            .layout = layout,
        }));
        const std::size_t row_bytes = info_.xsize * layout.pixel_bytes();
        if (pixels_.size() < row_bytes * info_.ysize) {
            return fail(Errc::corrupt_data, "JPEG XL: no pixels");
        }
        for (std::size_t y = 0; y < info_.ysize; ++y) {
            writer_.push_row(&pixels_[y * row_bytes]);
        }
        pixels_.clear();
        return writer_.finish();
    }

    Decoder decoder_;
    FrameChoice choice_;
    FrameWriter& writer_;
    JxlBasicInfo info_{};
    ByteVector pixels_;
    std::uint32_t next_frame_ = 0;
    bool done_ = false;
};

}  // namespace

Result<Summary> decode_jpeg_xl(const Input& input, FrameWriter& writer) {
    const ByteVector file = CAIRN_TRY(input.read_all(kWholeFileBytesMax));
    const std::uint32_t frames = std::max(count_frames(file), 1U);
    const int events = JXL_DEC_BASIC_INFO | JXL_DEC_FRAME | JXL_DEC_FULL_IMAGE;
    Decoder decoder = CAIRN_TRY(make_decoder(file, events));
    JxlReader reader(std::move(decoder), frames, writer);
    CAIRN_TRY(reader.decode());
    const std::uint32_t version = ::JxlDecoderVersion();
    return Summary{
        .width = reader.width(),
        .height = reader.height(),
        .orientation = reader.orientation(),
        .frames_total = frames,
        .decoder = fmt::format(
            "libjxl {}.{}.{}", version / 1'000'000, version / 1000 % 1000, version % 1000
        ),
    };
}

}  // namespace cairn::codec
