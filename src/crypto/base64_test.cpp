#include "crypto/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::crypto {
namespace {

// RFC 4648 section 10.
TEST(Base64, MatchesTheRfcVectors) {
    const std::vector<std::pair<std::string, std::string>> vectors = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [plain, text] : vectors) {
        EXPECT_EQ(base64_encode(as_bytes(plain)), text);
        const auto decoded = base64_decode(text);
        ASSERT_TRUE(decoded);
        EXPECT_EQ(as_text(*decoded), plain);
    }
}

TEST(Base64, RefusesWrongLengthAndPadding) {
    for (const char* text :
         {"Z", "Zg", "Zg=", "Zg===", "====", "===", "=", "Z===", "Zm9v=", "Zm9v====", "Zg==Zg=="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

TEST(Base64, RefusesOtherCharacters) {
    for (const char* text :
         {"Zm9v\n", "Zm 9", "-_8=", "Zm9\n", " Zm9", "Zm=v", "=m9v", "Zm9\x80", "Zm9."}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
    EXPECT_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
}

TEST(Base64, RefusesBitsBehindTheLastByte) {
    EXPECT_TRUE(base64_decode("Zg=="));
    for (const char* text : {"Zh==", "Zi==", "Zv==", "Zm9=", "Zm+="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

TEST(Base64, DecodesArraysOfOneLengthOnly) {
    EXPECT_TRUE(base64_decode_array<3>("Zm9v"));
    EXPECT_FALSE(base64_decode_array<3>("Zm8="));
    EXPECT_FALSE(base64_decode_array<2>("Zm9v"));
}

RC_GTEST_PROP(Base64, DecodeInvertsEncode, (const ByteVector& bytes)) {
    const auto decoded = base64_decode(base64_encode(bytes));
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == bytes);
}

// One value has one text: whatever is accepted is what encoding gives.
RC_GTEST_PROP(Base64, AcceptsOnlyWhatItWrites, ()) {
    const auto text =
        *rc::gen::container<std::string>(4, rc::gen::elementOf(std::string("AQgwZz/+=")));
    const auto decoded = base64_decode(text);
    if (decoded) RC_ASSERT(base64_encode(*decoded) == text);
}

}  // namespace
}  // namespace cairn::crypto
