#include "audit/merkle_tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/recursive_tree_test.h"
#include "base/hex.h"

namespace cairn::audit {
namespace {

using test::root_of;
using test::sample_leaves;
using test::StoredTree;

constexpr std::size_t kAllSizes = 600;

std::vector<Hash> roots_of_all_sizes(std::span<const Hash> leaves) {
    std::vector<Hash> roots;
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        roots.push_back(root_of(leaves.first(size)));
    }
    return roots;
}

TEST(CompactTree, AgreesWithTheDefinitionForAllSizes) {
    const auto leaves = sample_leaves(kAllSizes);
    CompactTree tree;
    EXPECT_EQ(tree.root(), empty_root());
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        tree.append(leaves[size - 1]);
        ASSERT_EQ(tree.size(), size);
        ASSERT_EQ(tree.root(), root_of(std::span(leaves).first(size))) << size;
        ASSERT_EQ(tree.head(), (TreeHead{size, tree.root()}));
    }
}

TEST(CompactTree, TellsEachCompleteSubtree) {
    const auto leaves = sample_leaves(300);
    CompactTree tree;
    std::map<NodeId, Hash> told;
    for (const Hash& leaf : leaves) {
        tree.append(leaf, [&](NodeId node, const Hash& hash) {
            EXPECT_TRUE(told.emplace(node, hash).second);
        });
    }
    std::size_t wanted = 0;
    for (unsigned level = 0; leaves.size() >> level != 0; ++level) {
        const std::size_t width = std::size_t{1} << level;
        for (std::size_t index = 0; (index + 1) * width <= leaves.size(); ++index) {
            ++wanted;
            ASSERT_EQ(
                told.at({level, index}), root_of(std::span(leaves).subspan(index * width, width))
            );
        }
    }
    EXPECT_EQ(told.size(), wanted);
}

TEST(CompactTree, GoesOnFromItsPeaksAndFromAReader) {
    const auto leaves = sample_leaves(200);
    StoredTree stored(leaves);
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        CompactTree tree;
        for (std::size_t i = 0; i < size; ++i) tree.append(leaves[i]);
        auto from_peaks = CompactTree::from_peaks(size, tree.peaks());
        auto from_reader = CompactTree::from_reader(stored, size);
        ASSERT_TRUE(from_peaks && from_reader);
        for (std::size_t i = size; i < leaves.size(); ++i) {
            from_peaks->append(leaves[i]);
            from_reader->append(leaves[i]);
        }
        ASSERT_EQ(from_peaks->root(), root_of(leaves));
        ASSERT_EQ(from_reader->root(), root_of(leaves));
    }
}

TEST(CompactTree, RefusesTheWrongNumberOfPeaks) {
    EXPECT_FALSE(CompactTree::from_peaks(3, {Hash{}}));
    EXPECT_FALSE(CompactTree::from_peaks(0, {Hash{}}));
    EXPECT_TRUE(CompactTree::from_peaks(kTreeSizeMax, std::vector<Hash>(63)));
    EXPECT_EQ(
        CompactTree::from_peaks(kTreeSizeMax + 1, {Hash{}}).error().code, Errc::limit_exceeded
    );
}

TEST(Proofs, AreThoseOfTheDefinition) {
    const auto leaves = sample_leaves(140);
    StoredTree stored(leaves);
    for (std::size_t size = 1; size <= leaves.size(); size += size < 70 ? 1 : 7) {
        const auto tree = std::span(leaves).first(size);
        for (std::size_t m = 0; m < size; ++m) {
            ASSERT_EQ(*inclusion_proof(stored, m, size), test::path_of_leaf(m, tree));
            ASSERT_EQ(*consistency_proof(stored, m + 1, size), test::subproof(m + 1, tree, true));
        }
        ASSERT_EQ(*root_at(stored, size), root_of(tree));
    }
}

TEST(Proofs, VerifyForAllSizes) {
    const auto leaves = sample_leaves(kAllSizes);
    const auto roots = roots_of_all_sizes(leaves);
    StoredTree stored(leaves);
    for (std::size_t size = 1; size <= kAllSizes; ++size) {
        const TreeHead head{size, roots[size]};
        // Every index of small trees and of some larger ones, else every seventh.
        const std::size_t step = size <= 130 || size % 64 < 2 ? 1 : 7;
        for (std::size_t m = size % step; m < size; m += step) {
            const auto inclusion = inclusion_proof(stored, m, size);
            ASSERT_TRUE(verify_inclusion(leaves[m], m, head, *inclusion));
            ASSERT_FALSE(verify_inclusion(leaves[m], size, head, *inclusion));
            const auto consistency = consistency_proof(stored, m, size);
            ASSERT_TRUE(verify_consistency({m, roots[m]}, head, *consistency)) << m << ' ' << size;
        }
    }
}

RC_GTEST_PROP(Proofs, VerifyInLargerTrees, ()) {
    static const auto kLeaves = sample_leaves(5000);
    static StoredTree stored(kLeaves);
    const auto to = *rc::gen::inRange<std::size_t>(601, kLeaves.size() + 1);
    const auto from = *rc::gen::inRange<std::size_t>(1, to + 1);
    const auto index = *rc::gen::inRange<std::size_t>(0, to);
    const TreeHead older{from, root_of(std::span(kLeaves).first(from))};
    const TreeHead newer{to, root_of(std::span(kLeaves).first(to))};
    const auto inclusion = inclusion_proof(stored, index, to);
    const auto consistency = consistency_proof(stored, from, to);
    RC_ASSERT(verify_inclusion(kLeaves[index], index, newer, *inclusion).has_value());
    RC_ASSERT(verify_consistency(older, newer, *consistency).has_value());
}

TEST(VerifyInclusion, RefusesEveryAlteration) {
    const auto leaves = sample_leaves(77);
    StoredTree stored(leaves);
    const TreeHead head{77, root_of(leaves)};
    for (std::size_t m = 0; m < leaves.size(); ++m) {
        const auto proof = *inclusion_proof(stored, m, head.size);
        for (std::size_t i = 0; i < proof.size(); ++i) {
            auto altered = proof;
            altered[i][i % 32] ^= 0x10U;
            EXPECT_FALSE(verify_inclusion(leaves[m], m, head, altered));
            altered = proof;
            altered.erase(altered.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_FALSE(verify_inclusion(leaves[m], m, head, altered));
        }
        auto longer = proof;
        longer.push_back(head.root);
        EXPECT_FALSE(verify_inclusion(leaves[m], m, head, longer));
        EXPECT_FALSE(verify_inclusion(leaves[(m + 1) % 77], m, head, proof));
        EXPECT_FALSE(verify_inclusion(leaves[m], m ^ 1U, head, proof));
    }
}

TEST(VerifyConsistency, RefusesEveryAlteration) {
    const auto leaves = sample_leaves(77);
    const auto roots = roots_of_all_sizes(leaves);
    StoredTree stored(leaves);
    const TreeHead newer{77, roots[77]};
    for (std::size_t from = 1; from < leaves.size(); ++from) {
        const TreeHead older{from, roots[from]};
        const auto proof = *consistency_proof(stored, from, newer.size);
        for (std::size_t i = 0; i < proof.size(); ++i) {
            auto altered = proof;
            altered[i][31 - i % 32] ^= 0x01U;
            EXPECT_FALSE(verify_consistency(older, newer, altered));
            altered = proof;
            altered.erase(altered.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_FALSE(verify_consistency(older, newer, altered));
        }
        auto longer = proof;
        longer.push_back(newer.root);
        EXPECT_FALSE(verify_consistency(older, newer, longer));
        EXPECT_FALSE(verify_consistency({from, roots[from - 1]}, newer, proof));
        EXPECT_FALSE(verify_consistency(older, {77, roots[76]}, proof));
        EXPECT_FALSE(verify_consistency(newer, older, proof));
    }
}

TEST(VerifyConsistency, TreatsEmptyAndEqualTreesStrictly) {
    const auto leaves = sample_leaves(2);
    const TreeHead empty;
    const TreeHead one{1, leaves[0]};
    EXPECT_TRUE(verify_consistency(empty, one, {}));
    EXPECT_TRUE(verify_consistency(empty, empty, {}));
    EXPECT_TRUE(verify_consistency(one, one, {}));
    EXPECT_FALSE(verify_consistency({0, leaves[0]}, one, {}));
    EXPECT_FALSE(verify_consistency(empty, one, leaves));
    EXPECT_FALSE(verify_consistency(one, one, leaves));
    EXPECT_FALSE(verify_consistency(one, {1, leaves[1]}, {}));
    EXPECT_FALSE(verify_consistency(one, {2, root_of(leaves)}, {}));
}

TEST(VerifyInclusion, SaysWhichCheckFailed) {
    const auto leaves = sample_leaves(4);
    StoredTree stored(leaves);
    const TreeHead head{4, root_of(leaves)};
    auto proof = *inclusion_proof(stored, 1, 4);
    const auto message = [&](std::uint64_t index) {
        const Status status = verify_inclusion(leaves[1], index, head, proof);
        return status ? "" : status.error().message;
    };
    EXPECT_NE(message(4).find("index"), std::string::npos);
    EXPECT_NE(message(0).find("another root"), std::string::npos);
    proof.pop_back();
    EXPECT_NE(message(1).find("too few"), std::string::npos);
    proof.resize(3);
    EXPECT_NE(message(1).find("too many"), std::string::npos);
}

TEST(Proofs, AreRefusedOutsideTheTree) {
    const auto leaves = sample_leaves(4);
    StoredTree stored(leaves);
    EXPECT_EQ(inclusion_proof(stored, 4, 4).error().code, Errc::invalid_argument);
    EXPECT_EQ(inclusion_proof(stored, 0, 0).error().code, Errc::invalid_argument);
    EXPECT_EQ(consistency_proof(stored, 5, 4).error().code, Errc::invalid_argument);
    EXPECT_EQ(inclusion_proof(stored, 0, 5).error().code, Errc::not_found);
    EXPECT_EQ(inclusion_proof(stored, 0, ~std::uint64_t{0}).error().code, Errc::limit_exceeded);
    EXPECT_TRUE(consistency_proof(stored, 0, 4)->empty());
    EXPECT_TRUE(consistency_proof(stored, 4, 4)->empty());
}

}  // namespace
}  // namespace cairn::audit
