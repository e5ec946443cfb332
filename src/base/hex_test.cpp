#include "base/hex.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn {
namespace {

TEST(HexDecode, RejectsOddLength) {
    EXPECT_EQ(hex_decode("abc").error().code, Errc::invalid_argument);
}

TEST(HexDecode, RejectsOtherCharacters) {
    EXPECT_EQ(hex_decode("0g").error().code, Errc::invalid_argument);
}

TEST(HexDecodeArray, RejectsAnotherLength) {
    EXPECT_FALSE(hex_decode_array<2>("00"));
    EXPECT_TRUE(hex_decode_array<2>("00fF"));
}

RC_GTEST_PROP(Hex, DecodeInvertsEncode, (const ByteVector& bytes)) {
    const auto decoded = hex_decode(hex_encode(bytes));
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == bytes);
}

}  // namespace
}  // namespace cairn
