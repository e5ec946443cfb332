#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn::codec {

/// Pixels of one picture, from its header, before anything is allocated for it. 2^28 admits the
/// largest WebP (16,383 squared).
inline constexpr std::uint64_t kPixelsMax = 268'435'456;

/// Bytes of decoded pixels held at once.
inline constexpr std::uint64_t kDecodedBytesMax = std::uint64_t{1} << 30U;

/// Frames or pages handed over per file; evenly chosen when there are more.
inline constexpr std::uint32_t kFramesMax = 64;

/// Files of formats whose library wants the whole file in memory.
inline constexpr std::uint64_t kWholeFileBytesMax = std::uint64_t{1} << 29U;

/// Frames looked at when counting (an animation, the pages of a TIFF).
inline constexpr std::uint32_t kFramesCountedMax = 100'000;

/// An embedded thumbnail larger than this is no thumbnail: EXIF lies within one 64 KiB segment.
inline constexpr std::uint64_t kThumbnailPixelsMax = 4'194'304;

}  // namespace cairn::codec
