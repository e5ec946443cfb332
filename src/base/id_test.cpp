#include "base/id.h"

#include <numeric>
#include <type_traits>

#include <gtest/gtest.h>

namespace cairn {
namespace {

using UserId = Id<struct UserIdTag>;
using CaseId = Id<struct CaseIdTag>;

static_assert(!std::is_convertible_v<UserId, CaseId>);

UserId counting_id() {
    std::array<std::uint8_t, UserId::kSize> bytes{};
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0xF0});
    return UserId::from_bytes(bytes);
}

TEST(Id, ItsTextReadsBack) {
    EXPECT_EQ(counting_id().text(), "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    EXPECT_EQ(*parse_id<UserId>(counting_id().text()), counting_id());
}

TEST(Id, OtherTextsAreRefused) {
    for (const char* text : {"", "f0", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfef", "user-1"}) {
        EXPECT_FALSE(parse_id<UserId>(text)) << text;
    }
    EXPECT_FALSE(parse_id<UserId>(counting_id().text() + "00"));
    EXPECT_FALSE(parse_id<UserId>("g" + counting_id().text().substr(1)));
}

TEST(Id, StoredBytesOfAnotherLengthAreDamage) {
    EXPECT_EQ(*stored_id<UserId>(counting_id().bytes()), counting_id());
    EXPECT_EQ(stored_id<UserId>(counting_id().bytes().first(15)).error().code, Errc::corrupt_data);
}

}  // namespace
}  // namespace cairn
