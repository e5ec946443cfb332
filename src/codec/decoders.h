#pragma once

#include "codec/frame_writer.h"
#include "codec/picture.h"

// One decoder per format. Each hands the frames of `input` to `writer` and returns what it
// learnt of the file; decode_picture() chooses between them.

namespace cairn::codec {

Result<Summary> decode_jpeg(const Input& input, FrameWriter& writer);
Result<Summary> decode_png(const Input& input, FrameWriter& writer);
Result<Summary> decode_gif(const Input& input, FrameWriter& writer);
Result<Summary> decode_webp(const Input& input, FrameWriter& writer);
Result<Summary> decode_tiff(const Input& input, FrameWriter& writer);
Result<Summary> decode_bmp(const Input& input, FrameWriter& writer);
/// HEIC and AVIF.
Result<Summary> decode_heif(const Input& input, FrameWriter& writer);
Result<Summary> decode_jpeg_xl(const Input& input, FrameWriter& writer);

/// The thumbnail found in EXIF data, as a further frame. A damaged one is left out.
Status decode_thumbnail(Bytes jpeg, std::uint8_t orientation, FrameWriter& writer);

}  // namespace cairn::codec
