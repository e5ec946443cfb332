#include "http/compression.h"

#include <new>

#include <brotli/encode.h>
#include <zlib.h>

#include "base/bytes.h"

namespace cairn::http {
namespace {

/// The best is 11, which takes ten times as long for some percent.
constexpr int kBrotliQuality = 9;
/// zlib: the largest window, and 16 for the header of gzip.
constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibMemory = 9;

}  // namespace

std::string gzip(std::string_view content) {
    z_stream stream{};
    if (deflateInit2(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kZlibMemory, Z_DEFAULT_STRATEGY
        ) != Z_OK) {
        throw std::bad_alloc();
    }
    ByteVector input(content.begin(), content.end());
    ByteVector output(deflateBound(&stream, static_cast<uLong>(input.size())));
    stream.next_in = input.data();
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = output.data();
    stream.avail_out = static_cast<uInt>(output.size());
    deflate(&stream, Z_FINISH);  // as much as deflateBound() says is always enough
    output.resize(stream.total_out);
    deflateEnd(&stream);
    return std::string(as_text(output));
}

std::string brotli(std::string_view content) {
    std::size_t size = BrotliEncoderMaxCompressedSize(content.size());
    ByteVector output(size);
    const Bytes input = as_bytes(content);
    const bool is_done = BrotliEncoderCompress(
                             kBrotliQuality,
                             BROTLI_DEFAULT_WINDOW,
                             BROTLI_MODE_TEXT,
                             input.size(),
                             input.data(),
                             &size,
                             output.data()
                         ) == BROTLI_TRUE;
    if (!is_done) throw std::bad_alloc();
    output.resize(size);
    return std::string(as_text(output));
}

}  // namespace cairn::http
