#include "audit/witness_request.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/keys_test.h"
#include "audit/recursive_tree_test.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

using test::kLogName;
using test::log_key;
using test::log_verifier;
using test::root_of;

constexpr std::uint64_t kNow = 1'790'000'000;
constexpr std::size_t kLeaves = 40;

const std::vector<Hash>& leaves() {
    static const std::vector<Hash> kSample = test::sample_leaves(kLeaves);
    return kSample;
}

TreeHead head_of(std::size_t size) {
    return {size, root_of(std::span(leaves()).first(size))};
}

std::string note_of(const TreeHead& head) {
    return format_note(sign_checkpoint({kLogName, head}, log_key()));
}

AddCheckpoint request(std::size_t from, std::size_t to) {
    test::StoredTree stored(leaves());
    return {from, *consistency_proof(stored, from, to), note_of(head_of(to))};
}

WitnessAnswer answer(std::string_view body, const TreeHead& latest) {
    const std::vector<WitnessedLog> logs = {
        {"another.example.org", {}, {}}, {kLogName, {log_verifier()}, latest}};
    const Cosigner cosigner{test::kWitnessName, test::witness_key()};
    return answer_add_checkpoint(body, logs, cosigner, kNow);
}

TEST(AddCheckpoint, IsCosignedWhenItContinues) {
    const AddCheckpoint sent = request(7, 20);
    const WitnessAnswer given = answer(format_add_checkpoint(sent), head_of(7));
    EXPECT_EQ(given.status, 200);
    ASSERT_TRUE(given.advance);
    EXPECT_EQ(given.advance->checkpoint.head, head_of(20));
    EXPECT_EQ(given.advance->note, sent.note);
    EXPECT_FALSE(given.suspicious);
    // As a log does: the answer behind its own note.
    const auto note = parse_note(sent.note + given.body);
    ASSERT_TRUE(note);
    const std::vector<VerifierKey> keys = {log_verifier(), test::witness_verifier()};
    const auto verified = verify_note(*note, keys);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->size(), 2U);
    EXPECT_EQ((*verified)[1].time_s, kNow);
    EXPECT_EQ(parse_signature_lines(given.body)->size(), 1U);
}

TEST(AddCheckpoint, ContinuesBetweenAllSizes) {
    for (std::size_t from = 0; from <= kLeaves; ++from) {
        for (std::size_t to = from; to <= kLeaves; to += 3) {
            const auto given = answer(format_add_checkpoint(request(from, to)), head_of(from));
            ASSERT_EQ(given.status, 200) << from << ' ' << to << ' ' << given.body;
        }
    }
}

TEST(AddCheckpoint, AnswersWithTheStatusOfTheSpecification) {
    const TreeHead latest = head_of(7);
    EXPECT_EQ(answer("", latest).status, 400);
    EXPECT_EQ(answer("old 7\n\n", latest).status, 400);

    AddCheckpoint body = request(7, 20);
    body.note = format_note(sign_checkpoint({"unknown.example.org", head_of(20)}, log_key()));
    EXPECT_EQ(answer(format_add_checkpoint(body), latest).status, 404);

    body.note = format_note(sign_checkpoint({kLogName, head_of(20)}, test::witness_key()));
    EXPECT_EQ(answer(format_add_checkpoint(body), latest).status, 403);

    body = request(7, 20);
    body.old_size = 21;
    EXPECT_EQ(answer(format_add_checkpoint(body), latest).status, 400);

    const WitnessAnswer conflict = answer(format_add_checkpoint(request(5, 20)), latest);
    EXPECT_EQ(conflict.status, 409);
    EXPECT_EQ(conflict.body, "7\n");
    EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
    EXPECT_FALSE(conflict.suspicious);

    body = request(7, 20);
    body.proof[0][0] ^= 1U;
    const WitnessAnswer unproven = answer(format_add_checkpoint(body), latest);
    EXPECT_EQ(unproven.status, 422);
    ASSERT_TRUE(unproven.suspicious);
    EXPECT_EQ(unproven.suspicious->note, body.note);

    EXPECT_EQ(answer(format_add_checkpoint(request(0, 20)), {}).status, 200);
    body = request(7, 20);
    body.old_size = 0;
    EXPECT_EQ(answer(format_add_checkpoint(body), {}).status, 422);
}

TEST(AddCheckpoint, ASecondHistoryOfTheSameSizeIsKeptAsProof) {
    const TreeHead other{7, Hash{1}};
    const AddCheckpoint body{7, {}, note_of(other)};
    const WitnessAnswer given = answer(format_add_checkpoint(body), head_of(7));
    EXPECT_EQ(given.status, 409);
    EXPECT_NE(given.content_type, "text/x.tlog.size");
    ASSERT_TRUE(given.suspicious);
    EXPECT_EQ(given.suspicious->checkpoint.head, other);
    EXPECT_FALSE(given.advance);
}

TEST(AddCheckpoint, NothingButSuccessMovesTheState) {
    const std::string sound = format_add_checkpoint(request(7, 20));
    for (std::size_t byte = 0; byte < sound.size(); ++byte) {
        std::string altered = sound;
        altered[byte] = static_cast<char>(altered[byte] ^ 0x01);
        const WitnessAnswer given = answer(altered, head_of(7));
        EXPECT_NE(given.status, 200) << byte;
        EXPECT_FALSE(given.advance);
    }
}

TEST(AddCheckpoint, RefusesOtherForms) {
    const std::string note = note_of(head_of(20));
    const std::string line = crypto::base64_encode(Hash{}) + "\n";
    ASSERT_TRUE(parse_add_checkpoint("old 7\n" + line + "\n" + note));
    std::string many = "old 7\n";
    for (std::size_t i = 0; i < kProofHashesMax; ++i) many += line;
    EXPECT_TRUE(parse_add_checkpoint(many + "\n" + note));
    EXPECT_FALSE(parse_add_checkpoint(many + line + "\n" + note));
    for (const std::string& body : std::vector<std::string>{
             "old\n\n" + note,
             "old 07\n\n" + note,
             "old -7\n\n" + note,
             "old  7\n\n" + note,
             "Old 7\n\n" + note,
             "old 7\n" + note,
             "old 7\nAAAA\n\n" + note,
             "old 7\n" + line.substr(1) + "\n" + note,
             "old 7 \n\n" + note,
             "old 7\n\n" + note + std::string(kWitnessRequestBytesMax, 'x')}) {
        EXPECT_FALSE(parse_add_checkpoint(body)) << body.substr(0, 100);
    }
}

RC_GTEST_PROP(AddCheckpoint, ParseInvertsFormat, (std::uint32_t old_size, std::string note)) {
    AddCheckpoint sent{old_size, {}, note};
    sent.proof.resize(*rc::gen::inRange<std::size_t>(0, 64), Hash{3});
    const auto parsed = parse_add_checkpoint(format_add_checkpoint(sent));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->old_size == sent.old_size);
    RC_ASSERT(parsed->proof == sent.proof);
    RC_ASSERT(parsed->note == sent.note);
}

}  // namespace
}  // namespace cairn::audit
