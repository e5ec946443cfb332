#include "audit/head_binding.h"

#include <set>

#include <gtest/gtest.h>

namespace cairn::audit {
namespace {

crypto::SecretKey secret_of(std::uint8_t value) {
    std::array<std::uint8_t, crypto::SecretKey::kSize> bytes{};
    bytes.fill(value);
    return crypto::SecretKey::from_bytes(bytes);
}

std::vector<Checkpoint> heads(std::size_t count) {
    std::vector<Checkpoint> all;
    for (std::size_t i = 0; i < count; ++i) {
        const Hash root = leaf_hash(as_bytes(std::to_string(i)));
        all.push_back({fmt::format("a.example.org/agency/{}", i), {i, root}});
    }
    return all;
}

TEST(HeadBinding, ProvesEachHead) {
    for (const std::size_t count : {1U, 2U, 15U, 16U, 17U, 100U}) {
        const auto all = heads(count);
        const HeadBinding binding(all, secret_of(1));
        std::set<std::uint64_t> places;
        for (const Checkpoint& head : all) {
            const auto proof = binding.prove(head.origin);
            ASSERT_TRUE(proof);
            EXPECT_TRUE(verify_bound_head(head, *proof, binding.root()));
            EXPECT_TRUE(places.insert(proof->index).second);
            Checkpoint other = head;
            ++other.head.size;
            EXPECT_FALSE(verify_bound_head(other, *proof, binding.root()));
            other = head;
            other.origin += "x";
            EXPECT_FALSE(verify_bound_head(other, *proof, binding.root()));
        }
        EXPECT_EQ(binding.prove("none").error().code, Errc::not_found);
    }
}

TEST(HeadBinding, ShowsNothingOfOtherLogs) {
    // The same heads under another secret share no hash of their proofs, and up to sixteen logs
    // all proofs have one form.
    const auto few = HeadBinding(heads(1), secret_of(1)).prove(heads(1)[0].origin);
    const auto many = HeadBinding(heads(16), secret_of(2)).prove(heads(1)[0].origin);
    EXPECT_EQ(few->leaves, many->leaves);
    EXPECT_EQ(few->path.size(), many->path.size());
    std::set<Hash> seen(few->path.begin(), few->path.end());
    const auto again = HeadBinding(heads(1), secret_of(3)).prove(heads(1)[0].origin);
    for (const Hash& hash : again->path) EXPECT_FALSE(seen.contains(hash));
}

TEST(HeadBinding, ChangesWithAnyHead) {
    const Hash before = HeadBinding(heads(20), secret_of(1)).root();
    for (std::size_t i = 0; i < 20; ++i) {
        auto changed = heads(20);
        ++changed[i].head.size;
        EXPECT_NE(HeadBinding(changed, secret_of(1)).root(), before);
    }
}

TEST(HeadBinding, ObjectHasOneSpelling) {
    const Hash root = leaf_hash(as_bytes("x"));
    EXPECT_EQ(parse_bind_object(bind_object(root)), root);
    EXPECT_EQ(parse_bind_object("heads:" + std::string(64, 'A')), std::nullopt);
    EXPECT_EQ(parse_bind_object("heads:00"), std::nullopt);
    EXPECT_EQ(parse_bind_object("item:" + std::string(64, '0')), std::nullopt);
}

}  // namespace
}  // namespace cairn::audit
