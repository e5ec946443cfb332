#include "evidence/rar5_headers.h"

#include <algorithm>

#include "base/fd.h"

namespace cairn::evidence {
namespace {

// RAR 5.0 archive format (technote of its maker): signature, then blocks of CRC32 u32, header
// size vint, and the header: type vint, flags vint, extra area size vint when flag 1, data size
// vint when flag 2, fields by type, extra area up to the end of the header.
constexpr std::array<std::uint8_t, 8> kSignature = {'R', 'a', 'r', '!', 0x1A, 0x07, 0x01, 0x00};
constexpr std::uint64_t kTypeFile = 2;
constexpr std::uint64_t kTypeEncryption = 4;
constexpr std::uint64_t kTypeEnd = 5;
constexpr std::uint64_t kFlagExtra = 1;
constexpr std::uint64_t kFlagData = 2;
constexpr std::uint64_t kExtraEncryption = 1;
constexpr std::uint64_t kHeaderBytesMax = 2U << 20U;  // the format's own limit
constexpr std::size_t kFirstRead = 512;               // holds most headers

struct Block {
    std::uint64_t type = 0;
    std::uint64_t size_bytes = 0;  ///< of header and data together
    bool encrypted = false;
};

/// A vint is a LEB128 that may be padded, which ByteReader refuses.
Result<std::uint64_t> take_vint(ByteReader& reader) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t byte = CAIRN_TRY(reader.u8());
        value |= (byte & 0x7FULL) << shift;
        if ((byte & 0x80U) == 0) return value;
    }
    return fail(Errc::corrupt_data, "RAR 5: malformed integer");
}

Result<Bytes> take_sized_by_vint(ByteReader& reader) {
    const std::uint64_t size = CAIRN_TRY(take_vint(reader));
    if (size > reader.remaining()) return fail(Errc::corrupt_data, "RAR 5: cut");
    return reader.take(static_cast<std::size_t>(size));
}

Result<bool> has_encryption_record(Bytes extra) {
    ByteReader reader(extra);
    while (!reader.at_end()) {
        const Bytes record = CAIRN_TRY(take_sized_by_vint(reader));
        ByteReader inner(record);
        const std::uint64_t type = CAIRN_TRY(take_vint(inner));
        if (type == kExtraEncryption) return true;
    }
    return false;
}

Result<Block> parse_header(Bytes header, std::size_t prefix_size) {
    ByteReader fields(header);
    Block block;
    block.type = CAIRN_TRY(take_vint(fields));
    const std::uint64_t flags = CAIRN_TRY(take_vint(fields));
    std::uint64_t extra_size = 0;
    std::uint64_t data_size = 0;
    if ((flags & kFlagExtra) != 0) extra_size = CAIRN_TRY(take_vint(fields));
    if ((flags & kFlagData) != 0) data_size = CAIRN_TRY(take_vint(fields));
    if (extra_size > fields.remaining() ||
        __builtin_add_overflow(prefix_size + header.size(), data_size, &block.size_bytes)) {
        return fail(Errc::corrupt_data, "RAR 5: malformed header");
    }
    if (block.type == kTypeFile) {
        const Bytes extra = header.last(static_cast<std::size_t>(extra_size));
        block.encrypted = CAIRN_TRY(has_encryption_record(extra));
    }
    return block;
}

Result<Block> read_block(int fd, std::uint64_t offset) {
    ByteVector bytes(kFirstRead);
    const std::size_t first = CAIRN_TRY(read_at(fd, offset, bytes));
    bytes.resize(first);
    ByteReader reader(bytes);
    CAIRN_TRY(reader.u32_le());
    const std::uint64_t header_size = CAIRN_TRY(take_vint(reader));
    if (header_size > kHeaderBytesMax) return fail(Errc::corrupt_data, "RAR 5: long header");
    const std::size_t prefix = reader.offset();
    const std::size_t whole = prefix + static_cast<std::size_t>(header_size);
    if (whole > bytes.size()) {
        bytes.resize(whole);
        const std::size_t got = CAIRN_TRY(read_at(fd, offset, bytes));
        if (got < whole) return fail(Errc::corrupt_data, "RAR 5: cut");
    }
    return parse_header(Bytes(bytes).subspan(prefix, whole - prefix), prefix);
}

}  // namespace

Rar5Headers::Rar5Headers(int fd, std::uint64_t size_bytes) : fd_(fd), size_bytes_(size_bytes) {
    std::array<std::uint8_t, kSignature.size()> signature{};
    const auto got = read_at(fd, 0, signature);
    const bool is_rar5 = got && *got == signature.size() && signature == kSignature;
    next_offset_ = is_rar5 ? kSignature.size() : size_bytes;
    advance();
}

void Rar5Headers::advance() {
    member_.reset();
    while (next_offset_ < size_bytes_ && !member_) {
        const std::uint64_t offset = next_offset_;
        const auto block = read_block(fd_, offset);
        const bool over = !block || block->type == kTypeEnd || block->type == kTypeEncryption ||
                          __builtin_add_overflow(offset, block->size_bytes, &next_offset_);
        if (block && block->type == kTypeEncryption) headers_encrypted_ = true;
        if (over) next_offset_ = size_bytes_;
        if (!over && block->type == kTypeFile) member_ = {offset, block->encrypted};
    }
}

bool Rar5Headers::is_encrypted_from(std::uint64_t offset) {
    while (member_ && member_->offset < offset) advance();
    return member_ && member_->encrypted;
}

}  // namespace cairn::evidence
