#include "audit/signed_note.h"

#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/checkpoint.h"
#include "audit/keys_test.h"
#include "base/hex.h"

namespace cairn::audit {
namespace {

using test::kLogName;
using test::kSpecNote;
using test::kWitnessName;
using test::log_key;
using test::log_verifier;
using test::witness_key;
using test::witness_verifier;

const std::string kText = "log.example.org/cairn\n8\nroot\n";

TEST(SignedNote, TheVectorIsReproduced) {
    const auto note = parse_note(kSpecNote);
    ASSERT_TRUE(note) << note.error().message;
    EXPECT_EQ(format_note(*note), kSpecNote);
    SignedNote made{note->text, {}};
    made.signatures.push_back(sign_note(note->text, kLogName, log_key()));
    made.signatures.push_back(cosign_note(note->text, kWitnessName, witness_key(), 1'790'000'000));
    EXPECT_EQ(format_note(made), kSpecNote);
}

TEST(SignedNote, TheVectorVerifies) {
    const auto note = parse_note(kSpecNote);
    const std::vector<VerifierKey> keys = {witness_verifier(), log_verifier()};
    const auto verified = verify_note(*note, keys);
    ASSERT_TRUE(verified) << verified.error().message;
    const std::vector<VerifiedSignature> wanted = {{0, 1'790'000'000}, {1, 0}};
    EXPECT_EQ(*verified, wanted);
}

TEST(SignedNote, EveryAlteredByteOfTheVectorIsRefused) {
    const std::vector<VerifierKey> keys = {log_verifier(), witness_verifier()};
    const std::string note(kSpecNote);
    for (std::size_t i = 0; i < note.size(); ++i) {
        for (const unsigned bit : {0U, 3U, 5U}) {
            std::string altered = note;
            altered[i] = static_cast<char>(static_cast<unsigned char>(altered[i]) ^ (1U << bit));
            const auto parsed = parse_note(altered);
            if (!parsed) continue;
            const auto verified = verify_note(*parsed, keys);
            // A line whose name or id was altered is one of an unknown key; the other still holds.
            if (!verified) continue;
            EXPECT_EQ(verified->size(), 1U) << i;
            EXPECT_EQ(parsed->text, parse_note(note)->text);
        }
    }
}

TEST(SignedNote, UnknownKeysAreIgnoredButOneMustBeKnown) {
    const auto note = parse_note(kSpecNote);
    const std::vector<VerifierKey> one = {log_verifier()};
    EXPECT_EQ(verify_note(*note, one)->size(), 1U);
    EXPECT_EQ(verify_note(*note, {}).error().code, Errc::unauthenticated);
    const std::vector<VerifierKey> other = {
        *VerifierKey::create(kLogName, SignatureType::ed25519, witness_key().public_key())};
    EXPECT_EQ(verify_note(*note, other).error().code, Errc::unauthenticated);
}

TEST(SignedNote, AFailingKnownKeyRejectsTheWhole) {
    SignedNote note{kText, {}};
    note.signatures.push_back(sign_note(kText, kLogName, log_key()));
    note.signatures.push_back(cosign_note(kText, kWitnessName, witness_key(), 5));
    const std::vector<VerifierKey> keys = {log_verifier(), witness_verifier()};
    ASSERT_TRUE(verify_note(note, keys));
    note.signatures[1].signature.back() ^= 1U;
    EXPECT_EQ(verify_note(note, keys).error().code, Errc::unauthenticated);
    EXPECT_TRUE(verify_note(note, std::span(keys).first(1)));
    note.signatures[1].signature.resize(7);
    EXPECT_FALSE(verify_note(note, keys));
}

TEST(SignedNote, ACosignersLatestTimeCounts) {
    SignedNote note{kText, {}};
    for (const std::uint64_t time_s : {7U, 9U, 8U}) {
        note.signatures.push_back(cosign_note(kText, kWitnessName, witness_key(), time_s));
    }
    const std::vector<VerifierKey> keys = {witness_verifier()};
    const auto verified = verify_note(note, keys);
    ASSERT_TRUE(verified);
    EXPECT_EQ(*verified, (std::vector<VerifiedSignature>{{0, 9}}));
}

TEST(SignedNote, RefusesTimesFrom2To63On) {
    const std::uint64_t limit = std::uint64_t{1} << 63U;
    const std::vector<VerifierKey> keys = {witness_verifier()};
    const SignedNote late{kText, {cosign_note(kText, kWitnessName, witness_key(), limit)}};
    const SignedNote last{kText, {cosign_note(kText, kWitnessName, witness_key(), limit - 1)}};
    EXPECT_FALSE(verify_note(late, keys));
    EXPECT_TRUE(verify_note(last, keys));
}

TEST(SignedNote, ACosignatureIsNoSignatureOfTheTextAndBack) {
    // The same key and name under both types: neither passes for the other.
    const auto plain =
        *VerifierKey::create(kWitnessName, SignatureType::ed25519, witness_key().public_key());
    SignedNote note{kText, {cosign_note(kText, kWitnessName, witness_key(), 1)}};
    note.signatures[0].id = plain.id();
    const std::vector<VerifierKey> keys = {plain};
    EXPECT_FALSE(verify_note(note, keys));
}

TEST(SignedNote, AKnownKeyOfAnotherTypeIsUnsupported) {
    const auto future =
        VerifierKey::create(kLogName, static_cast<SignatureType>(0x06), log_key().public_key());
    ASSERT_TRUE(future);
    const std::vector<VerifierKey> keys = {*VerifierKey::parse(future->text())};
    EXPECT_EQ(keys[0], *future);
    const SignedNote note{kText, {{std::string(kLogName), future->id(), ByteVector(2420)}}};
    EXPECT_EQ(verify_note(note, keys).error().code, Errc::unsupported);
}

TEST(ParseNote, SplitsAtTheLastEmptyLine) {
    const std::string line = format_signature_line(sign_note("x\n", "a.example", log_key()));
    const auto note = parse_note("first\n\nsecond\n\n" + line);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->text, "first\n\nsecond\n");
    EXPECT_EQ(note->signatures.size(), 1U);
}

TEST(ParseNote, RefusesWhatBreaksTheFormat) {
    const std::string line = format_signature_line(sign_note("x\n", "a.example", log_key()));
    const std::string body = "x\n\n";
    ASSERT_TRUE(parse_note(body + line));
    const std::string dash = "\xE2\x80\x94 ";
    for (const std::string& note : std::vector<std::string>{
             "",
             "x\n",
             body,
             "x\n" + line,
             body + line + "\n",
             body + line.substr(0, line.size() - 1),
             body + "- a.example AAAAAAA=\n",
             body + dash + "a.example\n",
             body + dash + "a.example AAAA\n",
             body + dash + "a.example AAAAAA==\n",
             body + dash + "a.example AAAAAAB=\n",
             body + dash + "a.example  AAAAAAA=\n",
             body + dash + "a+b AAAAAAA=\n",
             body + dash + " AAAAAAA=\n",
             body + dash + "a\xC2\xA0z AAAAAAA=\n",
             body + dash + "a.example AAAAAAA= \n",
             "x\t\n\n" + line,
             "x\r\n\n" + line,
             "\x80\n\n" + line,
             std::string("x\0\n\n", 4) + line}) {
        EXPECT_FALSE(parse_note(note)) << note;
    }
    EXPECT_TRUE(parse_note(body + dash + "a.example AAAAAAA=\n"));
}

TEST(ParseNote, HasLimits) {
    const std::string line = format_signature_line(sign_note("x\n", "a.example", log_key()));
    std::string note = "x\n\n";
    for (std::size_t i = 0; i < kNoteSignaturesMax; ++i) note += line;
    EXPECT_TRUE(parse_note(note));
    EXPECT_EQ(parse_note(note + line).error().code, Errc::limit_exceeded);
    const std::string filler(kNoteBytesMax - line.size() - 2, 'x');
    EXPECT_TRUE(parse_note(filler + "\n\n" + line));
    EXPECT_EQ(parse_note(filler + "x\n\n" + line).error().code, Errc::limit_exceeded);
}

TEST(VerifierKey, TextIsThatOfTheFormat) {
    EXPECT_EQ(log_verifier().text(), test::kLogVerifierText);
    EXPECT_EQ(witness_verifier().text(), test::kWitnessVerifierText);
    EXPECT_EQ(hex_encode(log_verifier().id()), "f2acd528");
    EXPECT_EQ(*VerifierKey::parse(test::kLogVerifierText), log_verifier());
    EXPECT_EQ(*VerifierKey::parse(test::kWitnessVerifierText), witness_verifier());
}

TEST(VerifierKey, RefusesWhatIsNotExactlyOne) {
    const std::string good(test::kLogVerifierText);
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string altered = good;
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(VerifierKey::parse(altered)) << altered;
        EXPECT_FALSE(VerifierKey::parse(good.substr(0, i)));
    }
    for (const std::string& text : {good + " ", " " + good, good + "\n", "+" + good}) {
        EXPECT_FALSE(VerifierKey::parse(text));
    }
    std::string upper = good;
    upper[22] = 'F';
    EXPECT_FALSE(VerifierKey::parse(upper));
}

TEST(KeyName, RefusesSpacesOfEveryScript) {
    EXPECT_TRUE(check_key_name("log.example.org/cairn"));
    EXPECT_TRUE(check_key_name("\xC3\xA4\xE2\x80\x94\xE3\x81\x82"));
    for (const char* name :
         {"",
          " ",
          "a b",
          "a+b",
          "a\tb",
          "a\nb",
          "a\xC2\x85",
          "a\xC2\xA0",
          "\xE1\x9A\x80",
          "\xE2\x80\x80",
          "\xE2\x80\x8A",
          "\xE2\x80\xA8",
          "\xE2\x80\xA9",
          "\xE2\x80\xAF",
          "\xE2\x81\x9F",
          "\xE3\x80\x80",
          "\xFF"}) {
        EXPECT_FALSE(check_key_name(name)) << name;
    }
    EXPECT_TRUE(check_key_name(std::string(kKeyNameBytesMax, 'k')));
    EXPECT_FALSE(check_key_name(std::string(kKeyNameBytesMax + 1, 'k')));
}

RC_GTEST_PROP(SignedNote, ParseInvertsFormat, ()) {
    SignedNote note;
    note.text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab \n+"))) + "\n";
    const auto count = *rc::gen::inRange<std::size_t>(1, 5);
    for (std::size_t i = 0; i < count; ++i) {
        NoteSignature signature;
        signature.name = "k" + std::to_string(*rc::gen::inRange(0, 99));
        signature.id = *rc::gen::arbitrary<KeyId>();
        signature.signature = *rc::gen::nonEmpty<ByteVector>();
        note.signatures.push_back(signature);
    }
    const auto parsed = parse_note(format_note(note));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == note);
}

TEST(Checkpoint, TextIsThatOfTheVector) {
    const auto note = parse_note(kSpecNote);
    const auto checkpoint = parse_checkpoint(note->text);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->origin, kLogName);
    EXPECT_EQ(checkpoint->head.size, 8U);
    EXPECT_EQ(
        hex_encode(checkpoint->head.root),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
    EXPECT_EQ(format_checkpoint(*checkpoint), note->text);
    EXPECT_EQ(sign_checkpoint(*checkpoint, log_key()).signatures[0], note->signatures[0]);
}

TEST(Checkpoint, RefusesOtherTexts) {
    const std::string root = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";
    ASSERT_TRUE(parse_checkpoint("o\n8\n" + root));
    EXPECT_TRUE(parse_checkpoint("o\n0\n" + root));
    EXPECT_TRUE(parse_checkpoint("o\n9223372036854775807\n" + root));
    for (const std::string& text : std::vector<std::string>{
             "",
             "o\n8\n",
             "o\n8\n" + root.substr(0, root.size() - 1),
             "o\n8\n" + root + "extension\n",
             "o\n8\n" + root + "\n",
             "\n8\n" + root,
             "o\n08\n" + root,
             "o\n+8\n" + root,
             "o\n-8\n" + root,
             "o\n8 \n" + root,
             "o\n\n" + root,
             "o\n0x8\n" + root,
             "o\n9223372036854775808\n" + root,
             "o\n18446744073709551616\n" + root,
             "o\n8\nAAAA\n",
             "o\n8\n" + root.substr(4),
             "o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n",
             "o\r\n8\n" + root,
             "\xFF\n8\n" + root}) {
        EXPECT_FALSE(parse_checkpoint(text)) << text;
    }
}

}  // namespace
}  // namespace cairn::audit
