#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace cairn::audit {

/// A SHA-256 of the Merkle tree of RFC 9162 section 2.1.
using Hash = crypto::Sha256;
inline constexpr std::size_t kHashBytes = 32;

/// Larger trees are refused, so that sizes fit signed 64-bit integers everywhere.
inline constexpr std::uint64_t kTreeSizeMax = (std::uint64_t{1} << 63U) - 1;

/// Proofs in a tree of any admissible size have at most as many hashes.
inline constexpr std::size_t kProofHashesMax = 63;

/// The root of the tree without leaves: SHA-256 of nothing.
Hash empty_root();
/// SHA-256(0x00 | entry).
Hash leaf_hash(Bytes entry);
/// SHA-256(0x01 | left | right).
Hash node_hash(const Hash& left, const Hash& right);

/// How many leaves, and the root over them.
struct TreeHead {
    std::uint64_t size = 0;
    Hash root = empty_root();
    auto operator<=>(const TreeHead&) const = default;
};

/// A complete subtree: it covers the leaves from index * 2^level on, 2^level of them.
struct NodeId {
    unsigned level = 0;
    std::uint64_t index = 0;
    auto operator<=>(const NodeId&) const = default;
};

/// Where stored hashes come from.
class HashReader {
public:
    virtual ~HashReader() = default;
    /// The root of a complete subtree. Errc::not_found when it is not stored.
    virtual Result<Hash> complete_hash(NodeId node) = 0;
};

/// A tree that only grows and keeps the roots of its complete subtrees, one for each bit of its
/// size: O(log n) memory, O(1) hashes per leaf on average.
class CompactTree {
public:
    /// Told of each subtree that becomes complete, leaves included, lower levels first.
    using NodeSink = std::function<void(NodeId, const Hash&)>;

    CompactTree() = default;
    /// The tree of `size` leaves whose complete subtrees, largest first, have the roots `peaks`.
    static Result<CompactTree> from_peaks(std::uint64_t size, std::vector<Hash> peaks);
    /// The tree of the first `size` leaves of a stored one.
    static Result<CompactTree> from_reader(HashReader& reader, std::uint64_t size);

    void append(const Hash& leaf);
    void append(const Hash& leaf, const NodeSink& completed);

    std::uint64_t size() const { return size_; }
    const std::vector<Hash>& peaks() const { return peaks_; }
    /// O(log n).
    Hash root() const;
    TreeHead head() const { return {size_, root()}; }

private:
    template <typename Sink>
    void grow(const Hash& leaf, const Sink& completed);

    std::uint64_t size_ = 0;
    std::vector<Hash> peaks_;  ///< largest subtree first
};

/// The root over 2^k hashes of equal level (1, 2, 4, ...); other counts give the root of the tree
/// that has them as leaf hashes. Empty gives empty_root().
Hash root_over(std::span<const Hash> hashes);

/// The root of the first `size` leaves.
Result<Hash> root_at(HashReader& reader, std::uint64_t size);

/// RFC 9162 2.1.3.1: that leaf `index` is in the tree of the first `size` leaves; from the leaf's
/// sibling up.
Result<std::vector<Hash>> inclusion_proof(
    HashReader& reader, std::uint64_t index, std::uint64_t size
);

/// RFC 9162 2.1.4.1: that the tree of the first `from` leaves is a prefix of that of the first
/// `to`. Empty when `from` is 0 or `to`.
Result<std::vector<Hash>> consistency_proof(
    HashReader& reader, std::uint64_t from, std::uint64_t to
);

/// RFC 9162 2.1.3.2. Errc::corrupt_data with the check that failed.
Status verify_inclusion(
    const Hash& leaf, std::uint64_t index, const TreeHead& head, std::span<const Hash> proof
);

/// RFC 9162 2.1.4.2; where it says nothing: equal sizes need equal roots and no proof, an empty
/// older tree needs no proof and the root of the empty tree. Errc::corrupt_data with the check that
/// failed.
Status verify_consistency(
    const TreeHead& older, const TreeHead& newer, std::span<const Hash> proof
);

}  // namespace cairn::audit
