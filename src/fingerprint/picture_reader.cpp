#include "fingerprint/picture_reader.h"

#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fingerprint/query_variants.h"
#include "media/decoder_pool.h"

namespace cairn::fingerprint {
namespace {

/// A rendering is asked for beside the record when it lies further away than this.
constexpr int kRenderingDistance = 8;

Result<media::PictureFormat> format_of(FileType type) {
    switch (type) {
        case FileType::jpeg:
            return media::PictureFormat::jpeg;
        case FileType::png:
            return media::PictureFormat::png;
        case FileType::gif:
            return media::PictureFormat::gif;
        case FileType::webp:
            return media::PictureFormat::webp;
        case FileType::tiff:
            return media::PictureFormat::tiff;
        case FileType::bmp:
            return media::PictureFormat::bmp;
        case FileType::heif:
            return media::PictureFormat::heif;
        case FileType::avif:
            return media::PictureFormat::avif;
        case FileType::jpeg_xl:
            return media::PictureFormat::jpeg_xl;
        default:
            return fail(Errc::unsupported, "{} is no picture", media_type_of(type));
    }
}

static_assert(
    static_cast<int>(Frame::Kind::thumbnail) == static_cast<int>(media::FrameKind::thumbnail)
);

/// Pixels that somebody else may change while they are hashed would only give another hash.
PixelView view_of(const media::Frame& frame, const media::Raster& raster) {
    return {raster.pixels, frame.width, frame.height, frame.channels};
}

/// Hashes of one frame's pixels in the orders that are asked for.
class FrameHasher {
public:
    explicit FrameHasher(const media::Frame& frame) : frame_(frame) {}

    PdqHash record() const { return pdq_hash(view_of(frame_, frame_.rasters.front())); }

    /// The picture turned as its EXIF orientation says; nothing when it stands upright.
    Result<PdqHash> oriented() const {
        switch (frame_.orientation) {
            case 2:
                return in_order(media::Order::mirrored_across, false);
            case 3:
                return in_order(media::Order::mirrored_both, false);
            case 4:
                return in_order(media::Order::mirrored_down, false);
            case 5:
                return in_order(media::Order::as_is, true);
            case 6:
                return in_order(media::Order::mirrored_down, true);
            case 7:
                return in_order(media::Order::mirrored_both, true);
            case 8:
                return in_order(media::Order::mirrored_across, true);
            default:
                return record();
        }
    }

    Result<std::array<PdqHash, kTurnCount>> turns() const {
        if (whole()) return pdq_true_turns(view_of(frame_, frame_.rasters.front()));
        std::array<PdqPair, 4> pairs;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const PixelView view = CAIRN_TRY(raster_in(static_cast<media::Order>(i)));
            pairs[i] = pdq_hash_pair(view);
        }
        return arrange_turns(pairs);
    }

private:
    /// A small picture comes in one order, from which its turns are made here.
    bool whole() const {
        for (const media::Raster& raster : frame_.rasters) {
            if (raster.order != media::Order::as_is) return false;
        }
        return true;
    }

    Result<PixelView> raster_in(media::Order order) const {
        for (const media::Raster& raster : frame_.rasters) {
            if (raster.rendering == media::Rendering::record && raster.order == order) {
                return view_of(frame_, raster);
            }
        }
        return fail(Errc::unavailable, "the decoder left out a pixel order");
    }

    Result<PdqHash> in_order(media::Order order, bool transposed) const {
        if (order != media::Order::as_is && whole()) {
            const auto turns = pdq_true_turns(view_of(frame_, frame_.rasters.front()));
            return turns[static_cast<std::size_t>(turn_of(order, transposed))];
        }
        const PixelView view = CAIRN_TRY(raster_in(order));
        const PdqPair pair = pdq_hash_pair(view);
        return transposed ? pair.transposed : pair.as_is;
    }

    static Turn turn_of(media::Order order, bool transposed) {
        switch (order) {
            case media::Order::mirrored_across:
                return transposed ? Turn::rotate90 : Turn::flip_y;
            case media::Order::mirrored_down:
                return transposed ? Turn::rotate270 : Turn::flip_x;
            case media::Order::mirrored_both:
                return transposed ? Turn::flip_minus1 : Turn::rotate180;
            case media::Order::as_is:
                break;
        }
        return transposed ? Turn::flip_plus1 : Turn::original;
    }

    const media::Frame& frame_;
};

/// Variants from the small picture, or from the pixels where those are all there are.
std::vector<QueryVariant> variants_of(const media::Frame& frame, QuerySet set) {
    if (set == QuerySet::upright || frame.kind == media::FrameKind::thumbnail) return {};
    if (frame.small) {
        const media::SmallPicture& small = *frame.small;
        // A copy: what the decoder could still change is read once.
        const ByteVector cells(small.cells.begin(), small.cells.end());
        const Axis across{small.source_width, small.cell_width};
        const Axis down{small.source_height, small.cell_height};
        return query_variants({cells, across, down}, set);
    }
    const ByteVector luma = luma_of(view_of(frame, frame.rasters.front()));
    return query_variants({luma, {frame.width}, {frame.height}}, set);
}

Result<Frame> hash_frame(const media::Frame& decoded, QuerySet query_set, bool turns) {
    const FrameHasher hasher(decoded);
    Frame frame;
    frame.kind = static_cast<Frame::Kind>(decoded.kind);
    frame.index = decoded.index;
    frame.record = hasher.record();
    if (decoded.orientation != 1) frame.oriented = CAIRN_TRY(hasher.oriented());
    for (const media::Raster& raster : decoded.rasters) {
        const bool other = raster.rendering != media::Rendering::record;
        if (!other || raster.order != media::Order::as_is) continue;
        const PdqHash hash = pdq_hash(view_of(decoded, raster));
        if (distance(hash.code, frame.record.code) > kRenderingDistance) {
            frame.renderings.push_back(hash);
        }
    }
    frame.variants = variants_of(decoded, query_set);
    if (turns) frame.turns = CAIRN_TRY(hasher.turns());
    return frame;
}

class PooledPictureReader final : public PictureReader {
public:
    explicit PooledPictureReader(const Options& options)
        : query_set_(options.query_set),
          turns_(options.turns),
          thumbnails_(options.thumbnails),
          decoders_(
              {.program = options.decoder_program, .arguments = {}, .decoders = options.decoders}
          ),
          detectors_({.program = options.decoder_program, .arguments = {"--magic"}}) {}

    Result<PictureFingerprint> read(int fd, std::uint64_t size_bytes, FileType type) override {
        media::DecodeRequest request;
        request.size_bytes = size_bytes;
        request.format = CAIRN_TRY(format_of(type));
        request.options = {
            .turns = turns_,
            .thumbnails = thumbnails_,
            .small = query_set_ != QuerySet::upright,
        };
        PictureFingerprint out;
        const media::PictureSummary summary =
            CAIRN_TRY(decoders_.decode(fd, request, [&](const media::Frame& decoded) -> Status {
                Frame frame = CAIRN_TRY(hash_frame(decoded, query_set_, turns_));
                out.frames.push_back(std::move(frame));
                return ok();
            }));
        if (out.frames.empty()) {
            return fail(Errc::unavailable, "the decoder was stopped: it handed over no frame");
        }
        out.width = summary.width;
        out.height = summary.height;
        out.orientation = summary.orientation;
        out.frames_total = summary.frames_total;
        out.partial = summary.partial;
        out.decoder = summary.decoder;
        return out;
    }

    Result<std::string> media_type(int fd) override {
        struct stat status {};
        if (::fstat(fd, &status) != 0) return fail(Errc::io, "size: {}", errno_text(errno));
        return detectors_.media_type(fd, static_cast<std::uint64_t>(status.st_size));
    }

private:
    QuerySet query_set_;
    bool turns_;
    bool thumbnails_;
    media::DecoderPool decoders_;
    media::DecoderPool detectors_;
};

}  // namespace

Result<std::unique_ptr<PictureReader>> PictureReader::create(Options options) {
    if (::access(options.decoder_program.c_str(), X_OK) != 0) {
        return fail(
            Errc::unavailable,
            "{}: {}; it is installed beside cairn",
            options.decoder_program,
            errno_text(errno)
        );
    }
    return std::unique_ptr<PictureReader>(std::make_unique<PooledPictureReader>(options));
}

}  // namespace cairn::fingerprint
