#include "fingerprint/file_type.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"

namespace cairn::fingerprint {
namespace {

using namespace std::string_view_literals;

/// True when `mark` stands at `offset`.
bool has(Bytes head, std::size_t offset, std::string_view mark) {
    if (head.size() < mark.size() || offset > head.size() - mark.size()) return false;
    return as_text(head.subspan(offset, mark.size())) == mark;
}

std::uint32_t le(Bytes head, std::size_t offset, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count && offset + i < head.size(); ++i) {
        value |= std::uint32_t{head[offset + i]} << (8 * i);
    }
    return value;
}

/// A mark that decides alone.
struct Signature {
    std::size_t offset;
    std::string_view mark;
    FileType type;
};

constexpr std::array kSignatures = {
    Signature{0, "\xFF\xD8\xFF"sv, FileType::jpeg},
    Signature{0, "\x89PNG\r\n\x1A\n"sv, FileType::png},
    Signature{0, "GIF87a"sv, FileType::gif},
    Signature{0, "GIF89a"sv, FileType::gif},
    // Classic TIFF, then BigTIFF (8-byte offsets), in both byte orders.
    Signature{0, "II*\0"sv, FileType::tiff},
    Signature{0, "MM\0*"sv, FileType::tiff},
    Signature{0, "II+\0\x08\0\0\0"sv, FileType::tiff},
    Signature{0, "MM\0+\0\x08\0\0"sv, FileType::tiff},
    // JPEG XL: container and bare codestream.
    Signature{0, "\0\0\0\x0CJXL \r\n\x87\n"sv, FileType::jpeg_xl},
    Signature{0, "\xFF\x0A"sv, FileType::jpeg_xl},
    // Local file, empty archive, first part of a split archive, split archive in one part.
    Signature{0, "PK\x03\x04"sv, FileType::zip},
    Signature{0, "PK\x05\x06"sv, FileType::zip},
    Signature{0, "PK\x07\x08PK"sv, FileType::zip},
    Signature{0, "PK00PK"sv, FileType::zip},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, FileType::seven_zip},
    // Version 4 and 5.
    Signature{0, "Rar!\x1A\x07\0"sv, FileType::rar},
    Signature{0, "Rar!\x1A\x07\x01\0"sv, FileType::rar},
    Signature{257, "ustar\0"sv, FileType::tar},
    Signature{257, "ustar  \0"sv, FileType::tar},
    Signature{0, "MSCF\0\0\0\0"sv, FileType::cab},
    Signature{0, "!<arch>\n"sv, FileType::ar},
    Signature{0, "!<thin>\n"sv, FileType::ar},
    // ASCII: old, SVR4, SVR4 with sums. Binary (old) in both byte orders.
    Signature{0, "070707"sv, FileType::cpio},
    Signature{0, "070701"sv, FileType::cpio},
    Signature{0, "070702"sv, FileType::cpio},
    // The only method in use is 8, deflate.
    Signature{0, "\x1F\x8B\x08"sv, FileType::gzip},
    Signature{
        0,
        "\xFD"
        "7zXZ\0"sv,
        FileType::xz},
    Signature{0, "\x28\xB5\x2F\xFD"sv, FileType::zstd},
    Signature{0, "LUKS\xBA\xBE"sv, FileType::luks},
    // The second header of LUKS2 serves when the first is damaged; its place is at least 16 KiB.
    Signature{16384, "SKUL\xBA\xBE"sv, FileType::luks},
    Signature{0, "-FVE-FS-"sv, FileType::encrypted_other},
    Signature{3, "-FVE-FS-"sv, FileType::encrypted_other},
    // OpenSSL's enc, age, and ASCII-armoured PGP messages.
    Signature{0, "Salted__"sv, FileType::encrypted_other},
    Signature{0, "age-encryption.org/v1\n"sv, FileType::encrypted_other},
    Signature{0, "-----BEGIN PGP MESSAGE-----"sv, FileType::encrypted_other},
};

/// Brands of an ISO base media file (ISO 14496-12) that mean a still picture or a sequence.
std::optional<FileType> picture_brand(std::string_view brand) {
    constexpr std::array kAvif = {"avif"sv, "avis"sv};
    constexpr std::array kHeif = {
        "heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv, "hevm"sv, "hevs"sv};
    if (std::find(kAvif.begin(), kAvif.end(), brand) != kAvif.end()) return FileType::avif;
    if (std::find(kHeif.begin(), kHeif.end(), brand) != kHeif.end()) return FileType::heif;
    return std::nullopt;
}

FileType sniff_iso_media(Bytes head) {
    if (!has(head, 4, "ftyp")) return FileType::unknown;
    // Big-endian box size; the largest real ones list a few dozen brands.
    const std::size_t box = std::size_t{head[0]} << 24U | std::size_t{head[1]} << 16U |
                            std::size_t{head[2]} << 8U | head[3];
    const std::size_t end = std::min({box, head.size(), std::size_t{512}});
    bool structural = false;
    // Major brand at 8, its version at 12, compatible brands from 16.
    for (std::size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
        const std::string_view brand = as_text(head.subspan(at, 4));
        if (const auto type = picture_brand(brand)) return *type;
        structural = structural || brand == "mif1" || brand == "msf1";
    }
    // The structural brands alone say a HEIF container but not which coding.
    return structural ? FileType::heif : FileType::unknown;
}

FileType sniff_riff(Bytes head) {
    const bool webp = has(head, 0, "RIFF") && has(head, 8, "WEBPVP8") && head.size() >= 16 &&
                      (head[15] == ' ' || head[15] == 'L' || head[15] == 'X');
    return webp ? FileType::webp : FileType::unknown;
}

/// "BM" alone is too short a mark: the header's size and the pixels' offset must fit.
FileType sniff_bmp(Bytes head) {
    if (!has(head, 0, "BM") || head.size() < 26) return FileType::unknown;
    constexpr std::array<std::uint32_t, 8> kHeaderSizes = {12, 16, 40, 52, 56, 64, 108, 124};
    const std::uint32_t header_size = le(head, 14, 4);
    const bool known =
        std::find(kHeaderSizes.begin(), kHeaderSizes.end(), header_size) != kHeaderSizes.end();
    const std::uint32_t pixels = le(head, 10, 4);
    const bool small = header_size == 12;
    const std::uint32_t planes = le(head, small ? 22 : 26, 2);
    return known && pixels >= 14 + header_size && planes == 1 ? FileType::bmp : FileType::unknown;
}

/// A block follows with its magic number, or the stream is empty and its end mark does.
FileType sniff_bzip2(Bytes head) {
    const bool level = has(head, 0, "BZh") && head.size() >= 10 && head[3] >= '1' && head[3] <= '9';
    const bool block = has(head, 4, "1AY&SY") || has(head, 4, "\x17\x72\x45\x38\x50\x90");
    return level && block ? FileType::bzip2 : FileType::unknown;
}

/// The ISO 9660 mark, in one of the first volume descriptors (each 2,048 bytes from 32,768).
FileType sniff_iso9660(Bytes head) {
    for (std::size_t at = 32768; at + 6 <= head.size(); at += 2048) {
        if (has(head, at + 1, "CD001")) return FileType::iso9660;
    }
    return FileType::unknown;
}

std::optional<std::uint32_t> parse_octal(std::string_view field) {
    std::uint32_t value = 0;
    bool digits = false;
    for (const char c : field) {
        if (c >= '0' && c <= '7') {
            value = value * 8 + static_cast<std::uint32_t>(c - '0');
            digits = true;
        } else if (c == ' ' && !digits) {
            continue;
        } else {
            break;
        }
    }
    return digits ? std::optional(value) : std::nullopt;
}

/// Archives from before the ustar mark: the header's own checksum must agree. Some writers
/// summed signed characters.
FileType sniff_old_tar(Bytes head) {
    constexpr std::size_t kBlock = 512;
    constexpr std::size_t kSum = 148;
    constexpr std::size_t kSumSize = 8;
    if (head.size() < kBlock || head[0] == 0) return FileType::unknown;
    const auto stated = parse_octal(as_text(head.subspan(kSum, kSumSize)));
    if (!stated) return FileType::unknown;
    std::int64_t plain = 0;
    std::int64_t with_sign = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
        const bool in_sum = i >= kSum && i < kSum + kSumSize;
        const std::uint8_t byte = in_sum ? std::uint8_t{' '} : head[i];
        plain += byte;
        with_sign += static_cast<std::int8_t>(byte);
    }
    return plain == *stated || with_sign == *stated ? FileType::tar : FileType::unknown;
}

/// Old binary cpio: a 16-bit 070707 octal in either byte order and a name length that is sane.
FileType sniff_binary_cpio(Bytes head) {
    if (head.size() < 26) return FileType::unknown;
    const bool little = has(head, 0, "\xC7\x71");
    const bool big = has(head, 0, "\x71\xC7");
    if (!little && !big) return FileType::unknown;
    const std::uint32_t raw = le(head, 20, 2);
    const std::uint32_t name_size = little ? raw : (raw >> 8U | (raw & 0xFFU) << 8U);
    return name_size >= 2 && name_size <= 1024 ? FileType::cpio : FileType::unknown;
}

/// A skippable zstd frame first: 0x184D2A50 to 5F, its size, then a frame that is zstd.
FileType sniff_skippable_zstd(Bytes head) {
    if (head.size() < 8 || (le(head, 0, 4) & 0xFFFFFFF0U) != 0x184D2A50U) return FileType::unknown;
    const std::size_t next = std::size_t{8} + le(head, 4, 4);
    return has(head, next, "\x28\xB5\x2F\xFD") ? FileType::zstd : FileType::unknown;
}

/// What a type is called.
struct Names {
    FileType type;
    FileFamily family;
    std::string_view name;
    std::string_view media_type;
};

constexpr std::array kNames = {
    Names{FileType::unknown, FileFamily::other, "", "application/octet-stream"},
    Names{FileType::jpeg, FileFamily::picture, "jpeg", "image/jpeg"},
    Names{FileType::png, FileFamily::picture, "png", "image/png"},
    Names{FileType::gif, FileFamily::picture, "gif", "image/gif"},
    Names{FileType::webp, FileFamily::picture, "webp", "image/webp"},
    Names{FileType::tiff, FileFamily::picture, "tiff", "image/tiff"},
    Names{FileType::bmp, FileFamily::picture, "bmp", "image/bmp"},
    Names{FileType::heif, FileFamily::picture, "heif", "image/heif"},
    Names{FileType::avif, FileFamily::picture, "avif", "image/avif"},
    Names{FileType::jpeg_xl, FileFamily::picture, "jpeg-xl", "image/jxl"},
    Names{FileType::zip, FileFamily::archive, "zip", "application/zip"},
    Names{FileType::seven_zip, FileFamily::archive, "7z", "application/x-7z-compressed"},
    Names{FileType::rar, FileFamily::archive, "rar", "application/vnd.rar"},
    Names{FileType::tar, FileFamily::archive, "tar", "application/x-tar"},
    Names{FileType::iso9660, FileFamily::archive, "iso9660", "application/x-iso9660-image"},
    Names{FileType::cab, FileFamily::archive, "cab", "application/vnd.ms-cab-compressed"},
    Names{FileType::ar, FileFamily::archive, "ar", "application/x-archive"},
    Names{FileType::cpio, FileFamily::archive, "cpio", "application/x-cpio"},
    Names{FileType::gzip, FileFamily::archive, "gzip", "application/gzip"},
    Names{FileType::bzip2, FileFamily::archive, "bzip2", "application/x-bzip2"},
    Names{FileType::xz, FileFamily::archive, "xz", "application/x-xz"},
    Names{FileType::zstd, FileFamily::archive, "zstd", "application/zstd"},
    Names{FileType::luks, FileFamily::encrypted, "luks", "application/x-luks"},
    Names{
        FileType::encrypted_other, FileFamily::encrypted, "encrypted", "application/octet-stream"},
};

const Names& names_of(FileType type) {
    const auto index = static_cast<std::size_t>(type);
    return kNames[index < kNames.size() ? index : 0];
}

constexpr bool names_are_in_order() {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (static_cast<std::size_t>(kNames[i].type) != i) return false;
    }
    return kNames.size() == static_cast<std::size_t>(FileType::encrypted_other) + 1;
}
static_assert(names_are_in_order(), "kNames is indexed by FileType");

}  // namespace

FileType sniff(Bytes head) {
    head = head.first(std::min(head.size(), kSniffBytes));
    for (const Signature& signature : kSignatures) {
        if (has(head, signature.offset, signature.mark)) return signature.type;
    }
    // Strongest evidence first: a disk image may begin with anything, an old tar with any name.
    constexpr std::array kTests = {
        sniff_iso_media,
        sniff_riff,
        sniff_bmp,
        sniff_bzip2,
        sniff_binary_cpio,
        sniff_skippable_zstd,
        sniff_old_tar,
        sniff_iso9660,
    };
    for (const auto test : kTests) {
        const FileType type = test(head);
        if (type != FileType::unknown) return type;
    }
    return FileType::unknown;
}

FileFamily family_of(FileType type) {
    return names_of(type).family;
}

std::string_view name_of(FileType type) {
    return names_of(type).name;
}

std::string_view media_type_of(FileType type) {
    return names_of(type).media_type;
}

}  // namespace cairn::fingerprint
