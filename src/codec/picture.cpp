#include "codec/picture.h"

#include <new>

#include <libheif/heif.h>

#include "codec/decoders.h"

namespace cairn::codec {
namespace {

Result<Summary> dispatch(const Input& input, Format format, FrameWriter& writer) {
    switch (format) {
        case Format::jpeg:
            return decode_jpeg(input, writer);
        case Format::png:
            return decode_png(input, writer);
        case Format::gif:
            return decode_gif(input, writer);
        case Format::webp:
            return decode_webp(input, writer);
        case Format::tiff:
            return decode_tiff(input, writer);
        case Format::bmp:
            return decode_bmp(input, writer);
        case Format::heif:
        case Format::avif:
            return decode_heif(input, writer);
        case Format::jpeg_xl:
            return decode_jpeg_xl(input, writer);
    }
    return fail(Errc::unsupported, "picture format {}", static_cast<int>(format));
}

}  // namespace

Result<Summary> decode_picture(
    const Input& input,
    Format format,
    const Options& options,
    MutableBytes store,
    const FrameSink& sink
) {
    FrameWriter writer(options, store, sink);
    try {
        Summary summary = CAIRN_TRY(dispatch(input, format, writer));
        summary.partial = writer.partial();
        return summary;
    } catch (const std::bad_alloc&) {
        return fail(Errc::limit_exceeded, "memory");
    } catch (const std::exception& error) {
        return fail(Errc::corrupt_data, "{}", error.what());
    }
}

void prepare_decoders() {
    // Loads its plug-ins and their tables; the other libraries load nothing.
    ::heif_init(nullptr);
}

}  // namespace cairn::codec
