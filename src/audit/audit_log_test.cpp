#include "audit/audit_log.h"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/keys_test.h"
#include "audit/log_records.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::audit {
namespace {

using db::Database;
using db::Engine;

constexpr const char* kOrigin = test::kLogName;

std::unique_ptr<Database> connect(const std::string& location) {
    auto database = Database::open(location, {});
    if (!database) throw std::runtime_error(database.error().message);
    return *std::move(database);
}

void expect_done(const Status& status) {
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

Entry entry_of(std::uint64_t number) {
    Entry entry;
    entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
    entry.actor = "user-1";
    entry.operation = "item_show";
    entry.case_id = fmt::format("case-{}", number);
    entry.objects = std::vector<std::string>{fmt::format("item:{}", number)};
    return entry;
}

std::vector<EncodedAct> acts(std::uint64_t count, const std::string& agency = "") {
    std::vector<EncodedAct> all;
    for (std::uint64_t i = 0; i < count; ++i) {
        Entry entry = entry_of(i);
        entry.agency = agency;
        all.push_back(*encode_act(entry));
    }
    return all;
}

/// The same tests on both engines.
class AnyAuditLog : public testing::TestWithParam<Engine> {
protected:
    AnyAuditLog() {
        auto log = AuditLog::open(*records_, kOrigin);
        if (!log) throw std::runtime_error(log.error().message);
        log_ = *std::move(log);
    }

    LogReport verify() {
        const auto source = open_stored_log(*records_, kOrigin);
        EXPECT_TRUE(source);
        LogVerifierOptions options;
        options.origin = kOrigin;
        options.log_keys = {test::log_verifier()};
        return verify_log(**source, options);
    }

    void expect_good(std::uint64_t rows) {
        EXPECT_TRUE(log_->sign(test::log_key()));
        const LogReport report = verify();
        EXPECT_EQ(report.verdict, Verdict::good);
        for (const Finding& finding : report.findings) ADD_FAILURE() << finding.text;
        EXPECT_EQ(report.rows, rows);
        EXPECT_EQ(report.head, *log_->head());
    }

    /// Changes the stored log by hand and expects to be told what and where.
    void expect_found(const std::string& sql, FindingKind kind, std::uint64_t entry) {
        expect_done(records_->execute(sql));
        const LogReport report = verify();
        EXPECT_EQ(report.verdict, Verdict::tampered) << sql;
        const bool named = std::any_of(
            report.findings.begin(),
            report.findings.end(),
            [&](const Finding& finding) { return finding.kind == kind && finding.first == entry; }
        );
        EXPECT_TRUE(named) << sql;
        for (const Finding& finding : report.findings) {
            if (!named) ADD_FAILURE() << name_of(finding.kind) << ": " << finding.text;
        }
    }

    cairn::test::Records place_{GetParam()};
    std::unique_ptr<Database> records_ = connect(place_.location());
    std::unique_ptr<AuditLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyAuditLog, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyAuditLog, IsEmptyAtFirst) {
    EXPECT_EQ(*log_->head(), TreeHead{});
    EXPECT_EQ(*log_->integrate(), 0U);
    EXPECT_EQ(*log_->checkpoint(), std::nullopt);
    EXPECT_EQ(verify().verdict, Verdict::incomplete);  // nothing is signed yet
    expect_good(0);
    EXPECT_EQ(*stored_logs(*records_), std::vector<std::string>{kOrigin});
    EXPECT_EQ(open_stored_log(*records_, "none").error().code, Errc::not_found);
}

TEST_P(AnyAuditLog, AnActAndItsEntryStandTogetherOrNotAtAll) {
    const auto act = [&](bool succeeds) {
        return records_->transaction([&]() -> Status {
            CAIRN_TRY(log_->append(entry_of(1)));
            if (!succeeds) return fail(Errc::cancelled, "on purpose");
            return ok();
        });
    };
    expect_done(act(true));
    EXPECT_EQ(act(false).error().code, Errc::cancelled);
    expect_done(act(true));
    EXPECT_EQ(*log_->integrate(), 2U);
    expect_good(2);  // the one rolled back left no gap in the writer's numbers
}

TEST_P(AnyAuditLog, GrowsOverManyTiles) {
    const std::vector<EncodedAct> all = acts(kBatchMax);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*log_->integrate(all), kBatchMax);
    EXPECT_EQ(*log_->integrate(std::span(all).first(7)), 7U);
    ASSERT_TRUE(log_->sign(test::log_key()));
    EXPECT_EQ(log_->head()->size, 3 * kBatchMax + 7);
    expect_good(3 * kBatchMax + 7);
}

TEST_P(AnyAuditLog, WhatWaitsGetsItsPlaceInBatches) {
    expect_done(records_->transaction([&]() -> Status {
        for (std::uint64_t i = 0; i < kBatchMax + 5; ++i) CAIRN_TRY(log_->append(entry_of(i)));
        return ok();
    }));
    EXPECT_EQ(*log_->integrate(acts(10)), kBatchMax);
    EXPECT_EQ(*log_->integrate(), 15U);
    EXPECT_EQ(*log_->integrate(), 0U);
    expect_good(kBatchMax + 15);
}

TEST_P(AnyAuditLog, RefusesWhatIsNoEntry) {
    Entry nameless = entry_of(1);
    nameless.actor.clear();
    const auto status = records_->transaction([&] { return log_->append(nameless); });
    EXPECT_EQ(status.error().code, Errc::invalid_argument);
    EXPECT_EQ(encode_act(nameless).error().code, Errc::invalid_argument);
    EXPECT_EQ(log_->head()->size, 0U);
    expect_good(0);
}

TEST_P(AnyAuditLog, SignsOnceForEachSize) {
    ASSERT_TRUE(log_->integrate(acts(5)));
    const auto first = log_->sign(test::log_key());
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(*log_->sign(test::log_key()), *first);
    EXPECT_EQ(*log_->checkpoint(), *first);
    ASSERT_TRUE(log_->integrate(acts(5)));
    const auto second = log_->sign(test::log_key());
    EXPECT_NE(*second, *first);
    EXPECT_EQ(verify().checkpoints, 2U);
    expect_good(10);
}

TEST_P(AnyAuditLog, SignsNothingThatContradictsWhatItSigned) {
    ASSERT_TRUE(log_->integrate(acts(300)));
    const auto signed_note = log_->sign(test::log_key());
    ASSERT_TRUE(signed_note);
    // Yesterday's copy is put back.
    expect_done(records_->execute("DELETE FROM audit_entry"));
    expect_done(records_->execute("DELETE FROM audit_tile"));
    expect_done(records_->execute("UPDATE audit_log SET size = 0"));
    auto root = records_->prepare("UPDATE audit_log SET root = ?");
    expect_done(root->bind(1, Bytes(empty_root())).run());
    EXPECT_EQ(log_->sign(test::log_key()).error().code, Errc::corrupt_data);
    // And grown beyond its former size with other entries.
    ASSERT_TRUE(log_->integrate(acts(301)));
    EXPECT_EQ(log_->sign(test::log_key()).error().code, Errc::corrupt_data);
    EXPECT_EQ(*log_->checkpoint(), *signed_note);
    EXPECT_EQ(verify().verdict, Verdict::tampered);
}

TEST_P(AnyAuditLog, NamesAnAlteredEntry) {
    ASSERT_TRUE(log_->integrate(acts(600)));
    ASSERT_TRUE(log_->sign(test::log_key()));
    expect_found(
        "UPDATE audit_entry SET entry = (SELECT entry FROM audit_entry AS o WHERE o.place = 3)"
        " WHERE place = 300",
        FindingKind::entry_altered,
        300
    );
}

TEST_P(AnyAuditLog, NamesAMissingEntry) {
    ASSERT_TRUE(log_->integrate(acts(600)));
    ASSERT_TRUE(log_->sign(test::log_key()));
    expect_found("DELETE FROM audit_entry WHERE place = 300", FindingKind::entry_missing, 300);
}

TEST_P(AnyAuditLog, NamesAnInsertedEntry) {
    ASSERT_TRUE(log_->integrate(acts(600)));
    ASSERT_TRUE(log_->sign(test::log_key()));
    expect_found(
        "INSERT INTO audit_entry(log, place, leaf_hash, entry)"
        " SELECT log, 600, leaf_hash, entry FROM audit_entry WHERE place = 5",
        FindingKind::entry_inserted,
        600
    );
}

TEST_P(AnyAuditLog, NamesSwappedEntries) {
    ASSERT_TRUE(log_->integrate(acts(600)));
    ASSERT_TRUE(log_->sign(test::log_key()));
    expect_done(records_->execute("UPDATE audit_entry SET place = -1 WHERE place = 300"));
    expect_done(records_->execute("UPDATE audit_entry SET place = 300 WHERE place = 400"));
    expect_found(
        "UPDATE audit_entry SET place = 400 WHERE place = -1", FindingKind::entries_swapped, 300
    );
}

TEST_P(AnyAuditLog, NamesAnEntryRemovedBeforeItGotItsPlace) {
    expect_done(records_->transaction([&]() -> Status {
        for (std::uint64_t i = 0; i < 5; ++i) CAIRN_TRY(log_->append(entry_of(i)));
        return ok();
    }));
    expect_done(records_->execute("DELETE FROM audit_pending WHERE id = 3"));
    ASSERT_TRUE(log_->integrate());
    ASSERT_TRUE(log_->sign(test::log_key()));
    const LogReport report = verify();
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].kind, FindingKind::writer_gap);
}

TEST_P(AnyAuditLog, ProvesAnEntryToWhoHasTheKeyAlone) {
    ASSERT_TRUE(log_->integrate(acts(700)));
    EXPECT_EQ(log_->prove(3).error().code, Errc::not_found);
    ASSERT_TRUE(log_->sign(test::log_key()));
    const auto proof = log_->prove(599);
    ASSERT_TRUE(proof) << proof.error().message;
    const auto text = format_proof_file(*proof);
    ProofPolicy policy;
    policy.log_keys = {test::log_verifier()};
    auto read = parse_proof_file(*text);
    ASSERT_TRUE(read);
    const auto proven = verify_proof_file(*read, policy);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(proven->checkpoint.head.size, 700U);
    EXPECT_EQ(parse_entry(read->entry)->case_id, "case-599");
    read->index = 598;
    EXPECT_FALSE(verify_proof_file(*read, policy));
    EXPECT_EQ(log_->prove(700).error().code, Errc::not_found);
}

TEST_P(AnyAuditLog, KeepsCosignatures) {
    ASSERT_TRUE(log_->integrate(acts(3)));
    const auto text = log_->sign(test::log_key());
    const SignedNote note = *parse_note(*text);
    const crypto::SigningKey witness = crypto::SigningKey::random();
    const Checkpoint checkpoint = *parse_checkpoint(note.text);
    const auto cosign = [&](std::uint64_t time) {
        return cosign_note(note.text, "witness.example.net", witness, time);
    };
    expect_done(add_cosignature(*records_, checkpoint, cosign(1'790'000'000)));
    expect_done(add_cosignature(*records_, checkpoint, cosign(1'790'000'060)));
    const SignedNote cosigned = *parse_note(**log_->checkpoint());
    EXPECT_EQ(cosigned.signatures.size(), 2U);
    const std::vector keys = {*VerifierKey::create(
        "witness.example.net", SignatureType::cosignature_v1, witness.public_key()
    )};
    const auto verified = verify_note(cosigned, keys);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->front().time_s, 1'790'000'060U);
    Checkpoint other = checkpoint;
    other.head.root[0] ^= 1;
    const Status refused = add_cosignature(*records_, other, note.signatures[0]);
    EXPECT_EQ(refused.error().code, Errc::not_found);
    const auto log = *open_stored_log(*records_, kOrigin);
    EXPECT_EQ(log->latest_notes()->cosigned, **log_->checkpoint());
    EXPECT_EQ(*log->cosigned_by(keys[0]), **log_->checkpoint());
    EXPECT_EQ(*log->cosigned_by(test::witness_verifier()), std::nullopt);
    expect_good(3);
}

TEST_P(AnyAuditLog, ManyConnectionsMakeOneTree) {
    constexpr int kThreads = 4;
    constexpr std::uint64_t kActs = 30;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            const auto own = connect(place_.location());
            const auto log = *AuditLog::open(*own, kOrigin);
            for (std::uint64_t i = 0; i < kActs; ++i) {
                expect_done(own->transaction([&] { return log->append(entry_of(i)); }));
                if (i % 3 != 0) continue;
                EXPECT_TRUE(log->integrate());
            }
        });
    }
    threads.clear();
    ASSERT_TRUE(log_->integrate());
    ASSERT_TRUE(log_->sign(test::log_key()));
    expect_good(kThreads * kActs);
}

/// Appends, integrates and says so in a child, until it is killed; how many it said.
std::uint64_t killed_writer(const std::string& location, std::chrono::milliseconds life) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        const auto own = connect(location);
        const auto log = *AuditLog::open(*own, kOrigin);
        for (std::uint64_t i = 0;; ++i) {
            const EncodedAct act = *encode_act(entry_of(i));
            const bool kept =
                i % 2 == 0 ? log->integrate(std::span(&act, 1)).has_value()
                           : own->transaction([&] { return log->append(entry_of(i)); }).has_value();
            if (!kept || ::write(ends[1], "x", 1) != 1) ::_exit(1);
        }
    }
    ::close(ends[1]);
    std::this_thread::sleep_for(life);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::uint64_t said = 0;
    std::array<char, 4096> buffer;
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
        said += static_cast<std::uint64_t>(got);
    }
    ::close(ends[0]);
    return said;
}

TEST_P(AnyAuditLog, NothingAcknowledgedIsLostWhenTheProgramIsKilled) {
    std::uint64_t said = 0;
    for (int round = 0; round < 10; ++round) {
        said += killed_writer(place_.location(), std::chrono::milliseconds(40 + 17 * round));
    }
    EXPECT_GT(said, 0U);
    while (*log_->integrate() > 0) {
    }
    ASSERT_TRUE(log_->sign(test::log_key()));
    const std::uint64_t rows = log_->head()->size;
    EXPECT_GE(rows, said);
    EXPECT_LE(rows, said + 10);  // one in each round may be done and not said
    expect_good(rows);
}

}  // namespace
}  // namespace cairn::audit
