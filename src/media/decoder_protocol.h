#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "confine/message.h"
#include "media/picture.h"

// The talk between Cairn and a confined decoder, over confine::Message. One request at a time:
//
//   parent -> child   set_up      descriptor: the store, memory shared by both; u64 its bytes
//   parent -> child   decode      descriptor: the file; u64 its bytes, u8 format, u8 options
//   child  -> parent  frame       a Frame whose rasters lie in the store
//   parent -> child   next        the frame was taken (one to each frame; done need not wait)
//   child  -> parent  done        a PictureSummary: the picture is finished
//   child  -> parent  failed      u8 error code, text: it could not be decoded
//   parent -> child   media_type  descriptor: the file; u64 its bytes
//   child  -> parent  media_type_is  text; or failed
//
// Integers are little-endian. Frame: u8 kind, u32 index, u8 orientation, u32 width, u32 height,
// u8 channels, u8 count, then for each raster u8 rendering, u8 order, u64 offset in the store; then
// u8 1 if there is a small picture, with u32 source width and height, u32 cell width and height,
// u64 offset in the store, else u8 0.
// PictureSummary: u32 width, u32 height, u8 orientation, u32 frames, u8 partial, then the text.
//
// The parent trusts nothing: every count, enumeration, size and offset is checked here. The
// child may change the store at any time; pixels are only ever looked at as pixels.

namespace cairn::media {

enum class MessageType : std::uint32_t {
    set_up = 1,
    decode,
    next,
    media_type,
    frame = 100,
    done,
    failed,
    media_type_is,
};

/// The store's size: room for the rasters of one frame at a time.
inline constexpr std::size_t kStoreBytes = std::size_t{16} << 20U;
static_assert(
    kRastersMax * kRasterSideMax * kRasterSideMax * 3 + kSmallSideMax * kSmallSideMax <= kStoreBytes
);

/// Frames that a decoder may hand over for one picture: 64 and a thumbnail.
inline constexpr unsigned kFramesMax = 65;

/// Names and reasons longer than this are malformed.
inline constexpr std::size_t kTextBytesMax = 1000;

struct DecodeRequest {
    std::uint64_t size_bytes = 0;
    PictureFormat format = PictureFormat::jpeg;
    DecodeOptions options;
};

/// A raster's place as told by the child, before it becomes a view.
struct RasterPlace {
    Rendering rendering = Rendering::record;
    Order order = Order::as_is;
    std::uint64_t offset = 0;
};

/// A frame as it travels: `frame.rasters` is empty, `places` say where the rasters lie, and
/// `frame.small`, if there, has no cells yet.
struct FrameAnswer {
    Frame frame;
    std::vector<RasterPlace> places;
    std::uint64_t small_offset = 0;
};

/// Why the child could not do it.
struct Failure {
    Errc code = Errc::corrupt_data;  ///< corrupt_data, unsupported or limit_exceeded
    std::string reason;
};

/// What the child may answer to `decode`.
using DecodeAnswer = std::variant<FrameAnswer, PictureSummary, Failure>;

// Child's side of the border.
ByteVector encode(const FrameAnswer& answer);
ByteVector encode(const PictureSummary& summary);
ByteVector encode(const Failure& failure);
Result<DecodeRequest> parse_decode_request(Bytes payload);

// Parent's side. Whatever is not exactly as described is Errc::corrupt_data.
ByteVector encode(const DecodeRequest& request);
Result<DecodeAnswer> parse_decode_answer(std::uint32_t type, Bytes payload);
/// The answer to media_type: its text, or the child's failure as an Error.
Result<std::string> parse_media_type_answer(std::uint32_t type, Bytes payload);
/// The frame with its rasters and small picture as views into `store`; refuses those that do not
/// fit, and rasters that are not each rendering and order at most once, beginning with the record
/// as is.
Result<Frame> place_frame(const FrameAnswer& answer, Bytes store);

}  // namespace cairn::media
