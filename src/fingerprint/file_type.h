#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace cairn::fingerprint {

/// What Cairn can open, told by content alone, never by a file's name.
enum class FileType : std::uint8_t {
    unknown,
    // pictures
    jpeg,
    png,
    gif,
    webp,
    tiff,
    bmp,
    heif,
    avif,
    jpeg_xl,
    // archives
    zip,
    seven_zip,
    rar,
    tar,
    iso9660,
    cab,
    ar,
    cpio,
    // one compressed file (possibly a tar inside)
    gzip,
    bzip2,
    xz,
    zstd,
    // recognised, not opened
    luks,
    encrypted_other,
};

enum class FileFamily : std::uint8_t { other, picture, archive, encrypted };

/// Looks at the first bytes of a file (up to 36 KiB help: ISO 9660 has its mark at 32,769).
/// Cost: constant.
FileType sniff(Bytes head);
FileFamily family_of(FileType type);
/// Our own short name, e.g. "jpeg", "7z"; "unknown" has none: "".
std::string_view name_of(FileType type);
/// The registered media type, e.g. "image/jpeg"; "application/octet-stream" when unknown.
std::string_view media_type_of(FileType type);

/// How many leading bytes sniff() can use.
inline constexpr std::size_t kSniffBytes = 36864;

}  // namespace cairn::fingerprint
