#include <benchmark/benchmark.h>

#include "audit/sample_log_test.h"

// How fast a log is verified, beside what cannot be avoided: hashing its entries and its tree. A
// log of 65,536 entries of about 330 bytes in memory; one core.

namespace cairn::audit {
namespace {

constexpr std::size_t kEntries = 65'536;

test::SampleLog& sample() {
    static test::SampleLog log = [] {
        test::SampleLog made(0);
        for (std::size_t i = 0; i < kEntries; ++i) {
            made.add(test::sample_entry_bytes(i));
            if (i % 4096 == 4095) made.sign_and_witness();
        }
        made.store_tiles();
        return made;
    }();
    return log;
}

void report(benchmark::State& state) {
    std::int64_t bytes = 0;
    for (const auto& row : sample().rows) bytes += static_cast<std::int64_t>(row.entry.size());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEntries));
    state.SetBytesProcessed(state.iterations() * bytes);
    state.counters["entry_bytes"] = static_cast<double>(bytes) / kEntries;
}

void BM_VerifyLog(benchmark::State& state) {
    test::SampleLog& log = sample();
    const LogVerifierOptions options = test::sample_options();
    for (auto _ : state) {
        log.rewind();
        const LogReport verified = verify_log(log, options);
        if (verified.verdict != Verdict::good) state.SkipWithError("the log is not good");
    }
    report(state);
}

/// The peer: one SHA-256 of every entry and of every node, nothing compared or read.
void BM_HashOnly(benchmark::State& state) {
    const test::SampleLog& log = sample();
    for (auto _ : state) {
        CompactTree tree;
        for (const auto& row : log.rows) tree.append(leaf_hash(row.entry));
        benchmark::DoNotOptimize(tree.root());
    }
    report(state);
}

void BM_ReadMarks(benchmark::State& state) {
    const test::SampleLog& log = sample();
    for (auto _ : state) {
        for (const auto& row : log.rows) benchmark::DoNotOptimize(read_marks(row.entry));
    }
    report(state);
}

BENCHMARK(BM_VerifyLog)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_HashOnly)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadMarks)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::audit
