#include "index/hamming_scan.h"

#include <gtest/gtest.h>

#include "index/code_sets_test.h"

namespace cairn::index {
namespace {

using testing::Codes;

TEST(HammingScan, EqualsBruteForceForEveryInstructionSet) {
    for (const Isa isa : {Isa::plain, Isa::avx2, Isa::avx512}) {
        if (!is_supported(isa)) continue;
        for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 1023U, 1024U, 1025U, 3000U}) {
            const Codes codes = testing::clustered(count, count);
            const ByteVector bytes = testing::bytes_of(codes);
            const Codes queries = testing::queries_for(codes, 11, 31);
            for (const int radius : {0, 1, 20, 31, 63, 127, 200, 256}) {
                const auto found = scan_batch(bytes, queries, radius, isa);
                ASSERT_EQ(found.size(), queries.size());
                for (std::size_t i = 0; i < queries.size(); ++i) {
                    const auto wanted = testing::compare_with_all(codes, queries[i], radius);
                    ASSERT_EQ(scan(bytes, queries[i], radius, isa), wanted) << count;
                    ASSERT_EQ(found[i], wanted) << count;
                }
            }
        }
    }
}

TEST(HammingScan, TakesAnyOrderAndNumberOfQueries) {
    Codes codes = testing::uniform(100, 32);
    std::reverse(codes.begin(), codes.end());
    const ByteVector bytes = testing::bytes_of(codes);
    for (std::size_t count = 0; count < 10; ++count) {
        const Codes queries(codes.begin(), codes.begin() + static_cast<std::ptrdiff_t>(count));
        const auto found = scan_batch(bytes, queries, 0);
        ASSERT_EQ(found.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(found[i], (std::vector{CodeHit{static_cast<std::uint32_t>(i), 0}}));
        }
    }
}

TEST(Isa, TheBestOneIsSupported) {
    EXPECT_TRUE(is_supported(best_isa()));
    EXPECT_TRUE(is_supported(Isa::plain));
    EXPECT_EQ(name_of(Isa::avx512), "AVX-512");
}

TEST(Code, WindowGoesRoundTheEnd) {
    const Code code{0x0706050403020100, 0x0F0E0D0C0B0A0908, 0, 0xFF00000000000000};
    EXPECT_EQ(window(code, 0), 0x0001020304050607U);
    EXPECT_EQ(window(code, 4), 0x0010203040506070U);
    EXPECT_EQ(window(code, 248), 0xFF00010203040506U);
    EXPECT_EQ(window(code, 255), 0x8000810182028303U);
}

TEST(Code, SortedByBytesIsSortedByLeadingBits) {
    const Codes codes = testing::uniform(1000, 33);
    for (std::size_t i = 1; i < codes.size(); ++i) {
        EXPECT_LE(window(codes[i - 1], 0), window(codes[i], 0));
    }
}

}  // namespace
}  // namespace cairn::index
