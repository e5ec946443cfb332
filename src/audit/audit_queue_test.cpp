#include "audit/audit_queue.h"

#include <thread>

#include <gtest/gtest.h>

#include "audit/keys_test.h"
#include "audit/log_records.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::audit {
namespace {

using db::Engine;

Entry entry_of(std::string actor) {
    Entry entry;
    entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
    entry.actor = std::move(actor);
    entry.operation = "item_show";
    return entry;
}

/// The same tests on both engines.
class AnyAuditQueue : public testing::TestWithParam<Engine> {
protected:
    std::unique_ptr<AuditQueue> start() {
        AuditQueue::Options options;
        options.location = place_.location();
        options.installation = test::kLogName;
        options.sign_interval = std::chrono::milliseconds(20);
        auto queue = AuditQueue::start(options, test::log_key());
        EXPECT_TRUE(queue) << (queue ? "" : queue.error().message);
        return queue ? *std::move(queue) : nullptr;
    }

    std::unique_ptr<db::Database> connect() { return *db::Database::open(place_.location(), {}); }

    void expect_good(std::uint64_t rows) {
        const auto records = connect();
        const auto source = open_stored_log(*records, test::kLogName);
        LogVerifierOptions options;
        options.log_keys = {test::log_verifier()};
        const LogReport report = verify_log(**source, options);
        EXPECT_EQ(report.verdict, Verdict::good);
        EXPECT_EQ(report.rows, rows);
        ASSERT_TRUE(report.latest);
        EXPECT_EQ(report.latest->head.size, rows);
    }

    cairn::test::Records place_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyAuditQueue, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyAuditQueue, WritesForManyThreads) {
    constexpr int kThreads = 8;
    constexpr int kEntries = 40;
    {
        const auto queue = start();
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEntries; ++i) {
                    EXPECT_TRUE(queue->append(entry_of(fmt::format("user-{}", t))));
                }
            });
        }
    }
    expect_good(kThreads * kEntries);
}

TEST_P(AnyAuditQueue, AnEntryIsDurableWhenAppendReturns) {
    const auto queue = start();
    const auto reader = connect();
    for (std::int64_t i = 1; i <= 5; ++i) {
        ASSERT_TRUE(queue->append(entry_of("user-1")));
        auto count = reader->prepare("SELECT count(*) FROM audit_entry");
        EXPECT_EQ(*count->run_for_integer(), i);
    }
}

TEST_P(AnyAuditQueue, OneBadEntryHarmsNoOther) {
    {
        const auto queue = start();
        std::vector<std::jthread> threads;
        for (int t = 0; t < 12; ++t) {
            threads.emplace_back([&, t] {
                const bool bad = t % 4 == 0;
                const Status done = queue->append(entry_of(bad ? "" : "user-1"));
                EXPECT_EQ(done.has_value(), !bad);
            });
        }
    }
    expect_good(9);
}

TEST_P(AnyAuditQueue, GoesOnWhereItsPredecessorStopped) {
    { ASSERT_TRUE(start()->append(entry_of("user-1"))); }
    { ASSERT_TRUE(start()->append(entry_of("user-2"))); }
    expect_good(2);
}

TEST_P(AnyAuditQueue, WritesForManyAgenciesAndBindsThem) {
    {
        const auto queue = start();
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                Entry entry = entry_of("user-1");
                if (t % 4 != 0) entry.agency = fmt::format("agency-{}", t % 4);
                for (int i = 0; i < 10; ++i) EXPECT_TRUE(queue->append(entry));
            });
        }
    }
    const auto records = connect();
    const auto log = *AuditLog::open(*records, test::kLogName);
    EXPECT_EQ(log->head()->size, 21U);  // and one that binds, at the end
    for (const char* agency : {"agency-1", "agency-2", "agency-3"}) {
        EXPECT_EQ(log->head(agency)->size, 20U);
    }
    const auto source = *open_stored_log(*records, test::kLogName);
    EXPECT_EQ((*source->next_binding(0))->changed.size(), 3U);
    expect_good(21);
}

TEST_P(AnyAuditQueue, TakesWhatActsPutOnRecordThemselves) {
    const auto queue = start();
    const auto records = connect();
    const auto log = *AuditLog::open(*records, test::kLogName);
    ASSERT_TRUE(records->transaction([&] { return log->append(entry_of("user-1")); }));
    for (int i = 0; i < 500 && log->head()->size == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(log->head()->size, 1U);
}

TEST_P(AnyAuditQueue, TakesNothingMoreWhenTheLogContradictsWhatWasSigned) {
    { ASSERT_TRUE(start()->append(entry_of("user-1"))); }
    const auto queue = start();
    // An older copy, from before the first entry, is put back under the running queue.
    const auto records = connect();
    ASSERT_TRUE(records->execute("DELETE FROM audit_entry; DELETE FROM audit_tile"));
    auto head = records->prepare("UPDATE audit_log SET size = 0, root = ?");
    ASSERT_TRUE(head->bind(1, Bytes(empty_root())).run());
    Status last = queue->append(entry_of("user-2"));
    for (int i = 0; i < 500 && last; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        last = queue->append(entry_of("user-3"));
    }
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, Errc::corrupt_data);
    EXPECT_FALSE(queue->append(entry_of("user-4")));
}

TEST_P(AnyAuditQueue, TellsWhileItCannotWriteOrSign) {
    const auto queue = start();
    const auto records = connect();
    const auto own = AuditLog::open(*records, test::kLogName);
    const auto wait = [&](bool healthy) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (queue->health().has_value() != healthy) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << healthy;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    };
    for (const std::string table : {"audit_tile", "audit_checkpoint"}) {
        ASSERT_TRUE(records->execute("ALTER TABLE " + table + " RENAME TO away"));
        ASSERT_TRUE(records->transaction([&] { return (*own)->append(entry_of("user-1")); }));
        wait(false);
        // Another part of its work that succeeds does not hide that.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        EXPECT_EQ(queue->health().error().code, Errc::unavailable);
        ASSERT_TRUE(records->execute("ALTER TABLE away RENAME TO " + table));
        wait(true);
    }
}

TEST_P(AnyAuditQueue, DoesNotStartOnALogThatWasCut) {
    { ASSERT_TRUE(start()->append(entry_of("user-1"))); }
    ASSERT_TRUE(connect()->execute("UPDATE audit_log SET size = 0"));
    AuditQueue::Options options;
    options.location = place_.location();
    options.installation = test::kLogName;
    const auto queue = AuditQueue::start(options, test::log_key());
    ASSERT_FALSE(queue);
    EXPECT_EQ(queue.error().code, Errc::corrupt_data);
}

}  // namespace
}  // namespace cairn::audit
