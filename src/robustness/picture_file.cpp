#include "robustness/picture_file.h"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

namespace cairn::robustness {
namespace {

/// Writes one JPEG into memory. Errors of the library keep their message and jump back.
class JpegWriter {
public:
    JpegWriter() {
        info_.err = ::jpeg_std_error(&errors_);
        errors_.error_exit = on_error;
        info_.client_data = this;
    }
    JpegWriter(const JpegWriter&) = delete;
    JpegWriter& operator=(const JpegWriter&) = delete;
    ~JpegWriter() {
        ::jpeg_destroy_compress(&info_);
        std::free(out_);
    }

    Result<ByteVector> write(const Raster& picture, int quality) {
        if (!guarded(picture, quality)) return fail(Errc::internal, "JPEG: {}", message_.data());
        return ByteVector(out_, out_ + size_);
    }

private:
    [[noreturn]] static void on_error(j_common_ptr info) {
        auto* writer = static_cast<JpegWriter*>(info->client_data);
        writer->errors_.format_message(info, writer->message_.data());
        std::longjmp(writer->jump_, 1);
    }

    bool guarded(const Raster& picture, int quality) {
        if (setjmp(jump_) != 0) return false;
        compress(picture, quality);
        return true;
    }

    void compress(const Raster& picture, int quality) {
        ::jpeg_create_compress(&info_);
        ::jpeg_mem_dest(&info_, &out_, &size_);
        info_.image_width = picture.width;
        info_.image_height = picture.height;
        info_.input_components = static_cast<int>(Raster::kChannels);
        info_.in_color_space = JCS_RGB;
        ::jpeg_set_defaults(&info_);
        ::jpeg_set_quality(&info_, quality, TRUE);
        ::jpeg_start_compress(&info_, TRUE);
        row_.resize(picture.row_bytes());
        JSAMPROW line = row_.data();
        while (info_.next_scanline < info_.image_height) {
            const std::uint8_t* from = picture.at(0, info_.next_scanline);
            row_.assign(from, from + row_.size());
            ::jpeg_write_scanlines(&info_, &line, 1);
        }
        ::jpeg_finish_compress(&info_);
    }

    jpeg_compress_struct info_{};
    jpeg_error_mgr errors_{};
    std::jmp_buf jump_{};
    std::array<char, JMSG_LENGTH_MAX> message_{};
    ByteVector row_;  ///< not a local: a jump passes over no destructor
    unsigned char* out_ = nullptr;
    unsigned long size_ = 0;
};

Result<ByteVector> encode_png(const Raster& picture) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = picture.width;
    image.height = picture.height;
    image.format = PNG_FORMAT_RGB;
    image.flags = PNG_IMAGE_FLAG_FAST;
    ByteVector out(PNG_IMAGE_PNG_SIZE_MAX(image));
    png_alloc_size_t size = out.size();
    const int written = ::png_image_write_to_memory(
        &image, out.data(), &size, 0, picture.pixels.data(), 0, nullptr
    );
    if (written == 0) return fail(Errc::internal, "PNG: {}", image.message);
    out.resize(size);
    return out;
}

Result<ByteVector> encode_webp(const Raster& picture, int quality) {
    std::uint8_t* out = nullptr;
    const std::size_t size = ::WebPEncodeRGB(
        picture.pixels.data(),
        static_cast<int>(picture.width),
        static_cast<int>(picture.height),
        static_cast<int>(picture.row_bytes()),
        static_cast<float>(quality),
        &out
    );
    const std::unique_ptr<std::uint8_t, decltype(&::WebPFree)> owned(out, ::WebPFree);
    if (size == 0) return fail(Errc::internal, "WebP: not encoded");
    return ByteVector(out, out + size);
}

}  // namespace

Result<ByteVector> encode(const Raster& picture, const Encoding& encoding) {
    switch (encoding.format) {
        case FileFormat::jpeg: {
            JpegWriter writer;
            return writer.write(picture, encoding.quality);
        }
        case FileFormat::png:
            return encode_png(picture);
        case FileFormat::webp:
            return encode_webp(picture, encoding.quality);
    }
    return fail(Errc::internal, "unknown format");
}

}  // namespace cairn::robustness
