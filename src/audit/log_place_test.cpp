#include "audit/log_place.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "audit/audit_log.h"
#include "audit/keys_test.h"
#include "audit/log_folder.h"
#include "audit/log_records.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = test::kLogName;
constexpr const char* kFolderName = "log.example.org+cairn";

std::vector<EncodedAct> acts(std::uint64_t count) {
    std::vector<EncodedAct> all;
    for (std::uint64_t i = 0; i < count; ++i) {
        Entry entry;
        entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
        entry.actor = "user-1";
        entry.operation = "item_show";
        entry.case_id = fmt::format("case-{}", i);
        all.push_back(*encode_act(entry));
    }
    return all;
}

/// The same tests on both engines.
class AnyLogPlace : public testing::TestWithParam<db::Engine> {
protected:
    AnyLogPlace() : records_(*db::Database::open(place_.location(), {})) {
        log_ = *AuditLog::open(*records_, kOrigin);
    }

    void grow(std::uint64_t count) {
        EXPECT_TRUE(log_->integrate(acts(count)));
        EXPECT_TRUE(log_->sign(test::log_key()));
    }

    Result<ExportedLog> copy() {
        const auto place = *LogPlace::open(place_.location());
        const auto log = *place->log(kOrigin);
        return export_log(*log, folder_, [](auto, auto) {});
    }

    LogReport verify(const std::string& location) {
        const auto place = LogPlace::open(location);
        EXPECT_TRUE(place) << (place ? "" : place.error().message);
        const auto log = (*place)->log(kOrigin);
        LogVerifierOptions options;
        options.log_keys = {test::log_verifier()};
        return verify_log(**log, options);
    }

    void expect_good(const std::string& location, std::uint64_t rows) {
        const LogReport report = verify(location);
        EXPECT_EQ(report.verdict, Verdict::good);
        for (const Finding& finding : report.findings) ADD_FAILURE() << finding.text;
        EXPECT_EQ(report.rows, rows);
        EXPECT_EQ(report.latest->head.size, rows);
    }

    cairn::test::Records place_{GetParam()};
    cairn::test::TempDir dir_;
    std::string folder_ = dir_ / kFolderName;
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<AuditLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyLogPlace, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyLogPlace, ShowsTheRecordsAsTheyStoodWhenItWasOpened) {
    grow(300);
    const auto place = *LogPlace::open(place_.location());
    const auto before = *place->log(kOrigin);
    grow(5);
    EXPECT_EQ(*before->tree_size(), 300U);
    LogVerifierOptions options;
    options.log_keys = {test::log_verifier()};
    EXPECT_EQ(verify_log(*before, options).rows, 300U);
    expect_good(place_.location(), 305);
}

TEST_P(AnyLogPlace, IsTheSameInAFolder) {
    grow(700);
    const auto exported = copy();
    ASSERT_TRUE(exported) << exported.error().message;
    EXPECT_EQ(exported->entries_before, 0U);
    EXPECT_EQ(exported->checkpoint.head, *log_->head());
    expect_good(folder_, 700);
    expect_good(dir_.path().string(), 700);  // the folder around it
}

TEST_P(AnyLogPlace, IsContinuedInAFolder) {
    for (const std::uint64_t size : {0U, 1U, 256U, 300U, 300U, 1000U}) {
        grow(size - log_->head()->size);
        const auto exported = copy();
        ASSERT_TRUE(exported) << exported.error().message;
        expect_good(folder_, size);
    }
    // 1000 = 3 full tiles and one of 232, under one of 3.
    std::size_t files = 0;
    for (const auto& one : fs::recursive_directory_iterator(folder_)) {
        files += one.is_regular_file() ? 1U : 0U;
    }
    EXPECT_EQ(files, 4U + 4U + 1U + 1U);
}

TEST_P(AnyLogPlace, AnInterruptedExportLeavesTheEarlierOne) {
    grow(300);
    ASSERT_TRUE(copy());
    grow(400);
    // Without its checkpoint the new part does not count yet.
    const std::string checkpoint = folder_ + "/checkpoint";
    fs::rename(checkpoint, dir_ / "earlier");
    ASSERT_TRUE(copy());
    fs::rename(dir_ / "earlier", checkpoint);
    EXPECT_EQ(verify(folder_).head.size, 300U);
    EXPECT_EQ(copy()->entries_before, 300U);
    expect_good(folder_, 700);
}

TEST_P(AnyLogPlace, NeverMixesHistoriesOrLogs) {
    grow(300);
    ASSERT_TRUE(copy());
    const cairn::test::Records other_place{GetParam()};
    const auto other_records = *db::Database::open(other_place.location(), {});
    const auto other = *AuditLog::open(*other_records, kOrigin);
    const auto copy_other = [&] {
        const auto log = *open_stored_log(*other_records, kOrigin);
        return export_log(*log, folder_, [](auto, auto) {});
    };
    EXPECT_EQ(copy_other().error().code, Errc::not_found);  // nothing signed
    ASSERT_TRUE(other->integrate(acts(10)) && other->sign(test::log_key()));
    EXPECT_EQ(copy_other().error().code, Errc::corrupt_data);
    ASSERT_TRUE(other->integrate(acts(500)) && other->sign(test::log_key()));
    EXPECT_EQ(copy_other().error().code, Errc::corrupt_data);
    const auto third = *AuditLog::open(*other_records, "third.example.org");
    ASSERT_TRUE(third->sign(test::log_key()));
    const auto log = *open_stored_log(*other_records, "third.example.org");
    const auto mixed = export_log(*log, folder_, [](auto, auto) {});
    EXPECT_EQ(mixed.error().code, Errc::conflict);
    expect_good(folder_, 300);
}

TEST_P(AnyLogPlace, NamesWhatWasTamperedWithInAFolder) {
    grow(700);
    ASSERT_TRUE(copy());
    const auto kinds = [&] {
        std::vector<FindingKind> found;
        for (const Finding& finding : verify(folder_).findings) found.push_back(finding.kind);
        return found;
    };
    const std::string bundle = folder_ + "/tile/entries/001";
    fs::rename(bundle, dir_ / "kept");
    const LogReport report = verify(folder_);
    EXPECT_EQ(report.verdict, Verdict::tampered);
    EXPECT_EQ(report.findings[0].kind, FindingKind::entry_missing);
    EXPECT_EQ(report.findings[0].first, 256U);
    EXPECT_EQ(report.findings[0].last, 511U);
    dir_.write(fmt::format("{}/tile/entries/001", kFolderName), "no bundle");
    EXPECT_EQ(kinds().front(), FindingKind::entry_missing);
    fs::rename(dir_ / "kept", bundle);
    expect_good(folder_, 700);
    fs::remove(folder_ + "/tile/0/002.p/188");
    EXPECT_EQ(kinds(), std::vector{FindingKind::tile_missing});
}

TEST_P(AnyLogPlace, ProvesUnderTheLastCosignedCheckpointThatCoversTheEntry) {
    grow(10);
    const SignedNote note = *parse_note(**log_->checkpoint());
    const Checkpoint checkpoint = *parse_checkpoint(note.text);
    const auto cosignature =
        cosign_note(note.text, test::kWitnessName, test::witness_key(), 1'790'000'000);
    ASSERT_TRUE(add_cosignature(*records_, checkpoint, cosignature));
    grow(10);
    ASSERT_TRUE(copy());
    ProofPolicy policy;
    policy.log_keys = {test::log_verifier()};
    policy.witness_keys = {test::witness_verifier()};
    for (const std::string& location : {place_.location(), folder_}) {
        const auto place = *LogPlace::open(location);
        const auto log = *find_log(*place, "");
        const auto witnessed = verify_proof_file(*prove_entry(*log, 9), policy);
        EXPECT_EQ(witnessed->checkpoint.head.size, 10U);
        EXPECT_EQ(witnessed->cosignatures.size(), 1U);
        const auto newer = verify_proof_file(*prove_entry(*log, 10), policy);
        EXPECT_EQ(newer->checkpoint.head.size, 20U);
        EXPECT_EQ(prove_entry(*log, 20).error().code, Errc::not_found);
        policy.now = UtcTime(std::chrono::seconds(1'789'999'000));
        EXPECT_TRUE(verify_proof_file(*prove_entry(*log, 9), policy)->cosignatures.empty());
        policy.now = UtcTime::max();
    }
}

TEST_P(AnyLogPlace, IsNotMadeByLookingForIt) {
    const cairn::test::Records empty{GetParam()};
    if (GetParam() == db::Engine::sqlite) {
        EXPECT_FALSE(LogPlace::open(empty.location()));
        EXPECT_FALSE(fs::exists(empty.location()));
    }
    ASSERT_TRUE(db::Database::open(empty.location(), {}));
    EXPECT_EQ(LogPlace::open(empty.location()).error().code, Errc::not_found);
    EXPECT_EQ(LogPlace::open(dir_.path().string()).error().code, Errc::not_found);
}

TEST(LogFolderName, IsOneSafeNameForEachOrigin) {
    EXPECT_EQ(*log_folder_name("a.example.org/agency/north"), "a.example.org+agency+north");
    for (const char* origin : {"", ".", "..", "../up", "a b", "a+b", "a\nb"}) {
        EXPECT_FALSE(log_folder_name(origin)) << origin;
    }
    EXPECT_FALSE(log_folder_name(std::string(256, 'a')));
}

}  // namespace
}  // namespace cairn::audit
