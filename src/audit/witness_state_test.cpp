#include "audit/witness_state.h"

#include <gtest/gtest.h>

#include "audit/checkpoint.h"
#include "audit/keys_test.h"

namespace cairn::audit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const UtcTime kNow{seconds(1'790'000'000)};

VerifierKey key_of(const std::string& name, std::uint8_t seed) {
    return *VerifierKey::create(
        name, SignatureType::cosignature_v1, test::counting_key(seed).public_key()
    );
}

/// A checkpoint that the witness with this seed cosigned so long ago.
std::string cosigned(
    const std::string& witness,
    std::uint8_t seed,
    seconds age,
    const std::string& origin = test::kLogName
) {
    SignedNote note = sign_checkpoint({origin, TreeHead{}}, test::log_key());
    const auto time = static_cast<std::uint64_t>((kNow - age).time_since_epoch() / seconds(1));
    note.signatures.push_back(cosign_note(note.text, witness, test::counting_key(seed), time));
    return format_note(note);
}

WitnessState state(const std::vector<std::string>& notes, std::size_t needed = 1) {
    const WitnessPolicy policy{{key_of("w1", 1), key_of("w2", 2), key_of("w3", 3)}, needed};
    return witness_state(notes, test::kLogName, policy, kNow);
}

TEST(WitnessState, SaysWhenNobodyIsEnrolled) {
    const auto nobody = witness_state({}, test::kLogName, {}, kNow);
    EXPECT_EQ(nobody.freshness, WitnessFreshness::none_enrolled);
}

TEST(WitnessState, IsStoppedUntilTheWitnessFirstSpoke) {
    EXPECT_EQ(state({}).freshness, WitnessFreshness::stopped);
    EXPECT_EQ(state({}).since, std::nullopt);
}

TEST(WitnessState, GetsOldWithTheLastCosignature) {
    const auto at = [](seconds age) { return state({cosigned("w1", 1, age)}).freshness; };
    EXPECT_EQ(at(seconds(0)), WitnessFreshness::fresh);
    EXPECT_EQ(at(hours(2) - seconds(1)), WitnessFreshness::fresh);
    EXPECT_EQ(at(hours(2)), WitnessFreshness::overdue);
    EXPECT_EQ(at(hours(24) - seconds(1)), WitnessFreshness::overdue);
    EXPECT_EQ(at(hours(24)), WitnessFreshness::stopped);
}

TEST(WitnessState, TakesTheNewestOfEachWitness) {
    const std::vector<std::string> notes = {
        cosigned("w1", 1, hours(30)), cosigned("w1", 1, hours(1)), cosigned("w1", 1, hours(10))};
    EXPECT_EQ(state(notes).since, kNow - hours(1));
}

TEST(WitnessState, NeedsAsManyWitnessesAsThePolicySays) {
    const std::vector<std::string> notes = {
        cosigned("w1", 1, minutes(1)), cosigned("w2", 2, hours(3)), cosigned("w3", 3, hours(40))};
    EXPECT_EQ(state(notes, 1).freshness, WitnessFreshness::fresh);
    EXPECT_EQ(state(notes, 2).freshness, WitnessFreshness::overdue);
    EXPECT_EQ(state(notes, 3).freshness, WitnessFreshness::stopped);
    EXPECT_EQ(state(notes, 4).since, std::nullopt);
}

TEST(WitnessState, CountsAWitnessWithTwoKeysOnce) {
    const WitnessPolicy policy{{key_of("w1", 1), key_of("w1", 2)}, 2};
    const std::vector<std::string> notes = {
        cosigned("w1", 1, seconds(1)), cosigned("w1", 2, seconds(1))};
    const auto both = witness_state(notes, test::kLogName, policy, kNow);
    EXPECT_EQ(both.freshness, WitnessFreshness::stopped);
}

TEST(WitnessState, IgnoresTheFutureStrangersForgeriesAndOtherLogs) {
    EXPECT_EQ(state({cosigned("w1", 1, -minutes(5))}).freshness, WitnessFreshness::fresh);
    EXPECT_EQ(state({cosigned("w1", 1, -minutes(6))}).freshness, WitnessFreshness::stopped);
    EXPECT_EQ(state({cosigned("w9", 9, seconds(1))}).freshness, WitnessFreshness::stopped);
    EXPECT_EQ(state({cosigned("w1", 2, seconds(1))}).freshness, WitnessFreshness::stopped);
    EXPECT_EQ(
        state({cosigned("w1", 1, seconds(1), "another.example.org")}).freshness,
        WitnessFreshness::stopped
    );
    std::string forged = cosigned("w1", 1, seconds(1));
    forged.replace(forged.find("\n0\n"), 3, "\n1\n");
    EXPECT_EQ(state({forged, "no note"}).freshness, WitnessFreshness::stopped);
}

}  // namespace
}  // namespace cairn::audit
