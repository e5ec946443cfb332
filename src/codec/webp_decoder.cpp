#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "codec/decoders.h"
#include "codec/exif.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

std::string decoder_name() {
    const int version = ::WebPGetDecoderVersion();
    return fmt::format(
        "libwebp {}.{}.{}", (version >> 16) & 0xFF, (version >> 8) & 0xFF, version & 0xFF
    );
}

struct DemuxerDeleter {
    void operator()(WebPDemuxer* demuxer) const { ::WebPDemuxDelete(demuxer); }
};

/// The EXIF chunk of a file that may be cut short; views into `file`.
Exif find_exif(Bytes file) {
    const WebPData data{file.data(), file.size()};
    WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
    const std::unique_ptr<WebPDemuxer, DemuxerDeleter> demuxer(::WebPDemuxPartial(&data, &state));
    WebPChunkIterator chunk{};
    if (!demuxer || ::WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) == 0) return {};
    const Exif exif = parse_exif({chunk.chunk.bytes, chunk.chunk.size});
    ::WebPDemuxReleaseChunkIterator(&chunk);
    return exif;
}

struct IncrementalDeleter {
    void operator()(WebPIDecoder* decoder) const { ::WebPIDelete(decoder); }
};

/// Owns what a decoder put out.
struct Output {
    WebPDecoderConfig config{};
    bool valid = ::WebPInitDecoderConfig(&config) != 0;
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { ::WebPFreeDecBuffer(&config.output); }
};

Status decode_still(
    Bytes file, const WebPBitstreamFeatures& features, std::uint8_t orientation, FrameWriter& writer
) {
    const bool alpha = features.has_alpha != 0;
    Output output;
    if (!output.valid) return fail(Errc::internal, "libwebp: other version than its header");
    output.config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
    const std::unique_ptr<WebPIDecoder, IncrementalDeleter> decoder(
        ::WebPIDecode(nullptr, 0, &output.config)
    );
    if (!decoder) return fail(Errc::limit_exceeded, "memory");
    const VP8StatusCode code = ::WebPIAppend(decoder.get(), file.data(), file.size());
    if (code == VP8_STATUS_OUT_OF_MEMORY) return fail(Errc::limit_exceeded, "memory");
    int rows = 0;
    int width = 0;
    int height = 0;
    int stride = 0;
    const std::uint8_t* pixels = ::WebPIDecGetRGB(decoder.get(), &rows, &width, &height, &stride);
    if (pixels == nullptr || rows <= 0) {
        return fail(Errc::corrupt_data, "WebP: status {}", static_cast<int>(code));
    }
    CAIRN_TRY(writer.begin({
        .orientation = orientation,
        .width = static_cast<std::uint32_t>(width),
        .height = static_cast<std::uint32_t>(height),
        .layout = {.alpha = alpha},
    }));
    for (int y = 0; y < rows; ++y) writer.push_row(pixels + std::ptrdiff_t{y} * stride);
    return writer.finish();
}

struct AnimationDeleter {
    void operator()(WebPAnimDecoder* decoder) const { ::WebPAnimDecoderDelete(decoder); }
};

/// The number of frames in the file.
Result<std::uint32_t> decode_animation(Bytes file, std::uint8_t orientation, FrameWriter& writer) {
    WebPAnimDecoderOptions options{};
    if (::WebPAnimDecoderOptionsInit(&options) == 0) {
        return fail(Errc::internal, "libwebpdemux: other version than its header");
    }
    options.color_mode = MODE_RGBA;
    options.use_threads = 0;
    const WebPData data{file.data(), file.size()};
    const std::unique_ptr<WebPAnimDecoder, AnimationDeleter> decoder(
        ::WebPAnimDecoderNew(&data, &options)
    );
    WebPAnimInfo info{};
    if (!decoder || ::WebPAnimDecoderGetInfo(decoder.get(), &info) == 0) {
        return fail(Errc::corrupt_data, "WebP: damaged animation");
    }
    const FrameChoice choice(info.frame_count);
    const std::size_t row_bytes = std::size_t{info.canvas_width} * 4;
    for (std::uint32_t index = 0; index <= choice.last(); ++index) {
        std::uint8_t* canvas = nullptr;
        int timestamp = 0;
        if (::WebPAnimDecoderGetNext(decoder.get(), &canvas, &timestamp) == 0) {
            if (index == 0) return fail(Errc::corrupt_data, "WebP: damaged first frame");
            writer.note_partial();
            break;
        }
        if (!choice.takes(index)) continue;
        CAIRN_TRY(writer.begin({
            .index = index,
            .orientation = orientation,
            .width = info.canvas_width,
            .height = info.canvas_height,
            .layout = {.alpha = true},
        }));
        for (std::size_t y = 0; y < info.canvas_height; ++y) {
            writer.push_row(canvas + y * row_bytes);
        }
        CAIRN_TRY(writer.finish());
    }
    return info.frame_count;
}

}  // namespace

Result<Summary> decode_webp(const Input& input, FrameWriter& writer) {
    const ByteVector file = CAIRN_TRY(input.read_all(kWholeFileBytesMax));
    WebPBitstreamFeatures features{};
    if (::WebPGetFeatures(file.data(), file.size(), &features) != VP8_STATUS_OK) {
        return fail(Errc::corrupt_data, "WebP: damaged header");
    }
    const auto width = static_cast<std::uint32_t>(features.width);
    const auto height = static_cast<std::uint32_t>(features.height);
    CAIRN_TRY(check_raster(width, height, 4));
    const Exif exif = find_exif(file);
    std::uint32_t frames = 1;
    if (features.has_animation != 0) {
        frames = CAIRN_TRY(decode_animation(file, exif.orientation, writer));
    } else {
        CAIRN_TRY(decode_still(file, features, exif.orientation, writer));
    }
    CAIRN_TRY(decode_thumbnail(exif.thumbnail, exif.orientation, writer));
    return Summary{
        .width = width,
        .height = height,
        .orientation = exif.orientation,
        .frames_total = frames,
        .decoder = decoder_name(),
    };
}

}  // namespace cairn::codec
