#include "codec/bmp_header.h"

#include <algorithm>
#include <limits>

namespace cairn::codec {
namespace {

constexpr std::uint32_t kFileHeaderBytes = 14;
constexpr std::uint32_t kCoreHeaderBytes = 12;  // OS/2 1.x
constexpr std::uint32_t kInfoHeaderBytes = 40;

enum Compression : std::uint32_t {
    compression_none = 0,
    compression_rle8 = 1,
    compression_rle4 = 2,
    compression_bit_fields = 3,
    compression_alpha_bit_fields = 6,
};

Status read_core(ByteReader& reader, BmpHeader& out) {
    out.width = CAIRN_TRY(reader.u16_le());
    out.height = CAIRN_TRY(reader.u16_le());
    CAIRN_TRY(reader.u16_le());  // planes
    out.bits = CAIRN_TRY(reader.u16_le());
    out.palette_entry_bytes = 3;
    return ok();
}

Status set_coding(std::uint32_t compression, BmpHeader& out) {
    switch (compression) {
        case compression_none:
        case compression_bit_fields:
        case compression_alpha_bit_fields:
            return ok();
        case compression_rle8:
            out.coding = BmpHeader::Coding::run_length_8;
            break;
        case compression_rle4:
            out.coding = BmpHeader::Coding::run_length_4;
            break;
        default:
            return fail(Errc::unsupported, "BMP: compression {}", compression);
    }
    const bool eight = out.coding == BmpHeader::Coding::run_length_8;
    if (out.bits != (eight ? 8U : 4U) || out.top_down) {
        return fail(Errc::corrupt_data, "BMP: run lengths of {} bits", out.bits);
    }
    return ok();
}

/// The masks of pixels of 16 and 32 bits: given, or those that were always meant.
Status read_masks(
    ByteReader& reader, std::uint32_t header_bytes, std::uint32_t compression, BmpHeader& out
) {
    const bool given =
        compression == compression_bit_fields || compression == compression_alpha_bit_fields;
    if (!given) {
        if (out.bits == 16) out.masks = {0x7C00U, 0x03E0U, 0x001FU, 0};
        if (out.bits == 32) out.masks = {0xFF0000U, 0xFF00U, 0xFFU, 0};
        return ok();
    }
    if (out.bits != 16 && out.bits != 32) {
        return fail(Errc::corrupt_data, "BMP: bit fields with {} bits", out.bits);
    }
    // Part of the header from version 2 (red, green, blue) and 3 (alpha); otherwise behind it.
    const bool alpha = header_bytes >= 56 || compression == compression_alpha_bit_fields;
    for (std::size_t i = 0; i < (alpha ? 4U : 3U); ++i) out.masks[i] = CAIRN_TRY(reader.u32_le());
    return ok();
}

Status read_info(ByteReader& reader, std::uint32_t header_bytes, BmpHeader& out) {
    const std::uint32_t width = CAIRN_TRY(reader.u32_le());
    const std::uint32_t height = CAIRN_TRY(reader.u32_le());
    constexpr std::uint32_t kSign = 0x80000000U;
    // A negative height means rows from the top.
    out.top_down = (height & kSign) != 0;
    out.height = out.top_down ? ~height + 1U : height;
    out.width = width;
    if ((width & kSign) != 0 || out.height == kSign) {
        return fail(Errc::corrupt_data, "BMP: negative size");
    }
    CAIRN_TRY(reader.u16_le());  // planes
    out.bits = CAIRN_TRY(reader.u16_le());
    if (header_bytes == 16) return ok();  // the short form of OS/2 2.x
    const std::uint32_t compression = CAIRN_TRY(reader.u32_le());
    CAIRN_TRY(reader.take(12));  // size of the pixels, resolution
    out.palette_count = CAIRN_TRY(reader.u32_le());
    CAIRN_TRY(reader.u32_le());  // important colours
    CAIRN_TRY(set_coding(compression, out));
    if (header_bytes == 64) return ok();  // OS/2 2.x has other fields next
    return read_masks(reader, header_bytes, compression, out);
}

}  // namespace

Result<BmpHeader> parse_bmp_header(Bytes head) {
    ByteReader reader(head);
    const Bytes mark = CAIRN_TRY(reader.take(2));
    if (as_text(mark) != "BM") return fail(Errc::corrupt_data, "BMP: no mark");
    CAIRN_TRY(reader.take(8));  // file size, reserved
    BmpHeader out;
    out.pixels_offset = CAIRN_TRY(reader.u32_le());
    const std::uint32_t header_bytes = CAIRN_TRY(reader.u32_le());
    const bool core = header_bytes == kCoreHeaderBytes;
    if (!core && header_bytes != 16 && (header_bytes < kInfoHeaderBytes || header_bytes > 124)) {
        return fail(Errc::corrupt_data, "BMP: header of {} bytes", header_bytes);
    }
    if (core) {
        CAIRN_TRY(read_core(reader, out));
    } else {
        CAIRN_TRY(read_info(reader, header_bytes, out));
    }
    constexpr std::array<std::uint32_t, 7> kBits = {1, 2, 4, 8, 16, 24, 32};
    if (std::find(kBits.begin(), kBits.end(), out.bits) == kBits.end()) {
        return fail(Errc::corrupt_data, "BMP: {} bits per pixel", out.bits);
    }
    if (out.masks == std::array<std::uint32_t, 4>{}) {
        if (out.bits == 16) out.masks = {0x7C00U, 0x03E0U, 0x001FU, 0};
        if (out.bits == 32) out.masks = {0xFF0000U, 0xFF00U, 0xFFU, 0};
    }
    out.palette_offset = std::max<std::uint32_t>(
        kFileHeaderBytes + header_bytes, static_cast<std::uint32_t>(reader.offset())
    );
    if (out.bits <= 8) {
        const std::uint32_t full = 1U << out.bits;
        const bool stated = out.palette_count > 0 && out.palette_count < full;
        out.palette_count = stated ? out.palette_count : full;
    } else {
        out.palette_count = 0;
    }
    return out;
}

}  // namespace cairn::codec
