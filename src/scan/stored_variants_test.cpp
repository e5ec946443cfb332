#include "scan/stored_variants.h"

#include <gtest/gtest.h>

namespace cairn::scan {
namespace {

using fingerprint::QueryVariant;
using fingerprint::VariantId;

std::vector<QueryVariant> sample() {
    QueryVariant padded;
    padded.id = {VariantId::Kind::pad, 50};
    padded.hash = {{{1, 2, 3, ~0ULL}}, 100};
    QueryVariant tilted;
    tilted.id = {VariantId::Kind::tilt, -10};
    tilted.hash = {{{5, 6, 7, 8}}, 0};
    return {padded, tilted};
}

TEST(StoredVariants, ComeBackAsTheyWere) {
    const auto variants = sample();
    const auto back = decode_variants(encode_variants(variants));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), variants.size());
    for (std::size_t i = 0; i < variants.size(); ++i) {
        EXPECT_EQ((*back)[i].id, variants[i].id);
        EXPECT_EQ((*back)[i].hash, variants[i].hash);
    }
    EXPECT_TRUE(decode_variants({})->empty());
}

TEST(StoredVariants, RefusesWhatIsCutOrUnknown) {
    const ByteVector stored = encode_variants(sample());
    for (std::size_t size = 0; size < stored.size(); ++size) {
        const bool whole = size % (stored.size() / 2) == 0;
        EXPECT_EQ(decode_variants(Bytes(stored).first(size)).has_value(), whole) << size;
    }
    ByteVector damaged = stored;
    damaged[0] = 0xFF;
    EXPECT_FALSE(decode_variants(damaged));
    damaged = stored;
    damaged[36] = 101;
    EXPECT_FALSE(decode_variants(damaged));
}

}  // namespace
}  // namespace cairn::scan
