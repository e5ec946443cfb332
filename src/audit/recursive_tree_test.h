#pragma once

#include <bit>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "audit/merkle_tree.h"

// RFC 9162 section 2.1 word for word: the oracle of the tests.

namespace cairn::audit::test {

inline std::size_t split(std::size_t count) {
    return std::bit_floor(count - 1);
}

/// MTH(D[n])
inline Hash root_of(std::span<const Hash> leaves) {
    if (leaves.empty()) return crypto::sha256({});
    if (leaves.size() == 1) return leaves[0];
    const std::size_t k = split(leaves.size());
    return node_hash(root_of(leaves.first(k)), root_of(leaves.subspan(k)));
}

/// PATH(m, D[n])
inline std::vector<Hash> path_of_leaf(std::size_t m, std::span<const Hash> leaves) {
    if (leaves.size() == 1) return {};
    const std::size_t k = split(leaves.size());
    const auto left = leaves.first(k);
    const auto right = leaves.subspan(k);
    std::vector<Hash> path = m < k ? path_of_leaf(m, left) : path_of_leaf(m - k, right);
    path.push_back(root_of(m < k ? right : left));
    return path;
}

/// SUBPROOF(m, D[n], b)
inline std::vector<Hash> subproof(std::size_t m, std::span<const Hash> leaves, bool known) {
    if (m == leaves.size()) return known ? std::vector<Hash>{} : std::vector{root_of(leaves)};
    const std::size_t k = split(leaves.size());
    const auto left = leaves.first(k);
    const auto right = leaves.subspan(k);
    std::vector<Hash> proof = m <= k ? subproof(m, left, known) : subproof(m - k, right, false);
    proof.push_back(root_of(m <= k ? right : left));
    return proof;
}

inline std::vector<Hash> sample_leaves(std::size_t count) {
    std::vector<Hash> leaves;
    for (std::size_t i = 0; i < count; ++i) {
        leaves.push_back(leaf_hash(as_bytes("leaf " + std::to_string(i))));
    }
    return leaves;
}

/// Every complete subtree over some leaves.
class StoredTree final : public HashReader {
public:
    explicit StoredTree(std::span<const Hash> leaves) {
        CompactTree tree;
        for (const Hash& leaf : leaves) {
            tree.append(leaf, [this](NodeId node, const Hash& hash) { nodes_[node] = hash; });
        }
    }
    Result<Hash> complete_hash(NodeId node) override {
        const auto found = nodes_.find(node);
        if (found == nodes_.end()) return fail(Errc::not_found, "no such node");
        return found->second;
    }

private:
    std::map<NodeId, Hash> nodes_;
};

}  // namespace cairn::audit::test
