#include "audit/checkpoint_stream.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "audit/sample_log_test.h"

namespace cairn::audit {
namespace {

using test::sample_entry_bytes;
using test::sample_options;
using test::SampleLog;

void grow(SampleLog& log, std::uint64_t to) {
    for (std::uint64_t i = log.size; i < to; ++i) log.add(sample_entry_bytes(i));
    log.store_tiles();
}

/// The kinds that a verification finds.
std::vector<FindingKind> kinds(SampleLog& log, const LogVerifierOptions& options) {
    log.rewind();
    std::vector<FindingKind> kinds;
    for (const Finding& finding : verify_log(log, options).findings) kinds.push_back(finding.kind);
    return kinds;
}

TEST(CheckpointStream, WithoutAKeyNobodyVouches) {
    SampleLog log(300);
    log.sign();
    const LogReport report = verify_log(log, {});
    EXPECT_EQ(report.verdict, Verdict::incomplete);
    EXPECT_EQ(report.findings.at(0).kind, FindingKind::not_verified);
}

TEST(CheckpointStream, CountsCosignaturesOfKnownWitnessesWhereverTheyStand) {
    SampleLog log(300);
    log.sign_and_witness();
    log.checkpoints.back().witnessed = false;  // nobody said that one must be there
    const LogReport report = verify_log(log, sample_options());
    ASSERT_TRUE(report.latest_witnessed);
    ASSERT_EQ(report.cosignatures.size(), 1U);
    EXPECT_EQ(report.cosignatures[0].witness, test::kWitnessName);
    EXPECT_EQ(report.cosignatures[0].time, UtcTime(std::chrono::seconds(1)));
}

TEST(CheckpointStream, DoesNotCountCosignaturesFromTheFuture) {
    SampleLog log(300);
    log.sign_and_witness();  // at one second after 1970
    log.checkpoints.back().witnessed = false;
    LogVerifierOptions options = sample_options();
    options.now = UtcTime(std::chrono::seconds(-299));
    EXPECT_EQ(kinds(log, options), std::vector<FindingKind>{});
    options.now = UtcTime(std::chrono::seconds(-300));
    EXPECT_EQ(kinds(log, options), std::vector{FindingKind::cosignature_ahead});
    log.rewind();
    EXPECT_FALSE(verify_log(log, options).latest_witnessed);
}

TEST(CheckpointStream, PutsKeptCheckpointsInTheirPlace) {
    SampleLog log(100);
    LogVerifierOptions options = sample_options();
    std::vector<std::string> notes;
    for (const std::uint64_t size : {100U, 300U, 700U}) {
        grow(log, size);
        notes.push_back(log.signed_note());
        if (size == 300) log.sign();
    }
    options.kept_notes = {notes[2], notes[0], notes[1]};
    EXPECT_EQ(kinds(log, options), std::vector<FindingKind>{});
    log.rewind();
    EXPECT_EQ(verify_log(log, options).checkpoints, 4U);
}

TEST(CheckpointStream, NamesWhatAKeptCheckpointSaysIsGone) {
    SampleLog today(700);
    LogVerifierOptions options = sample_options();
    options.kept_notes = {today.signed_note()};
    SampleLog backup(600);
    backup.sign();
    const LogReport report = verify_log(backup, options);
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].kind, FindingKind::log_truncated);
    EXPECT_EQ(report.findings[0].first, 600U);
    EXPECT_EQ(report.findings[0].last, 699U);
    // Gone on with other entries: as long as the kept one, and longer.
    for (std::uint64_t i = 600; i < 800; ++i) {
        backup.append(sample_entry_bytes(i + 2));
        if (i + 1 == 700) backup.sign();
    }
    const auto found = kinds(backup, options);
    EXPECT_NE(std::ranges::find(found, FindingKind::root_differs), found.end());
    EXPECT_NE(std::ranges::find(found, FindingKind::checkpoint_conflict), found.end());
}

TEST(CheckpointStream, TakesNoKeptCheckpointFromStrangers) {
    SampleLog log(300);
    log.sign();
    LogVerifierOptions options = sample_options();
    options.kept_notes = {
        format_note(sign_checkpoint({test::kLogName, {300, empty_root()}}, test::counting_key(77))
        )};
    EXPECT_EQ(kinds(log, options), std::vector{FindingKind::signature_wrong});
    options.kept_notes = {"no note"};
    EXPECT_EQ(kinds(log, options), std::vector{FindingKind::checkpoint_malformed});
}

}  // namespace
}  // namespace cairn::audit
