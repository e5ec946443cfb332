#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn {
namespace {

RC_GTEST_PROP(
    Bytes, ReaderGivesBackWhatTheWriterWrote, (std::uint64_t number, const ByteVector& run)
) {
    ByteWriter writer;
    writer.leb128(number);
    writer.u64_le(number);
    writer.sized(run);
    ByteReader reader(writer.bytes());
    RC_ASSERT(*reader.leb128() == number);
    RC_ASSERT(*reader.u64_le() == number);
    const auto size = reader.leb128();
    const auto taken = reader.take(*size);
    RC_ASSERT(taken.has_value());
    RC_ASSERT(ByteVector(taken->begin(), taken->end()) == run);
    RC_ASSERT(reader.at_end());
}

RC_GTEST_PROP(ByteReader, NeverReadsPastTheEnd, (const ByteVector& bytes)) {
    ByteReader reader{Bytes(bytes)};
    while (reader.leb128()) {
    }
    RC_ASSERT(reader.offset() <= bytes.size());
    RC_ASSERT(!reader.take(bytes.size() + 1));
}

TEST(ByteReader, RefusesIntegersThatArePaddedOrTooLarge) {
    const ByteVector padded = {0x80, 0x00};
    EXPECT_FALSE(ByteReader(padded).leb128());
    const ByteVector large(10, 0xff);
    EXPECT_FALSE(ByteReader(large).leb128());
}

}  // namespace
}  // namespace cairn
