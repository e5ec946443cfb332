#include <filesystem>

#include <gtest/gtest.h>

#include "audit/audit_queue.h"
#include "audit/keys_test.h"
#include "audit/log_records.h"
#include "support/file_size_limit.h"
#include "support/temp_dir.h"

namespace cairn::records {
namespace {

audit::Entry entry_of(std::size_t object_bytes) {
    audit::Entry entry;
    entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
    entry.actor = "user-1";
    entry.operation = "item_show";
    entry.objects = std::vector<std::string>{"item:" + std::string(object_bytes, 'a')};
    return entry;
}

TEST(FullDisk, AnActIsRefusedWhereItsEntryCannotBeWritten) {
    const cairn::test::TempDir dir;
    const std::string location = dir / "records.db";
    audit::AuditQueue::Options options;
    options.location = location;
    options.installation = audit::test::kLogName;
    std::uint64_t kept = 0;
    {
        const auto queue = audit::AuditQueue::start(options, audit::test::log_key());
        ASSERT_TRUE(queue);
        const auto append = [&] {
            const Status done = (*queue)->append(entry_of(100));
            kept += done ? 1U : 0U;
            return done;
        };
        ASSERT_TRUE(append());
        {
            const auto log_bytes = std::filesystem::file_size(location + "-wal");
            const cairn::test::FileSizeLimit limit(log_bytes + 20'000);
            Status last = ok();
            for (int i = 0; i < 1000 && last; ++i) last = append();
            ASSERT_FALSE(last);
            // SQLite tells why a write failed, but not why a commit did.
            EXPECT_TRUE(last.error().code == Errc::limit_exceeded || last.error().code == Errc::io)
                << last.error().message;
            EXPECT_NE(
                last.error().message.find("the audit log cannot be written"), std::string::npos
            ) << last.error().message;
            EXPECT_FALSE(append());
        }
        // With room again acts are possible again.
        EXPECT_TRUE(append());
    }
    const auto records = *db::Database::open(location, {});
    const auto stored = audit::open_stored_log(*records, audit::test::kLogName);
    audit::LogVerifierOptions verifier;
    verifier.log_keys = {audit::test::log_verifier()};
    const audit::LogReport report = audit::verify_log(**stored, verifier);
    EXPECT_EQ(report.verdict, audit::Verdict::good);
    EXPECT_EQ(report.rows, kept);
}

}  // namespace
}  // namespace cairn::records
