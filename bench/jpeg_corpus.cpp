#include "bench/jpeg_corpus.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <jpeglib.h>

namespace cairn::bench {
namespace {

constexpr std::size_t kFilesMax = 60;
constexpr JDIMENSION kSideMax = 1920;
constexpr int kQuality = 85;
constexpr std::size_t kFileBytesMax = std::size_t{64} << 20U;

/// libjpeg over a buffer; its default error handling ends the program, as suits a benchmark.
class PlainDecoder {
public:
    explicit PlainDecoder(Bytes file) {
        info_.err = ::jpeg_std_error(&errors_);
        jpeg_create_decompress(&info_);
        ::jpeg_mem_src(&info_, file.data(), file.size());
        ::jpeg_read_header(&info_, TRUE);
    }
    PlainDecoder(const PlainDecoder&) = delete;
    PlainDecoder& operator=(const PlainDecoder&) = delete;
    ~PlainDecoder() { ::jpeg_destroy_decompress(&info_); }

    const jpeg_decompress_struct& info() const { return info_; }

    /// Decodes at `eighths` / 8 of the size.
    DecodedJpeg decode(unsigned eighths = 8) {
        info_.scale_num = eighths;
        info_.scale_denom = 8;
        info_.out_color_space = JCS_RGB;
        ::jpeg_start_decompress(&info_);
        DecodedJpeg out{{}, info_.output_width, info_.output_height};
        const std::size_t row_bytes = std::size_t{3} * out.width;
        out.pixels.resize(row_bytes * out.height);
        while (info_.output_scanline < info_.output_height) {
            JSAMPROW row = &out.pixels[info_.output_scanline * row_bytes];
            ::jpeg_read_scanlines(&info_, &row, 1);
        }
        ::jpeg_finish_decompress(&info_);
        return out;
    }

    void decode_rows(J_COLOR_SPACE colours) {
        info_.out_color_space = colours;
        ::jpeg_start_decompress(&info_);
        std::vector<JSAMPLE> row(std::size_t{3} * info_.output_width);
        JSAMPROW pointer = row.data();
        while (info_.output_scanline < info_.output_height) {
            ::jpeg_read_scanlines(&info_, &pointer, 1);
        }
        ::jpeg_finish_decompress(&info_);
    }

    void decode_planes() {
        constexpr std::size_t kLinesMax = 4 * DCTSIZE;
        info_.raw_data_out = TRUE;
        ::jpeg_start_decompress(&info_);
        const std::size_t stride = info_.output_width + std::size_t{8} * DCTSIZE;
        std::vector<JSAMPLE> buffer(3 * kLinesMax * stride);
        std::array<std::array<JSAMPROW, kLinesMax>, 3> lines;
        std::array<JSAMPARRAY, 3> planes;
        for (std::size_t plane = 0; plane < planes.size(); ++plane) {
            for (std::size_t i = 0; i < kLinesMax; ++i) {
                lines[plane][i] = &buffer[(plane * kLinesMax + i) * stride];
            }
            planes[plane] = lines[plane].data();
        }
        const auto band = static_cast<JDIMENSION>(info_.max_v_samp_factor * DCTSIZE);
        while (info_.output_scanline < info_.output_height) {
            ::jpeg_read_raw_data(&info_, planes.data(), band);
        }
        ::jpeg_finish_decompress(&info_);
    }

private:
    jpeg_decompress_struct info_{};
    jpeg_error_mgr errors_{};
};

std::set<std::string> jpeg_paths() {
    namespace fs = std::filesystem;
    std::set<std::string> paths;
    for (const char* folder : {"/usr/share/backgrounds", "/usr/share/wallpapers"}) {
        std::error_code ignored;
        for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
            if (entry.is_regular_file() && entry.path().extension() == ".jpg") {
                paths.insert(fs::canonical(entry.path()).string());
            }
        }
    }
    return paths;
}

ByteVector encode(const DecodedJpeg& picture) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = ::jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    ::jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = picture.width;
    info.image_height = picture.height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    ::jpeg_set_defaults(&info);
    ::jpeg_set_quality(&info, kQuality, TRUE);
    ::jpeg_start_compress(&info, TRUE);
    std::vector<JSAMPLE> row(std::size_t{3} * picture.width);
    while (info.next_scanline < info.image_height) {
        std::copy_n(&picture.pixels[info.next_scanline * row.size()], row.size(), row.begin());
        JSAMPROW pointer = row.data();
        ::jpeg_write_scanlines(&info, &pointer, 1);
    }
    ::jpeg_finish_compress(&info);
    ByteVector out(bytes, bytes + size);
    std::free(bytes);
    ::jpeg_destroy_compress(&info);
    return out;
}

/// A version of the file no side of which is above kSideMax.
ByteVector scaled_down(Bytes file, JDIMENSION longest) {
    const auto eighths = static_cast<unsigned>(std::uint64_t{8} * kSideMax / longest);
    return encode(PlainDecoder(file).decode(std::max(eighths, 1U)));
}

Result<JpegFile> load_file(const std::string& path) {
    JpegFile file{path, {}, {}, 0};
    file.bytes = CAIRN_TRY(read_file(path, kFileBytesMax));
    file.fd = CAIRN_TRY(open_for_reading(path));
    const PlainDecoder original(file.bytes);
    if (original.info().num_components != 3) return fail(Errc::unsupported, "grey or CMYK");
    const JDIMENSION longest = std::max(original.info().image_width, original.info().image_height);
    if (longest > kSideMax) {
        file.bytes = scaled_down(file.bytes, longest);
        file.fd = CAIRN_TRY(make_memory_file("jpeg"));
        CAIRN_TRY(write_all(file.fd.get(), file.bytes));
    }
    const PlainDecoder decoder(file.bytes);
    file.pixels = std::uint64_t{decoder.info().image_width} * decoder.info().image_height;
    return file;
}

std::vector<JpegFile> load() {
    std::vector<JpegFile> files;
    for (const std::string& path : jpeg_paths()) {
        if (files.size() >= kFilesMax) break;
        auto file = load_file(path);
        if (file) files.push_back(std::move(*file));
    }
    return files;
}

}  // namespace

const std::vector<JpegFile>& jpeg_corpus() {
    static const std::vector<JpegFile> kFiles = load();
    return kFiles;
}

DecodedJpeg decode_plainly(Bytes file) {
    return PlainDecoder(file).decode();
}

void decode_only(Bytes file, PlainDecode what) {
    PlainDecoder decoder(file);
    if (what == PlainDecode::planes) return decoder.decode_planes();
    decoder.decode_rows(what == PlainDecode::grey ? JCS_GRAYSCALE : JCS_RGB);
}

}  // namespace cairn::bench
