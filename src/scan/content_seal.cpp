#include "scan/content_seal.h"

#include <array>

namespace cairn::scan {
namespace {

using RowBytes = std::array<std::uint8_t, 16>;

/// The row of a scan as a Place names it: both numbers, little-endian.
RowBytes row_bytes(std::int64_t scan, std::int64_t row) {
    ByteWriter out;
    out.u64_le(static_cast<std::uint64_t>(scan));
    out.u64_le(static_cast<std::uint64_t>(row));
    RowBytes bytes{};
    std::copy(out.bytes().begin(), out.bytes().end(), bytes.begin());
    return bytes;
}

}  // namespace

Result<ByteVector> ContentSeal::close(
    std::string_view column, std::int64_t scan, std::int64_t row, Bytes plain
) const {
    if (is_plain()) return ByteVector(plain.begin(), plain.end());
    const RowBytes place = row_bytes(scan, row);
    return keys_->seal(*key_, plain, {.column = column, .row = place});
}

Result<ByteVector> ContentSeal::open(
    std::string_view column, std::int64_t scan, std::int64_t row, Bytes stored
) const {
    if (is_plain()) return ByteVector(stored.begin(), stored.end());
    const RowBytes place = row_bytes(scan, row);
    const std::string plain =
        CAIRN_TRY(keys_->unseal(*key_, stored, {.column = column, .row = place}));
    return ByteVector(plain.begin(), plain.end());
}

ByteVector pack_texts(std::span<const std::string> texts) {
    ByteWriter out;
    for (const std::string& text : texts) out.sized(as_bytes(text));
    return out.take();
}

Result<std::vector<std::string>> unpack_texts(Bytes packed, std::size_t count) {
    std::vector<std::string> texts;
    ByteReader in(packed);
    while (!in.at_end() && texts.size() < count) {
        const auto size = CAIRN_TRY(in.leb128());
        const Bytes text = CAIRN_TRY(in.take(size));
        texts.emplace_back(as_text(text));
    }
    if (!in.at_end() || texts.size() != count) {
        return fail(Errc::corrupt_data, "a sealed value of a scan has not its {} texts", count);
    }
    return texts;
}

}  // namespace cairn::scan
