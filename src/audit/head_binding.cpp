#include "audit/head_binding.h"

#include <algorithm>
#include <bit>

#include "base/hex.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kObject = "heads:";
constexpr std::size_t kLeavesMin = 16;

/// The origin has no white space, so that it is no other log's or filling's.
crypto::SecretKey salt_of(const crypto::SecretKey& secret, std::string_view origin) {
    return secret.derive(origin);
}

Hash leaf_of(const Checkpoint& head, const crypto::SecretKey& salt) {
    ByteVector bytes(salt.bytes().begin(), salt.bytes().end());
    const std::string text = format_checkpoint(head);
    bytes.insert(bytes.end(), text.begin(), text.end());
    return leaf_hash(bytes);
}

class LeavesInMemory final : public HashReader {
public:
    explicit LeavesInMemory(std::span<const Hash> leaves) : leaves_(leaves) {}
    Result<Hash> complete_hash(NodeId node) override {
        const std::size_t width = std::size_t{1} << node.level;
        return root_over(leaves_.subspan(node.index * width, width));
    }

private:
    std::span<const Hash> leaves_;
};

}  // namespace

std::string bind_object(const Hash& root) {
    return fmt::format("{}{}", kObject, hex_encode(root));
}

std::optional<Hash> parse_bind_object(std::string_view object) {
    if (!object.starts_with(kObject)) return std::nullopt;
    const auto root = hex_decode_array<kHashBytes>(object.substr(kObject.size()));
    if (!root || bind_object(*root) != object) return std::nullopt;
    return *root;
}

HeadBinding::HeadBinding(std::vector<Checkpoint> heads, const crypto::SecretKey& secret)
    : heads_(std::move(heads)), secret_(secret) {
    for (const Checkpoint& head : heads_) {
        leaves_.push_back(leaf_of(head, salt_of(secret_, head.origin)));
    }
    const std::size_t count = std::max(kLeavesMin, std::bit_ceil(heads_.size()));
    for (std::size_t i = leaves_.size(); i < count; ++i) {
        leaves_.push_back(leaf_hash(salt_of(secret_, fmt::format("filling {}", i)).bytes()));
    }
    std::ranges::sort(leaves_);
    root_ = root_over(leaves_);
}

Result<HeadProof> HeadBinding::prove(const std::string& origin) const {
    const auto head = std::ranges::find(heads_, origin, &Checkpoint::origin);
    if (head == heads_.end()) return fail(Errc::not_found, "the log {} is not bound", origin);
    HeadProof proof{salt_of(secret_, origin), 0, leaves_.size(), {}};
    const auto leaf = std::ranges::lower_bound(leaves_, leaf_of(*head, proof.salt));
    proof.index = static_cast<std::uint64_t>(leaf - leaves_.begin());
    LeavesInMemory reader(leaves_);
    proof.path = CAIRN_TRY(inclusion_proof(reader, proof.index, proof.leaves));
    return proof;
}

Status verify_bound_head(const Checkpoint& head, const HeadProof& proof, const Hash& root) {
    const Hash leaf = leaf_of(head, proof.salt);
    return verify_inclusion(leaf, proof.index, {proof.leaves, root}, proof.path);
}

}  // namespace cairn::audit
