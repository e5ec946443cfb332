#include "hashlist/packed_entry.h"

#include <algorithm>
#include <cstring>

namespace cairn::hashlist {
namespace {

using Packed = std::array<std::uint8_t, kEntryBytes>;

template <typename Value>
void put(Packed& out, std::size_t at, Value value) {
    std::memcpy(out.data() + at, &value, sizeof(value));
}

template <typename Value>
void get(const Packed& in, std::size_t at, Value& value) {
    std::memcpy(&value, in.data() + at, sizeof(value));
}

/// Two tags make the pad of one entry. Its key belongs to the file, so no pad serves twice.
void apply_pad(const crypto::Prf128& prf, std::uint32_t id, Packed& bytes) {
    constexpr std::size_t kHalf = kEntryBytes / 2;
    std::array<std::uint8_t, 5> input{};
    std::memcpy(input.data(), &id, sizeof(id));
    for (std::uint8_t half = 0; half < 2; ++half) {
        input.back() = half;
        const crypto::Tag128 pad = prf(input);
        for (std::size_t i = 0; i < kHalf; ++i) bytes[half * kHalf + i] ^= pad[i];
    }
}

template <std::size_t N>
bool is_known(const std::array<std::uint8_t, N>& digest) {
    return digest != std::array<std::uint8_t, N>{};
}

}  // namespace

PackedEntry PackedEntry::from(const EntryRow& row) {
    PackedEntry packed;
    packed.size_bytes = row.size_bytes;
    packed.category = row.category.value_or(0);
    packed.verdict = static_cast<std::uint8_t>(row.verdict);
    packed.pdq_quality = row.pdq_quality.value_or(0);
    const auto flag = [&](bool set, std::uint8_t bit) {
        if (set) packed.flags |= bit;
    };
    flag(is_known(row.md5), kHasMd5);
    flag(is_known(row.sha1), kHasSha1);
    flag(is_known(row.sha256), kHasSha256);
    flag(row.pdq != fingerprint::PdqCode{}, kHasPdq);
    flag(row.category.has_value(), kHasCategory);
    flag(row.pdq_quality.has_value(), kHasQuality);
    return packed;
}

std::array<std::uint8_t, kEntryBytes> PackedEntry::encode(
    const crypto::Prf128& prf, std::uint32_t id
) const {
    Packed out{};
    put(out, 0, size_bytes);
    put(out, 8, category);
    put(out, 16, category_name);
    put(out, 20, series);
    put(out, 24, flags);
    put(out, 25, verdict);
    put(out, 26, pdq_quality);
    apply_pad(prf, id, out);
    return out;
}

PackedEntry PackedEntry::decode(const crypto::Prf128& prf, std::uint32_t id, Bytes bytes) {
    Packed in{};
    std::copy_n(bytes.begin(), in.size(), in.begin());
    apply_pad(prf, id, in);
    PackedEntry packed;
    get(in, 0, packed.size_bytes);
    get(in, 8, packed.category);
    get(in, 16, packed.category_name);
    get(in, 20, packed.series);
    get(in, 24, packed.flags);
    get(in, 25, packed.verdict);
    get(in, 26, packed.pdq_quality);
    return packed;
}

}  // namespace cairn::hashlist
