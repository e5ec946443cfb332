// cairn-decoder: turns pictures into samples for its parent, confined. Not for use by hand.
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include "codec/media_type.h"
#include "codec/picture.h"
#include "confine/lock_down.h"
#include "media/decoder_service.h"

namespace {

using cairn::Bytes;
using cairn::MutableBytes;
using cairn::Result;

// codec and media know nothing of each other; their enumerations are the same words in the same
// order.
static_assert(
    static_cast<int>(cairn::codec::Format::jpeg_xl) ==
    static_cast<int>(cairn::media::PictureFormat::jpeg_xl)
);
static_assert(
    static_cast<int>(cairn::codec::FrameKind::thumbnail) ==
    static_cast<int>(cairn::media::FrameKind::thumbnail)
);
static_assert(
    static_cast<int>(cairn::codec::Rendering::over_black) ==
    static_cast<int>(cairn::media::Rendering::over_black)
);
static_assert(
    static_cast<int>(cairn::codec::Order::mirrored_both) ==
    static_cast<int>(cairn::media::Order::mirrored_both)
);
static_assert(cairn::codec::kStoreBytesMin <= cairn::media::kStoreBytes);
static_assert(cairn::codec::kSmallSideMax == cairn::media::kSmallSideMax);

/// A whole childhood of items at their CPU limit, and some: only a backstop.
constexpr cairn::confine::Limits kLimits{
    .memory_bytes_max = std::uint64_t{2560} << 20U,
    .cpu_max = std::chrono::hours(4),
};

cairn::media::FrameAnswer to_wire(const cairn::codec::Frame& frame) {
    cairn::media::FrameAnswer answer;
    answer.frame.kind = static_cast<cairn::media::FrameKind>(frame.kind);
    answer.frame.index = frame.index;
    answer.frame.orientation = frame.orientation;
    answer.frame.width = frame.width;
    answer.frame.height = frame.height;
    answer.frame.channels = frame.channels;
    for (const cairn::codec::Raster& raster : frame.rasters) {
        answer.places.push_back({
            static_cast<cairn::media::Rendering>(raster.rendering),
            static_cast<cairn::media::Order>(raster.order),
            raster.offset,
        });
    }
    if (frame.small) {
        const cairn::codec::SmallPicture& small = *frame.small;
        answer.frame.small = {
            small.source_width, small.source_height, small.cell_width, small.cell_height, {}};
        answer.small_offset = small.offset;
    }
    return answer;
}

Result<cairn::media::PictureSummary> decode(
    int fd,
    const cairn::media::DecodeRequest& request,
    MutableBytes store,
    const cairn::media::FrameDelivery& delivery
) {
    const cairn::codec::Options options{
        .turns = request.options.turns,
        .thumbnails = request.options.thumbnails,
        .small = request.options.small,
    };
    const cairn::codec::Summary summary = CAIRN_TRY(cairn::codec::decode_picture(
        cairn::codec::Input(fd, request.size_bytes),
        static_cast<cairn::codec::Format>(request.format),
        options,
        store,
        {
            .take = [&](const cairn::codec::Frame& f) { return delivery.deliver(to_wire(f)); },
            .before_frame = delivery.wait_until_taken,
        }
    ));
    return cairn::media::PictureSummary{
        summary.width,
        summary.height,
        summary.orientation,
        summary.frames_total,
        summary.partial,
        summary.decoder,
    };
}

int refuse(const std::string& why) {
    std::fprintf(stderr, "cairn-decoder: %s\n", why.c_str());
    return 1;
}

/// Libraries print what they dislike about a file; that is nobody's terminal. Sanitizers keep it.
void silence_standard_error() {
#ifndef CAIRN_SANITIZED
    const cairn::Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (null) ::dup2(null.get(), STDERR_FILENO);
#endif
}

/// Pictures are alike: what one needed is kept for the next instead of going back to the system
/// and being taken, and cleared, anew.
void keep_memory() {
    constexpr int kMappedFromBytes = 32 << 20;
    constexpr int kKeptBytes = 128 << 20;
    ::mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
    ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

}  // namespace

int main(int argc, char** argv) {
    if (::fcntl(cairn::confine::kChildChannel, F_GETFD) < 0) {
        return refuse("started by cairn, not by hand");
    }
    std::unique_ptr<cairn::codec::MediaTypeDetector> detector;
    if (argc == 2 && std::strcmp(argv[1], "--magic") == 0) {
        auto loaded = cairn::codec::MediaTypeDetector::create();
        if (!loaded) return refuse(loaded.error().message);
        detector = std::move(*loaded);
    }
    cairn::codec::prepare_decoders();
    keep_memory();
    silence_standard_error();
    if (const auto locked = cairn::confine::lock_down(kLimits); !locked) {
        return refuse(locked.error().message);
    }
    const cairn::media::DecoderFunctions functions{
        .decode = decode,
        .media_type = [&detector](int fd, std::uint64_t size_bytes) -> Result<std::string> {
            if (!detector) return cairn::fail(cairn::Errc::unsupported, "started without --magic");
            return detector->detect(cairn::codec::Input(fd, size_bytes));
        },
    };
    const auto served = cairn::media::serve_decoder(cairn::confine::kChildChannel, functions);
    // Without the destructors and exit handlers of a dozen libraries.
    ::_exit(served ? 0 : 1);
}
