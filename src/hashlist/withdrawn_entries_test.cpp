#include "hashlist/withdrawn_entries.h"

#include <random>

#include <gtest/gtest.h>

namespace cairn::hashlist {
namespace {

crypto::Tag128 content_of(std::uint8_t fill) {
    crypto::Tag128 content{};
    content.fill(fill);
    return content;
}

TEST(WithdrawnEntries, AreSortedAndKnownOnce) {
    const WithdrawnEntries withdrawn({9, 2, 5, 2});
    EXPECT_EQ(withdrawn.entries(), (std::vector<std::uint32_t>{2, 5, 9}));
    EXPECT_EQ(withdrawn.count(), 3U);
    EXPECT_TRUE(withdrawn.contains(5));
    EXPECT_FALSE(withdrawn.contains(4));
    EXPECT_FALSE(WithdrawnEntries().contains(0));
}

TEST(WithdrawnEntries, ComeBackFromTheirFile) {
    for (const std::vector<std::uint32_t>& entries :
         {std::vector<std::uint32_t>{}, {0}, {1, 3, 0xFFFF'FFEE}}) {
        const WithdrawnEntries withdrawn(entries);
        const auto back =
            WithdrawnEntries::decode(withdrawn.encode(content_of(1)), content_of(1), 0xFFFF'FFF0);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->entries(), entries);
    }
}

TEST(WithdrawnEntries, AreRefusedForAnotherIndexFile) {
    const ByteVector bytes = WithdrawnEntries({1, 2}).encode(content_of(1));
    const auto other = WithdrawnEntries::decode(bytes, content_of(2), 10);
    EXPECT_EQ(other.error().code, Errc::corrupt_data);
    EXPECT_NE(other.error().message.find("another index file"), std::string::npos);
    EXPECT_EQ(WithdrawnEntries::decode(bytes, content_of(1), 2).error().code, Errc::corrupt_data);
}

TEST(WithdrawnEntries, AreRefusedWhenCutOrDamaged) {
    const ByteVector bytes = WithdrawnEntries({1, 2, 7}).encode(content_of(1));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(WithdrawnEntries::decode(Bytes(bytes).first(size), content_of(1), 10)) << size;
    }
    for (std::size_t place = 0; place < bytes.size(); ++place) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            ByteVector damaged = bytes;
            damaged[place] ^= static_cast<std::uint8_t>(1U << bit);
            EXPECT_FALSE(WithdrawnEntries::decode(damaged, content_of(1), 10)) << place;
        }
    }
}

TEST(WithdrawnEntries, TellOtherVersionsAndByteOrders) {
    const ByteVector bytes = WithdrawnEntries({1}).encode(content_of(1));
    const auto decode_with = [&](std::size_t place, std::uint8_t value) {
        ByteVector changed = bytes;
        changed[place] = value;
        return WithdrawnEntries::decode(changed, content_of(1), 10).error().code;
    };
    EXPECT_EQ(decode_with(8, 2), Errc::unsupported);
    EXPECT_EQ(decode_with(12, 0x01), Errc::unsupported);
    EXPECT_EQ(decode_with(0, 'X'), Errc::corrupt_data);
}

}  // namespace
}  // namespace cairn::hashlist
