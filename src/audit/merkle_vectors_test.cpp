// Published proofs, sound and tampered, and the roots and proofs of the eight standard leaves.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/recursive_tree_test.h"
#include "base/hex.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

using Json = nlohmann::json;

const std::string kVectors = std::string(CAIRN_SOURCE_DIR) + "/tests/golden/vectors/merkle/";

Json read_json(const std::filesystem::path& path) {
    std::ifstream in(path);
    return Json::parse(in);
}

Hash hash_of(const Json& hex) {
    return *hex_decode_array<kHashBytes>(hex.get<std::string>());
}

std::vector<Hash> hashes_of(const Json& hexes) {
    std::vector<Hash> hashes;
    for (const Json& hex : hexes) hashes.push_back(hash_of(hex));
    return hashes;
}

/// Refuses hashes of another length, as every reader of proofs here does.
bool proves(const Json& vector) {
    const auto root = crypto::base64_decode_array<kHashBytes>(vector["root"].get<std::string>());
    const auto leaf =
        crypto::base64_decode_array<kHashBytes>(vector["leafHash"].get<std::string>());
    if (!root || !leaf) return false;
    std::vector<Hash> proof;
    for (const Json& line : vector["proof"]) {
        const auto hash = crypto::base64_decode_array<kHashBytes>(line.get<std::string>());
        if (!hash) return false;
        proof.push_back(*hash);
    }
    const auto index = vector["leafIdx"].get<std::uint64_t>();
    const TreeHead head{vector["treeSize"].get<std::uint64_t>(), *root};
    return verify_inclusion(*leaf, index, head, proof).has_value();
}

TEST(MerkleVectors, InclusionProofsAreJudgedAsPublished) {
    std::size_t sound = 0;
    std::size_t tampered = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(kVectors + "inclusion")) {
        if (file.path().extension() != ".json") continue;
        const Json vector = read_json(file.path());
        const bool refused = vector["wantErr"].get<bool>();
        EXPECT_EQ(proves(vector), !refused) << file.path();
        ++(refused ? tampered : sound);
    }
    EXPECT_EQ(sound, 6U);
    EXPECT_EQ(tampered, 92U);
}

TEST(MerkleVectors, RootsAndProofsOfTheStandardLeavesAreGiven) {
    const Json vectors = read_json(kVectors + "vectors.json");
    std::vector<Hash> leaves;
    for (const Json& input : vectors["leaf_inputs_hex"]) {
        leaves.push_back(leaf_hash(*hex_decode(input.get<std::string>())));
    }
    EXPECT_EQ(leaves, hashes_of(vectors["leaf_hashes_hex"]));
    const auto roots = hashes_of(vectors["root_hash_by_size_hex"]);
    test::StoredTree stored(leaves);
    for (std::size_t size = 0; size < roots.size(); ++size) {
        EXPECT_EQ(*root_at(stored, size), roots[size]);
    }
    for (const Json& vector : vectors["inclusion"]) {
        const auto index = vector["leaf_index"].get<std::uint64_t>();
        const auto size = vector["tree_size"].get<std::uint64_t>();
        const auto proof = hashes_of(vector["proof"]);
        EXPECT_EQ(*inclusion_proof(stored, index, size), proof);
        EXPECT_TRUE(verify_inclusion(leaves[index], index, {size, roots[size]}, proof));
    }
    for (const Json& vector : vectors["consistency"]) {
        const auto from = vector["size1"].get<std::uint64_t>();
        const auto to = vector["size2"].get<std::uint64_t>();
        const auto proof = hashes_of(vector["proof"]);
        EXPECT_EQ(*consistency_proof(stored, from, to), proof);
        EXPECT_TRUE(verify_consistency({from, roots[from]}, {to, roots[to]}, proof));
    }
}

}  // namespace
}  // namespace cairn::audit
