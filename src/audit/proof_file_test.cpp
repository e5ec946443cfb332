#include "audit/proof_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/sample_log_test.h"

namespace cairn::audit {
namespace {

using test::log_verifier;
using test::SampleLog;
using test::witness_verifier;

constexpr std::uint64_t kIndex = 123;

ProofFile sample_proof() {
    SampleLog log(300);
    log.sign_and_witness();
    TileHashReader reader(log, 300);
    return {
        log.rows[kIndex].entry,
        kIndex,
        *inclusion_proof(reader, kIndex, 300),
        log.checkpoints[0].note};
}

ProofPolicy policy() {
    return {{log_verifier()}, {witness_verifier()}, 1};
}

TEST(ProofFile, IsReadAndVerifiedOffline) {
    const auto text = format_proof_file(sample_proof());
    ASSERT_TRUE(text);
    const auto proof = parse_proof_file(*text);
    ASSERT_TRUE(proof) << proof.error().message;
    const auto proven = verify_proof_file(*proof, policy());
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(proven->checkpoint.head.size, 300U);
    EXPECT_EQ(proven->log_signatures.size(), 1U);
    EXPECT_EQ(proven->cosignatures.size(), 1U);
    EXPECT_EQ(proof->entry, test::sample_entry_bytes(kIndex));
}

TEST(ProofFile, LooksLikeATransparencyLogProof) {
    const ProofFile proof{{'e'}, 0, {}, std::string(test::kSpecNote)};
    EXPECT_EQ(
        *format_proof_file(proof),
        "c2sp.org/tlog-proof@v1\nextra ZQ==\nindex 0\n\n" + std::string(test::kSpecNote)
    );
}

TEST(ProofFile, FlippingAnyByteIsFound) {
    const std::string sound = *format_proof_file(sample_proof());
    for (std::size_t byte = 0; byte < sound.size(); ++byte) {
        std::string altered = sound;
        altered[byte] = static_cast<char>(altered[byte] ^ 0x01);
        const auto proof = parse_proof_file(altered);
        EXPECT_FALSE(proof && verify_proof_file(*proof, policy())) << byte;
    }
}

TEST(ProofFile, RefusesOtherForms) {
    const std::string note(test::kSpecNote);
    const std::string first = "c2sp.org/tlog-proof@v1\n";
    ASSERT_TRUE(parse_proof_file(first + "extra ZQ==\nindex 0\n\n" + note));
    for (const std::string& text : std::vector<std::string>{
             "",
             first,
             "c2sp.org/tlog-proof@v2\nextra ZQ==\nindex 0\n\n" + note,
             first + "index 0\n\n" + note,
             first + "extra ZQ==\n\n" + note,
             first + "extra \nindex 0\n\n" + note,
             first + "extra ZQ\nindex 0\n\n" + note,
             first + "extra ZQ==\nindex 00\n\n" + note,
             first + "extra ZQ==\nindex -1\n\n" + note,
             first + "extra ZQ==\nindex 9223372036854775807\n\n" + note,
             first + "extra ZQ==\nindex 0\nAAAA\n\n" + note,
             first + "extra ZQ==\nindex 0\n\n",
             first + "extra ZQ==\nindex 0\n"}) {
        EXPECT_FALSE(parse_proof_file(text)) << text;
    }
}

TEST(ProofFile, HasLimits) {
    ProofFile proof = sample_proof();
    proof.entry.resize(kEntryBytesMax);
    proof.proof.resize(kProofHashesMax);
    proof.note.resize(kNoteBytesMax, 'n');
    const auto largest = format_proof_file(proof);
    ASSERT_TRUE(largest);
    EXPECT_LE(largest->size(), kProofFileBytesMax);
    EXPECT_TRUE(parse_proof_file(*largest));
    EXPECT_FALSE(parse_proof_file(*largest + std::string(kProofFileBytesMax, 'x')));
    const auto refused = [](auto change) {
        ProofFile changed = sample_proof();
        change(changed);
        return !format_proof_file(changed);
    };
    EXPECT_TRUE(refused([](ProofFile& file) { file.entry.resize(kEntryBytesMax + 1); }));
    EXPECT_TRUE(refused([](ProofFile& file) { file.entry.clear(); }));
    EXPECT_TRUE(refused([](ProofFile& file) { file.proof.resize(kProofHashesMax + 1); }));
    EXPECT_TRUE(refused([](ProofFile& file) { file.note.resize(kNoteBytesMax + 1); }));
}

TEST(VerifyProofFile, HoldsToThePolicy) {
    const ProofFile proof = sample_proof();
    ProofPolicy two = policy();
    two.witnesses_min = 2;
    EXPECT_EQ(verify_proof_file(proof, two).error().code, Errc::unauthenticated);
    // A second key under the same name is no second witness.
    two.witness_keys.push_back(*VerifierKey::create(
        test::kWitnessName, SignatureType::cosignature_v1, test::log_key().public_key()
    ));
    EXPECT_FALSE(verify_proof_file(proof, two));
    const ProofPolicy none{{log_verifier()}, {}, 0};
    EXPECT_TRUE(verify_proof_file(proof, none));
    const ProofPolicy witness_alone{{}, {witness_verifier()}, 1};
    EXPECT_FALSE(verify_proof_file(proof, witness_alone));
    const ProofPolicy stranger{
        {*VerifierKey::create(
            test::kLogName, SignatureType::ed25519, test::counting_key(9).public_key()
        )},
        {witness_verifier()},
        1};
    EXPECT_FALSE(verify_proof_file(proof, stranger));
}

TEST(VerifyProofFile, RefusesACheckpointOfAnotherOrigin) {
    SampleLog log(3);
    const Checkpoint other{"other.example.org", {3, root_over(std::vector<Hash>(3))}};
    SignedNote note{format_checkpoint(other), {}};
    note.signatures.push_back(sign_note(note.text, test::kLogName, test::log_key()));
    const ProofFile proof{{'e'}, 0, {}, format_note(note)};
    const ProofPolicy trusted{{log_verifier()}, {}, 0};
    const auto proven = verify_proof_file(proof, trusted);
    ASSERT_FALSE(proven);
    EXPECT_NE(proven.error().message.find("origin"), std::string::npos);
}

TEST(VerifyProofFile, RefusesAnotherEntryIndexOrPath) {
    const auto refused = [](auto change) {
        ProofFile proof = sample_proof();
        change(proof);
        return !verify_proof_file(proof, policy());
    };
    EXPECT_FALSE(refused([](ProofFile&) {}));
    EXPECT_TRUE(refused([](ProofFile& proof) { proof.entry.back() ^= 1U; }));
    EXPECT_TRUE(refused([](ProofFile& proof) { ++proof.index; }));
    EXPECT_TRUE(refused([](ProofFile& proof) { proof.proof.pop_back(); }));
    EXPECT_TRUE(refused([](ProofFile& proof) { std::swap(proof.proof[0], proof.proof[1]); }));
    EXPECT_TRUE(refused([](ProofFile& proof) { proof.note.pop_back(); }));
}

}  // namespace
}  // namespace cairn::audit
