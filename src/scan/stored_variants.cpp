#include "scan/stored_variants.h"

namespace cairn::scan {
namespace {

constexpr std::uint8_t kQualityMax = 100;

Result<fingerprint::QueryVariant> take_variant(ByteReader& reader) {
    const std::uint32_t packed = CAIRN_TRY(reader.u32_le());
    const auto id = fingerprint::VariantId::from_packed(packed);
    if (!id) return fail(Errc::corrupt_data, "case file: unknown picture variant {}", packed);
    fingerprint::QueryVariant variant;
    variant.id = *id;
    for (std::uint64_t& word : variant.hash.code.words) word = CAIRN_TRY(reader.u64_le());
    const std::uint8_t quality = CAIRN_TRY(reader.u8());
    if (quality > kQualityMax) return fail(Errc::corrupt_data, "case file: quality {}", quality);
    variant.hash.quality = quality;
    return variant;
}

}  // namespace

ByteVector encode_variants(std::span<const fingerprint::QueryVariant> variants) {
    ByteWriter writer;
    for (const fingerprint::QueryVariant& variant : variants) {
        writer.u32_le(variant.id.packed());
        for (const std::uint64_t word : variant.hash.code.words) writer.u64_le(word);
        writer.u8(static_cast<std::uint8_t>(variant.hash.quality));
    }
    return writer.take();
}

Result<std::vector<fingerprint::QueryVariant>> decode_variants(Bytes stored) {
    std::vector<fingerprint::QueryVariant> variants;
    ByteReader reader(stored);
    while (!reader.at_end()) {
        fingerprint::QueryVariant variant = CAIRN_TRY(take_variant(reader));
        variants.push_back(variant);
    }
    return variants;
}

}  // namespace cairn::scan
