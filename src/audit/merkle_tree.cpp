#include "audit/merkle_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

namespace cairn::audit {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

/// One context per thread: making one costs more than hashing a node.
crypto::Sha256Stream& hasher() {
    thread_local crypto::Sha256Stream stream;
    return stream;
}

/// The largest power of two below `count`, which is 2 or more.
std::uint64_t split_of(std::uint64_t count) {
    return std::bit_floor(count - 1);
}

Hash fold(std::span<const Hash> peaks) {
    if (peaks.empty()) return empty_root();
    Hash root = peaks.back();
    for (std::size_t i = peaks.size() - 1; i > 0; --i) root = node_hash(peaks[i - 1], root);
    return root;
}

/// The roots of the complete subtrees that make up `count` leaves from `first` on, largest first.
/// `first` is a multiple of the smallest power of two that is not below `count`, as in every range
/// that the definitions of RFC 9162 split.
Result<std::vector<Hash>> peaks_of(HashReader& reader, std::uint64_t first, std::uint64_t count) {
    std::vector<Hash> peaks;
    for (unsigned level = 63; count != 0; --level) {
        const std::uint64_t leaves = std::uint64_t{1} << level;
        if ((count & leaves) == 0) continue;
        const Hash hash = CAIRN_TRY(reader.complete_hash({level, first >> level}));
        peaks.push_back(hash);
        first += leaves;
        count -= leaves;
    }
    return peaks;
}

Result<Hash> range_root(HashReader& reader, std::uint64_t first, std::uint64_t count) {
    const std::vector<Hash> peaks = CAIRN_TRY(peaks_of(reader, first, count));
    return fold(peaks);
}

Status check_size(std::uint64_t size) {
    if (size > kTreeSizeMax) {
        return fail(Errc::limit_exceeded, "tree of {} leaves: at most {}", size, kTreeSizeMax);
    }
    return ok();
}

/// The leaf's path upwards: which side the next hash of a proof stands on.
struct Path {
    std::uint64_t node;  ///< index on the present level
    std::uint64_t last;  ///< of the last node there

    bool hash_is_left() const { return (node & 1U) != 0 || node == last; }
    void up() {
        node >>= 1U;
        last >>= 1U;
    }
    /// Levels where the node has no sibling contribute no hash.
    void skip_lonely_levels() {
        while ((node & 1U) == 0 && node != 0) up();
    }
};

Error refused(std::string_view proof, std::string_view why) {
    return fail(Errc::corrupt_data, "{} proof refused: {}", proof, why);
}

Error inclusion_refused(std::string_view why) {
    return refused("inclusion", why);
}

Error consistency_refused(std::string_view why) {
    return refused("consistency", why);
}

/// The cases that RFC 9162 2.1.4.2 leaves open.
Status verify_trivial(const TreeHead& older, const TreeHead& newer, std::span<const Hash> proof) {
    if (older.size == newer.size && older.root != newer.root) {
        return consistency_refused("equal sizes with different roots");
    }
    if (older.size == 0 && older.root != empty_root()) {
        return consistency_refused("the root of the empty tree is another");
    }
    if (!proof.empty()) return consistency_refused("hashes where none are needed");
    return ok();
}

}  // namespace

Hash empty_root() {
    static const Hash kRoot = crypto::sha256({});
    return kRoot;
}

Hash leaf_hash(Bytes entry) {
    crypto::Sha256Stream& stream = hasher();
    stream.update(Bytes(&kLeafPrefix, 1));
    stream.update(entry);
    return stream.finish();
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<std::uint8_t, 1 + 2 * std::tuple_size_v<Hash>> bytes{};
    bytes[0] = kNodePrefix;
    auto* next = std::copy(left.begin(), left.end(), bytes.begin() + 1);
    std::copy(right.begin(), right.end(), next);
    crypto::Sha256Stream& stream = hasher();
    stream.update(bytes);
    return stream.finish();
}

Result<CompactTree> CompactTree::from_peaks(std::uint64_t size, std::vector<Hash> peaks) {
    CAIRN_TRY(check_size(size));
    const auto wanted = static_cast<std::size_t>(std::popcount(size));
    if (peaks.size() != wanted) {
        return fail(
            Errc::invalid_argument,
            "a tree of {} leaves has {} complete subtrees, {} hashes given",
            size,
            wanted,
            peaks.size()
        );
    }
    CompactTree tree;
    tree.size_ = size;
    tree.peaks_ = std::move(peaks);
    return tree;
}

Result<CompactTree> CompactTree::from_reader(HashReader& reader, std::uint64_t size) {
    CAIRN_TRY(check_size(size));
    CompactTree tree;
    tree.peaks_ = CAIRN_TRY(peaks_of(reader, 0, size));
    tree.size_ = size;
    return tree;
}

template <typename Sink>
void CompactTree::grow(const Hash& leaf, const Sink& completed) {
    NodeId node{0, size_};
    Hash hash = leaf;
    completed(node, hash);
    while ((node.index & 1U) != 0) {
        hash = node_hash(peaks_.back(), hash);
        peaks_.pop_back();
        node = {node.level + 1, node.index >> 1U};
        completed(node, hash);
    }
    peaks_.push_back(hash);
    ++size_;
}

void CompactTree::append(const Hash& leaf) {
    grow(leaf, [](NodeId, const Hash&) {});
}

void CompactTree::append(const Hash& leaf, const NodeSink& completed) {
    grow(leaf, completed);
}

Hash CompactTree::root() const {
    return fold(peaks_);
}

Hash root_over(std::span<const Hash> hashes) {
    CompactTree tree;
    for (const Hash& hash : hashes) tree.append(hash);
    return tree.root();
}

Result<Hash> root_at(HashReader& reader, std::uint64_t size) {
    CAIRN_TRY(check_size(size));
    return range_root(reader, 0, size);
}

Result<std::vector<Hash>> inclusion_proof(
    HashReader& reader, std::uint64_t index, std::uint64_t size
) {
    CAIRN_TRY(check_size(size));
    if (index >= size) {
        return fail(Errc::invalid_argument, "no entry {} in a log of {} entries", index, size);
    }
    std::vector<Hash> proof;
    std::uint64_t first = 0;
    std::uint64_t count = size;
    while (count > 1) {
        const std::uint64_t left = split_of(count);
        const bool in_left = index - first < left;
        const Hash sibling = CAIRN_TRY(
            in_left ? range_root(reader, first + left, count - left)
                    : range_root(reader, first, left)
        );
        proof.push_back(sibling);
        if (!in_left) first += left;
        count = in_left ? left : count - left;
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

Result<std::vector<Hash>> consistency_proof(
    HashReader& reader, std::uint64_t from, std::uint64_t to
) {
    CAIRN_TRY(check_size(to));
    if (from > to) {
        return fail(Errc::invalid_argument, "a log of {} entries is no prefix of {}", from, to);
    }
    std::vector<Hash> proof;
    if (from == 0) return proof;
    std::uint64_t first = 0;
    std::uint64_t count = to;
    // While the range still begins at 0, the verifier knows the root of its older part.
    while (from - first != count) {
        const std::uint64_t left = split_of(count);
        const bool in_left = from - first <= left;
        const Hash sibling = CAIRN_TRY(
            in_left ? range_root(reader, first + left, count - left)
                    : range_root(reader, first, left)
        );
        proof.push_back(sibling);
        if (!in_left) first += left;
        count = in_left ? left : count - left;
    }
    if (first != 0) {
        const Hash innermost = CAIRN_TRY(range_root(reader, first, count));
        proof.push_back(innermost);
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

Status verify_inclusion(
    const Hash& leaf, std::uint64_t index, const TreeHead& head, std::span<const Hash> proof
) {
    if (index >= head.size) return inclusion_refused("the index is not below the tree's size");
    Path path{index, head.size - 1};
    Hash root = leaf;
    for (const Hash& hash : proof) {
        if (path.last == 0) return inclusion_refused("too many hashes");
        if (path.hash_is_left()) {
            root = node_hash(hash, root);
            path.skip_lonely_levels();
        } else {
            root = node_hash(root, hash);
        }
        path.up();
    }
    if (path.last != 0) return inclusion_refused("too few hashes");
    if (root != head.root) return inclusion_refused("it leads to another root");
    return ok();
}

Status verify_consistency(
    const TreeHead& older, const TreeHead& newer, std::span<const Hash> proof
) {
    if (older.size > newer.size) return consistency_refused("the older tree is larger");
    if (older.size == 0 || older.size == newer.size) return verify_trivial(older, newer, proof);
    if (proof.empty()) return consistency_refused("no hashes");
    Path path{older.size - 1, newer.size - 1};
    while ((path.node & 1U) != 0) path.up();
    // An older tree that is one complete subtree is the innermost hash itself.
    const bool complete = std::has_single_bit(older.size);
    Hash older_root = complete ? older.root : proof.front();
    Hash newer_root = older_root;
    for (const Hash& hash : proof.subspan(complete ? 0 : 1)) {
        if (path.last == 0) return consistency_refused("too many hashes");
        if (path.hash_is_left()) {
            older_root = node_hash(hash, older_root);
            newer_root = node_hash(hash, newer_root);
            path.skip_lonely_levels();
        } else {
            newer_root = node_hash(newer_root, hash);
        }
        path.up();
    }
    if (path.last != 0) return consistency_refused("too few hashes");
    if (older_root != older.root) return consistency_refused("it leads to another older root");
    if (newer_root != newer.root) return consistency_refused("it leads to another newer root");
    return ok();
}

}  // namespace cairn::audit
