#include "bench/jpeg_corpus.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include <jpeglib.h>

#include "base/fd.h"

namespace cairn::bench {
namespace {

constexpr std::size_t kFilesMax = 60;
constexpr JDIMENSION kSideMax = 2560;
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

    DecodedJpeg decode() {
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

std::vector<JpegFile> load() {
    std::vector<JpegFile> files;
    for (const std::string& path : jpeg_paths()) {
        auto bytes = read_file(path, kFileBytesMax);
        if (!bytes) continue;
        const PlainDecoder decoder(*bytes);
        const auto& info = decoder.info();
        const bool fits = std::max(info.image_width, info.image_height) <= kSideMax;
        if (!fits || info.num_components != 3 || files.size() >= kFilesMax) continue;
        const std::uint64_t pixels = std::uint64_t{info.image_width} * info.image_height;
        files.push_back({path, std::move(*bytes), pixels});
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

}  // namespace cairn::bench
