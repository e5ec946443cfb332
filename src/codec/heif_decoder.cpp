#include <memory>

#include <libheif/heif.h>

#include "codec/decoders.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

struct ContextDeleter {
    void operator()(heif_context* context) const { ::heif_context_free(context); }
};
struct HandleDeleter {
    void operator()(const heif_image_handle* handle) const { ::heif_image_handle_release(handle); }
};
struct ImageDeleter {
    void operator()(const heif_image* image) const { ::heif_image_release(image); }
};
struct OptionsDeleter {
    void operator()(heif_decoding_options* options) const { ::heif_decoding_options_free(options); }
};

Status status_of(const heif_error& error) {
    const char* text = error.message != nullptr ? error.message : "";
    switch (error.code) {
        case heif_error_Ok:
            return ok();
        case heif_error_Unsupported_filetype:
        case heif_error_Unsupported_feature:
            return fail(Errc::unsupported, "HEIF: {}", text);
        case heif_error_Memory_allocation_error:
            return fail(Errc::limit_exceeded, "HEIF: {}", text);
        default:
            break;
    }
    if (error.subcode == heif_suberror_Security_limit_exceeded) {
        return fail(Errc::limit_exceeded, "HEIF: {}", text);
    }
    return fail(Errc::corrupt_data, "HEIF: {}", text);
}

PixelLayout layout_of(const heif_image_handle* handle) {
    PixelLayout layout;
    const int bits = ::heif_image_handle_get_luma_bits_per_pixel(handle);
    layout.alpha = ::heif_image_handle_has_alpha_channel(handle) != 0;
    layout.premultiplied = layout.alpha && ::heif_image_handle_is_premultiplied_alpha(handle) != 0;
    layout.wide = bits > 8 && bits <= 16;
    layout.sample_max = layout.wide ? (1U << static_cast<unsigned>(bits)) - 1U : 255U;
    return layout;
}

heif_chroma chroma_of(const PixelLayout& layout) {
    if (layout.wide) {
        return layout.alpha ? heif_chroma_interleaved_RRGGBBAA_LE
                            : heif_chroma_interleaved_RRGGBB_LE;
    }
    return layout.alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
}

/// Decodes with the container's rotation, mirroring and cropping applied (the default).
Status decode_primary(
    const heif_image_handle* handle,
    FrameWriter& writer,
    std::uint32_t& width,
    std::uint32_t& height
) {
    const PixelLayout layout = layout_of(handle);
    const std::unique_ptr<heif_decoding_options, OptionsDeleter> options(
        ::heif_decoding_options_alloc()
    );
    heif_image* decoded = nullptr;
    CAIRN_TRY(status_of(
        ::heif_decode_image(handle, &decoded, heif_colorspace_RGB, chroma_of(layout), options.get())
    ));
    const std::unique_ptr<const heif_image, ImageDeleter> image(decoded);
    const int columns = ::heif_image_get_width(decoded, heif_channel_interleaved);
    const int rows = ::heif_image_get_height(decoded, heif_channel_interleaved);
    int stride = 0;
    const std::uint8_t* plane =
        ::heif_image_get_plane_readonly(decoded, heif_channel_interleaved, &stride);
    if (plane == nullptr || columns <= 0 || rows <= 0) {
        return fail(Errc::corrupt_data, "HEIF: no pixels");
    }
    // What the coded picture holds, which need not be what the container said.
    width = static_cast<std::uint32_t>(columns);
    height = static_cast<std::uint32_t>(rows);
    CAIRN_TRY(writer.begin({.width = width, .height = height, .layout = layout}));
    for (int y = 0; y < rows; ++y) writer.push_row(plane + std::ptrdiff_t{y} * stride);
    return writer.finish();
}

}  // namespace

Result<Summary> decode_heif(const Input& input, FrameWriter& writer) {
    const ByteVector file = CAIRN_TRY(input.read_all(kWholeFileBytesMax));
    const std::unique_ptr<heif_context, ContextDeleter> context(::heif_context_alloc());
    if (!context) return fail(Errc::limit_exceeded, "memory");
    // No threads of its own: several children decode at once.
    ::heif_context_set_max_decoding_threads(context.get(), 0);
    CAIRN_TRY(status_of(::heif_context_read_from_memory_without_copy(
        context.get(), file.data(), file.size(), nullptr
    )));
    heif_image_handle* found = nullptr;
    CAIRN_TRY(status_of(::heif_context_get_primary_image_handle(context.get(), &found)));
    const std::unique_ptr<const heif_image_handle, HandleDeleter> handle(found);
    const int stated_width = ::heif_image_handle_get_width(found);
    const int stated_height = ::heif_image_handle_get_height(found);
    if (stated_width <= 0 || stated_height <= 0) {
        return fail(Errc::corrupt_data, "HEIF: a side is zero");
    }
    Summary summary;
    summary.width = static_cast<std::uint32_t>(stated_width);
    summary.height = static_cast<std::uint32_t>(stated_height);
    CAIRN_TRY(check_raster(summary.width, summary.height, layout_of(found).pixel_bytes()));
    CAIRN_TRY(decode_primary(found, writer, summary.width, summary.height));
    // Of a sequence the primary picture is decoded; libheif 1.15 does not read tracks.
    summary.decoder = std::string("libheif ") + ::heif_get_version();
    return summary;
}

}  // namespace cairn::codec
