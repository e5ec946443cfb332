// Durable entries a second: by group commit, one by one, and what the engine does with the same
// bytes in a bare batch. PostgreSQL where tools/test_postgresql.py started a durable server.
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "audit/audit_queue.h"
#include "audit/keys_test.h"
#include "support/records.h"

namespace cairn::audit {
namespace {

Entry entry_of(std::uint64_t number) {
    Entry entry;
    entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
    entry.actor = "5f0c2a7e9b3d41f8a6c0d2e4b8f61735";
    entry.agency = "a3c5e7f90b1d2f4a6c8e0d2b4f6a8c1e";
    entry.role = "investigator";
    entry.purpose = "case_work";
    entry.case_id = "9d1f3b5a7c2e4f60817293a4b5c6d7e8";
    entry.operation = "item_show";
    entry.objects = std::vector<std::string>{fmt::format("item:{:032x}", number)};
    return entry;
}

/// An empty place for records; nothing where the engine is not there, which is then said.
std::unique_ptr<cairn::test::Records> fresh_place(benchmark::State& state, db::Engine engine) {
    try {
        return std::make_unique<cairn::test::Records>(engine);
    } catch (const std::runtime_error& problem) {
        state.SkipWithError(problem.what());
        return nullptr;
    }
}

void BM_GroupCommit(benchmark::State& state, db::Engine engine) {
    static std::unique_ptr<cairn::test::Records> place;
    static std::unique_ptr<AuditQueue> queue;
    if (state.thread_index() == 0) {
        place = fresh_place(state, engine);
        if (place) {
            AuditQueue::Options options;
            options.location = place->location();
            options.installation = test::kLogName;
            auto started = AuditQueue::start(options, test::log_key());
            if (!started) std::abort();
            queue = *std::move(started);
        }
    }
    std::uint64_t number = 0;
    for (auto _ : state) {
        if (queue && !queue->append(entry_of(number++))) std::abort();
    }
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() == 0) {
        queue.reset();
        place.reset();
    }
}

void BM_OneByOne(benchmark::State& state, db::Engine engine) {
    const auto place = fresh_place(state, engine);
    if (!place) return;
    const auto records = *db::Database::open(place->location(), {});
    const auto log = *AuditLog::open(*records, test::kLogName);
    std::uint64_t number = 0;
    for (auto _ : state) {
        const EncodedAct act = *encode_act(entry_of(number++));
        if (!log->integrate(std::span(&act, 1))) std::abort();
    }
    state.SetItemsProcessed(state.iterations());
}

void BM_BareBatch(benchmark::State& state, db::Engine engine) {
    const auto place = fresh_place(state, engine);
    if (!place) return;
    const auto records = *db::Database::open(place->location(), {});
    if (!records->execute("CREATE TABLE bare(entry BLOB NOT NULL)")) std::abort();
    Entry entry = entry_of(0);
    entry.writer = "5f0c2a7e9b3d41f8a6c0d2e4b8f61735";
    const ByteVector bytes = *encode_entry(entry);
    constexpr std::array<std::string_view, 1> kColumns = {"entry"};
    for (auto _ : state) {
        const Status done = records->transaction([&]() -> Status {
            auto bulk = CAIRN_TRY(records->bulk_insert("bare", kColumns));
            for (std::size_t i = 0; i < kBatchMax; ++i) {
                bulk.add(Bytes(bytes));
                CAIRN_TRY(bulk.end_row());
            }
            return bulk.finish();
        });
        if (!done) std::abort();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchMax));
    state.counters["entry_bytes"] = static_cast<double>(bytes.size());
}

BENCHMARK_CAPTURE(BM_BareBatch, sqlite, db::Engine::sqlite)->UseRealTime();
BENCHMARK_CAPTURE(BM_OneByOne, sqlite, db::Engine::sqlite)->UseRealTime();
BENCHMARK_CAPTURE(BM_GroupCommit, sqlite, db::Engine::sqlite)
    ->Threads(64)
    ->Threads(1024)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_BareBatch, postgresql, db::Engine::postgresql)->UseRealTime();
BENCHMARK_CAPTURE(BM_OneByOne, postgresql, db::Engine::postgresql)->UseRealTime();
BENCHMARK_CAPTURE(BM_GroupCommit, postgresql, db::Engine::postgresql)
    ->Threads(64)
    ->Threads(1024)
    ->UseRealTime();

}  // namespace
}  // namespace cairn::audit
