#include "identity/totp.h"

#include <gtest/gtest.h>

namespace cairn::identity {
namespace {

const Bytes kRfcSecret = as_bytes("12345678901234567890");

UtcTime at(std::int64_t seconds) {
    return UtcTime(std::chrono::seconds(seconds));
}

TEST(Totp, GivesTheCodesOfRfc6238) {
    // Appendix B, the rows of SHA-1; of its eight digits the last six.
    const std::pair<std::int64_t, const char*> rows[] = {
        {59, "287082"},
        {1111111109, "081804"},
        {1111111111, "050471"},
        {1234567890, "005924"},
        {2000000000, "279037"},
        {20000000000, "353130"},
    };
    for (const auto& [seconds, code] : rows) {
        EXPECT_EQ(*totp_code(kRfcSecret, totp_step(at(seconds))), code) << seconds;
    }
}

TEST(Totp, TakesTheStepsBesideThePresentAndNoOthers) {
    const std::string code = *totp_code(kRfcSecret, 1000);
    for (std::int64_t step = 996; step <= 1004; ++step) {
        for (const std::int64_t second : {step * 30, step * 30 + 29}) {
            const auto found = *step_of_code(kRfcSecret, code, at(second));
            EXPECT_EQ(found.has_value(), step >= 999 && step <= 1001) << second;
            if (found) {
                EXPECT_EQ(*found, 1000);
            }
        }
    }
}

TEST(Totp, ReadsTwoGroupsAndNothingElse) {
    const UtcTime now = at(59);
    EXPECT_TRUE(step_of_code(kRfcSecret, "287 082", now)->has_value());
    for (const char* wrong : {"", "287083", "28708", "2870820", "94287082", "287-082", "abcdef"}) {
        EXPECT_FALSE(step_of_code(kRfcSecret, wrong, now)->has_value()) << wrong;
    }
}

TEST(Totp, WritesItsAddressForAuthenticators) {
    EXPECT_EQ(*base32_text(kRfcSecret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    EXPECT_EQ(
        *totp_uri("Cairn: A&B", "m\xc3\xa4x@example.org", kRfcSecret),
        "otpauth://totp/Cairn%3A%20A%26B:m%C3%A4x%40example.org"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Cairn%3A%20A%26B"
        "&algorithm=SHA1&digits=6&period=30"
    );
}

}  // namespace
}  // namespace cairn::identity
