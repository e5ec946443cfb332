#include <algorithm>
#include <bit>
#include <cstring>

#include "codec/bmp_header.h"
#include "codec/decoders.h"
#include "codec/limits.h"

namespace cairn::codec {
namespace {

std::uint32_t little_endian(Bytes bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
    return value;
}

/// One channel's bits within a pixel, scaled to 8.
std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
    if (mask == 0) return 0;
    const int shift = std::countr_zero(mask);
    const std::uint64_t full = mask >> shift;
    const std::uint64_t value = (pixel & mask) >> shift;
    return static_cast<std::uint8_t>((value * 255 + full / 2) / full);
}

/// Turns stored rows into RGB or, with an alpha mask, RGBA.
class BmpRows {
public:
    BmpRows(const Input& input, const BmpHeader& header)
        : header_(header), alpha_(header.masks[3] != 0) {
        const std::size_t entry_bytes = header.palette_entry_bytes;
        ByteVector stored(entry_bytes * header.palette_count);
        input.read_at(header.palette_offset, stored);
        palette_.resize(256);
        for (std::size_t i = 0; i < header.palette_count; ++i) {
            const std::uint8_t* entry = &stored[i * entry_bytes];
            palette_[i] = {entry[2], entry[1], entry[0]};
        }
        row_.resize(std::size_t{header.width} * (alpha_ ? 4 : 3));
    }

    bool alpha() const { return alpha_; }

    const std::uint8_t* convert(Bytes stored) {
        for (std::size_t x = 0; x < header_.width; ++x) put(x, stored);
        return row_.data();
    }

private:
    void put(std::size_t x, Bytes stored) {
        std::uint8_t* out = &row_[x * (alpha_ ? 4 : 3)];
        if (header_.bits <= 8) {
            const std::size_t bit = x * header_.bits;
            const std::size_t shift = 8 - header_.bits - bit % 8;
            const std::uint32_t index =
                (std::uint32_t{stored[bit / 8]} >> shift) & ((1U << header_.bits) - 1U);
            std::copy(palette_[index].begin(), palette_[index].end(), out);
        } else if (header_.bits == 24) {
            std::reverse_copy(&stored[3 * x], &stored[3 * x] + 3, out);
        } else {
            const std::size_t bytes = header_.bits / 8;
            const std::uint32_t pixel = little_endian(stored.subspan(x * bytes, bytes));
            for (std::size_t c = 0; c < (alpha_ ? 4U : 3U); ++c) {
                out[c] = channel(pixel, header_.masks[c]);
            }
        }
    }

    const BmpHeader& header_;
    bool alpha_;
    std::vector<std::array<std::uint8_t, 3>> palette_;
    ByteVector row_;
};

/// Decodes run lengths into a raster of palette indexes, one byte each, bottom row first.
/// Pixels that are skipped stay index 0. Stops where the data are damaged.
class RunLengthDecoder {
public:
    RunLengthDecoder(const BmpHeader& header, MutableBytes raster)
        : header_(header), raster_(raster) {}

    /// False when the data end before their end mark.
    bool decode(ByteReader reader) {
        while (true) {
            const auto count = reader.u8();
            const auto value = reader.u8();
            if (!count || !value) return false;
            if (*count > 0) {
                run(*count, *value);
            } else if (*value == 0) {
                x_ = 0;
                ++y_;
            } else if (*value == 1) {
                return true;
            } else if (*value == 2) {
                const auto right = reader.u8();
                const auto up = reader.u8();
                if (!right || !up) return false;
                x_ += *right;
                y_ += *up;
            } else if (!literal(*value, reader)) {
                return false;
            }
            if (y_ >= header_.height) return true;
        }
    }

private:
    void put(std::uint8_t index) {
        if (x_ < header_.width && y_ < header_.height) raster_[y_ * header_.width + x_] = index;
        ++x_;
    }

    void run(std::size_t count, std::uint8_t value) {
        for (std::size_t i = 0; i < count; ++i) put(part(value, i));
    }

    bool literal(std::size_t count, ByteReader& reader) {
        const bool eight = header_.bits == 8;
        const std::size_t bytes = eight ? count : (count + 1) / 2;
        const auto data = reader.take(bytes + bytes % 2);
        if (!data) return false;
        for (std::size_t i = 0; i < count; ++i) put(part((*data)[eight ? i : i / 2], i));
        return true;
    }

    /// Of a byte with two 4-bit indexes the one for position i.
    std::uint8_t part(std::uint8_t value, std::size_t i) const {
        if (header_.bits == 8) return value;
        return static_cast<std::uint8_t>(i % 2 == 0 ? value >> 4U : value & 0x0FU);
    }

    const BmpHeader& header_;
    MutableBytes raster_;
    std::size_t x_ = 0;
    std::size_t y_ = 0;
};

Status push_plain(const Input& input, const BmpHeader& header, BmpRows& rows, FrameWriter& writer) {
    bool any = false;
    ByteVector stored(header.row_bytes());
    for (std::uint32_t y = 0; y < header.height; ++y) {
        if (!writer.wants_next()) {
            writer.push_row(nullptr);
            continue;
        }
        const std::uint32_t place = header.top_down ? y : header.height - 1 - y;
        const std::uint64_t offset = header.pixels_offset + place * header.row_bytes();
        if (input.read_at(offset, stored) < stored.size()) {
            // Of a file cut short the top rows are missing, unless it is stored top down.
            writer.note_partial();
            const ByteVector grey = grey_pixels({.alpha = rows.alpha()}, header.width);
            writer.push_row(grey.data());
            continue;
        }
        writer.push_row(rows.convert(stored));
        any = true;
    }
    if (!any) return fail(Errc::corrupt_data, "BMP: no pixels");
    return ok();
}

Status push_run_length(
    const Input& input, BmpHeader header, const ByteVector& file, FrameWriter& writer
) {
    ByteVector raster(std::size_t{header.width} * header.height);
    const std::size_t offset = std::min<std::size_t>(header.pixels_offset, file.size());
    RunLengthDecoder decoder(header, raster);
    if (!decoder.decode(ByteReader(Bytes(file).subspan(offset)))) writer.note_partial();
    // From here on the raster is what a plain file of 8 bits would hold.
    header.bits = 8;
    BmpRows rows(input, header);
    for (std::size_t y = header.height; y > 0; --y) {
        writer.push_row(rows.convert(Bytes(raster).subspan((y - 1) * header.width, header.width)));
    }
    return ok();
}

}  // namespace

Result<Summary> decode_bmp(const Input& input, FrameWriter& writer) {
    std::array<std::uint8_t, kBmpHeaderBytesMax> head{};
    const std::size_t got = input.read_at(0, head);
    const BmpHeader header = CAIRN_TRY(parse_bmp_header(Bytes(head).first(got)));
    const bool plain = header.coding == BmpHeader::Coding::plain;
    CAIRN_TRY(check_raster(header.width, header.height, plain ? 1 : 4));
    BmpRows rows(input, header);
    CAIRN_TRY(writer.begin({
        .width = header.width,
        .height = header.height,
        .layout = {.alpha = rows.alpha()},
    }));
    if (plain) {
        CAIRN_TRY(push_plain(input, header, rows, writer));
    } else {
        const ByteVector file = CAIRN_TRY(input.read_all(kWholeFileBytesMax));
        CAIRN_TRY(push_run_length(input, header, file, writer));
    }
    CAIRN_TRY(writer.finish());
    return Summary{
        .width = header.width,
        .height = header.height,
        .decoder = "cairn bmp 1",
    };
}

}  // namespace cairn::codec
