#include "media/decoder_protocol.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::media {
namespace {

constexpr std::uint8_t kOptionTurns = 1;
constexpr std::uint8_t kOptionThumbnails = 2;
constexpr std::uint8_t kOptionSmall = 4;

/// An enumeration's value from the wire; `last` is its greatest.
template <typename Enum>
Result<Enum> read_enum(ByteReader& reader, Enum last) {
    const std::uint8_t value = CAIRN_TRY(reader.u8());
    if (value > static_cast<std::uint8_t>(last)) {
        return fail(Errc::corrupt_data, "value {} out of range", value);
    }
    return static_cast<Enum>(value);
}

/// The rest of the message as text for people: one line, printable.
Result<std::string> read_text(ByteReader& reader) {
    if (reader.remaining() > kTextBytesMax) return fail(Errc::corrupt_data, "text too long");
    const Bytes bytes = CAIRN_TRY(reader.take(reader.remaining()));
    return printable(as_text(bytes));
}

Result<std::uint8_t> read_orientation(ByteReader& reader) {
    const std::uint8_t orientation = CAIRN_TRY(reader.u8());
    if (orientation < 1 || orientation > 8) {
        return fail(Errc::corrupt_data, "orientation {}", orientation);
    }
    return orientation;
}

bool cells_fit(std::uint32_t source, std::uint32_t cell) {
    return source >= 1 && cell >= 1 && cell <= source && (source - 1) / cell < kSmallSideMax;
}

Result<SmallPicture> read_small(ByteReader& reader) {
    SmallPicture small;
    small.source_width = CAIRN_TRY(reader.u32_le());
    small.source_height = CAIRN_TRY(reader.u32_le());
    small.cell_width = CAIRN_TRY(reader.u32_le());
    small.cell_height = CAIRN_TRY(reader.u32_le());
    if (!cells_fit(small.source_width, small.cell_width) ||
        !cells_fit(small.source_height, small.cell_height)) {
        return fail(Errc::corrupt_data, "small picture out of range");
    }
    return small;
}

Result<FrameAnswer> read_frame(ByteReader& reader) {
    FrameAnswer answer;
    Frame& frame = answer.frame;
    frame.kind = CAIRN_TRY(read_enum(reader, FrameKind::thumbnail));
    frame.index = CAIRN_TRY(reader.u32_le());
    frame.orientation = CAIRN_TRY(read_orientation(reader));
    frame.width = CAIRN_TRY(reader.u32_le());
    frame.height = CAIRN_TRY(reader.u32_le());
    frame.channels = CAIRN_TRY(reader.u8());
    const auto side_fits = [](std::uint32_t side) { return side >= 1 && side <= kRasterSideMax; };
    if (!side_fits(frame.width) || !side_fits(frame.height)) {
        return fail(Errc::corrupt_data, "raster of {} x {}", frame.width, frame.height);
    }
    if (frame.channels != 1 && frame.channels != 3) {
        return fail(Errc::corrupt_data, "{} channels", frame.channels);
    }
    const std::uint8_t count = CAIRN_TRY(reader.u8());
    if (count < 1 || count > kRastersMax) return fail(Errc::corrupt_data, "{} rasters", count);
    for (std::uint8_t i = 0; i < count; ++i) {
        RasterPlace place;
        place.rendering = CAIRN_TRY(read_enum(reader, Rendering::over_black));
        place.order = CAIRN_TRY(read_enum(reader, Order::mirrored_both));
        place.offset = CAIRN_TRY(reader.u64_le());
        answer.places.push_back(place);
    }
    const std::uint8_t has_small = CAIRN_TRY(reader.u8());
    if (has_small > 1) return fail(Errc::corrupt_data, "flag {}", has_small);
    if (has_small == 1) {
        frame.small = CAIRN_TRY(read_small(reader));
        answer.small_offset = CAIRN_TRY(reader.u64_le());
    }
    return answer;
}

Result<PictureSummary> read_summary(ByteReader& reader) {
    PictureSummary summary;
    summary.width = CAIRN_TRY(reader.u32_le());
    summary.height = CAIRN_TRY(reader.u32_le());
    summary.orientation = CAIRN_TRY(read_orientation(reader));
    summary.frames_total = CAIRN_TRY(reader.u32_le());
    const std::uint8_t partial = CAIRN_TRY(reader.u8());
    if (summary.width == 0 || summary.height == 0 || summary.frames_total == 0 || partial > 1) {
        return fail(Errc::corrupt_data, "summary out of range");
    }
    summary.partial = partial == 1;
    summary.decoder = CAIRN_TRY(read_text(reader));
    return summary;
}

/// Only what a decoder may say; anything else would let it choose how its parent acts.
Result<Failure> read_failure(ByteReader& reader) {
    const Errc code = CAIRN_TRY(read_enum(reader, Errc::internal));
    if (code != Errc::corrupt_data && code != Errc::unsupported && code != Errc::limit_exceeded) {
        return fail(Errc::corrupt_data, "error code {}", static_cast<int>(code));
    }
    Failure failure;
    failure.code = code;
    failure.reason = CAIRN_TRY(read_text(reader));
    return failure;
}

Status require_end(const ByteReader& reader) {
    if (reader.at_end()) return ok();
    return fail(Errc::corrupt_data, "{} bytes too many", reader.remaining());
}

}  // namespace

ByteVector encode(const DecodeRequest& request) {
    ByteWriter writer;
    writer.u64_le(request.size_bytes);
    writer.u8(static_cast<std::uint8_t>(request.format));
    const int turns = request.options.turns ? kOptionTurns : 0;
    const int thumbnails = request.options.thumbnails ? kOptionThumbnails : 0;
    const int small = request.options.small ? kOptionSmall : 0;
    writer.u8(static_cast<std::uint8_t>(turns | thumbnails | small));
    return writer.take();
}

Result<DecodeRequest> parse_decode_request(Bytes payload) {
    ByteReader reader(payload);
    DecodeRequest request;
    request.size_bytes = CAIRN_TRY(reader.u64_le());
    request.format = CAIRN_TRY(read_enum(reader, PictureFormat::jpeg_xl));
    const std::uint8_t options = CAIRN_TRY(reader.u8());
    request.options.turns = (options & kOptionTurns) != 0;
    request.options.thumbnails = (options & kOptionThumbnails) != 0;
    request.options.small = (options & kOptionSmall) != 0;
    CAIRN_TRY(require_end(reader));
    return request;
}

ByteVector encode(const FrameAnswer& answer) {
    const Frame& frame = answer.frame;
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(frame.kind));
    writer.u32_le(frame.index);
    writer.u8(frame.orientation);
    writer.u32_le(frame.width);
    writer.u32_le(frame.height);
    writer.u8(static_cast<std::uint8_t>(frame.channels));
    writer.u8(static_cast<std::uint8_t>(answer.places.size()));
    for (const RasterPlace& place : answer.places) {
        writer.u8(static_cast<std::uint8_t>(place.rendering));
        writer.u8(static_cast<std::uint8_t>(place.order));
        writer.u64_le(place.offset);
    }
    writer.u8(frame.small ? 1 : 0);
    if (frame.small) {
        writer.u32_le(frame.small->source_width);
        writer.u32_le(frame.small->source_height);
        writer.u32_le(frame.small->cell_width);
        writer.u32_le(frame.small->cell_height);
        writer.u64_le(answer.small_offset);
    }
    return writer.take();
}

ByteVector encode(const PictureSummary& summary) {
    ByteWriter writer;
    writer.u32_le(summary.width);
    writer.u32_le(summary.height);
    writer.u8(summary.orientation);
    writer.u32_le(summary.frames_total);
    writer.u8(summary.partial ? 1 : 0);
    writer.raw(as_bytes(std::string_view(summary.decoder).substr(0, kTextBytesMax)));
    return writer.take();
}

ByteVector encode(const Failure& failure) {
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(failure.code));
    writer.raw(as_bytes(std::string_view(failure.reason).substr(0, kTextBytesMax)));
    return writer.take();
}

Result<DecodeAnswer> parse_decode_answer(std::uint32_t type, Bytes payload) {
    ByteReader reader(payload);
    DecodeAnswer answer;
    switch (static_cast<MessageType>(type)) {
        case MessageType::frame:
            answer = CAIRN_TRY(read_frame(reader));
            break;
        case MessageType::done:
            answer = CAIRN_TRY(read_summary(reader));
            break;
        case MessageType::failed:
            answer = CAIRN_TRY(read_failure(reader));
            break;
        default:
            return fail(Errc::corrupt_data, "message type {}", type);
    }
    CAIRN_TRY(require_end(reader));
    return answer;
}

Result<std::string> parse_media_type_answer(std::uint32_t type, Bytes payload) {
    ByteReader reader(payload);
    if (type == static_cast<std::uint32_t>(MessageType::media_type_is)) return read_text(reader);
    if (type == static_cast<std::uint32_t>(MessageType::failed)) {
        Failure failure = CAIRN_TRY(read_failure(reader));
        return Error{failure.code, std::move(failure.reason)};
    }
    return fail(Errc::corrupt_data, "message type {}", type);
}

Result<Frame> place_frame(const FrameAnswer& answer, Bytes store) {
    Frame frame = answer.frame;
    const std::uint64_t raster_bytes = std::uint64_t{frame.width} * frame.height * frame.channels;
    std::array<bool, kRastersMax> seen{};
    for (const RasterPlace& place : answer.places) {
        if (raster_bytes > store.size() || place.offset > store.size() - raster_bytes) {
            return fail(Errc::corrupt_data, "raster at {} leaves the store", place.offset);
        }
        const std::size_t kind =
            static_cast<std::size_t>(place.rendering) * 4 + static_cast<std::size_t>(place.order);
        if (seen[kind] || (frame.rasters.empty() && kind != 0)) {
            return fail(Errc::corrupt_data, "rasters out of order");
        }
        seen[kind] = true;
        frame.rasters.push_back(
            {place.rendering, place.order, store.subspan(place.offset, raster_bytes)}
        );
    }
    if (frame.small) {
        const std::uint64_t cells = std::uint64_t{frame.small->columns()} * frame.small->rows();
        if (cells > store.size() || answer.small_offset > store.size() - cells) {
            return fail(Errc::corrupt_data, "small picture leaves the store");
        }
        frame.small->cells = store.subspan(answer.small_offset, cells);
    }
    return frame;
}

}  // namespace cairn::media
