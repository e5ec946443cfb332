#include "base/bytes.h"

namespace cairn {
namespace {

template <typename Int>
Int little_endian(Bytes bytes) {
    Int value = 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i) {
        value = static_cast<Int>(value | (static_cast<Int>(bytes[i]) << (8 * i)));
    }
    return value;
}

template <typename Int>
void append_little_endian(ByteVector& out, Int value) {
    for (std::size_t i = 0; i < sizeof(Int); ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

}  // namespace

Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Bytes> ByteReader::take(std::size_t count) {
    if (count > remaining()) {
        return fail(
            Errc::corrupt_data, "{} bytes wanted at offset {}, {} left", count, offset_, remaining()
        );
    }
    const Bytes taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
}

Result<std::uint8_t> ByteReader::u8() {
    const Bytes taken = CAIRN_TRY(take(1));
    return taken[0];
}

Result<std::uint16_t> ByteReader::u16_le() {
    const Bytes taken = CAIRN_TRY(take(2));
    return little_endian<std::uint16_t>(taken);
}

Result<std::uint32_t> ByteReader::u32_le() {
    const Bytes taken = CAIRN_TRY(take(4));
    return little_endian<std::uint32_t>(taken);
}

Result<std::uint64_t> ByteReader::u64_le() {
    const Bytes taken = CAIRN_TRY(take(8));
    return little_endian<std::uint64_t>(taken);
}

Result<std::uint64_t> ByteReader::leb128() {
    std::uint64_t value = 0;
    const std::size_t start = offset_;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        const std::uint8_t byte = CAIRN_TRY(u8());
        const std::uint64_t group = byte & 0x7FU;
        const bool too_large = shift == 63 && group > 1;
        const bool padded = shift > 0 && byte == 0;
        if (too_large || padded) break;
        value |= group << shift;
        if ((byte & 0x80U) == 0) return value;
    }
    return fail(Errc::corrupt_data, "malformed integer at offset {}", start);
}

void ByteWriter::u16_le(std::uint16_t value) {
    append_little_endian(bytes_, value);
}

void ByteWriter::u32_le(std::uint32_t value) {
    append_little_endian(bytes_, value);
}

void ByteWriter::u64_le(std::uint64_t value) {
    append_little_endian(bytes_, value);
}

void ByteWriter::leb128(std::uint64_t value) {
    while (value >= 0x80U) {
        bytes_.push_back(static_cast<std::uint8_t>(value | 0x80U));
        value >>= 7U;
    }
    bytes_.push_back(static_cast<std::uint8_t>(value));
}

void ByteWriter::sized(Bytes bytes) {
    leb128(bytes.size());
    raw(bytes);
}

}  // namespace cairn
