// The Hamming index on its own: by number of codes, instruction set, radius, size of batch, uniform
// and skewed codes; the scans; the building. Half of the queries lie within radius 31 of a code.
#include <map>
#include <memory>

#include <benchmark/benchmark.h>

#include "index/bucket_statistics.h"
#include "index/code_sets_test.h"
#include "index/hamming_builder.h"
#include "index/hamming_index.h"
#include "index/hamming_scan.h"

namespace cairn::index {
namespace {

using testing::Codes;
using testing::Random;

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kQueries = 4096;

enum Shape : std::int64_t { uniform_codes, skewed_codes };

/// Every word of a skewed code is that of one of few codes: candidates are some four times those
/// of uniform codes.
Codes skewed(std::size_t count, Random& random) {
    Codes pool(20'000);
    for (Code& code : pool) code = testing::random_code(random);
    Codes codes(count);
    for (Code& code : codes) {
        for (std::size_t word = 0; word < 4; ++word) {
            code[word] = pool[random() % pool.size()][word];
        }
    }
    return codes;
}

struct Set {
    explicit Set(std::int64_t count, Shape shape) {
        Random random(42);
        auto size = static_cast<std::size_t>(count);
        Codes codes = shape == skewed_codes ? skewed(size, random) : testing::uniform(size, 42);
        codes = testing::sorted(std::move(codes));
        for (std::size_t i = 0; i < kQueries; ++i) {
            const Code& code = codes[random() % codes.size()];
            queries.push_back(
                i % 2 == 0 ? testing::changed(code, static_cast<int>(random() % 32), random)
                           : testing::random_code(random)
            );
        }
        bytes = testing::bytes_of(codes);
        plan = BandPlan::for_codes(codes.size());
        bands = *build_bands(plan, bytes);
    }
    HammingIndex open(Isa isa) const {
        return *HammingIndex::open({plan, bytes, bands}, isa, Method::tables);
    }

    Codes queries;
    ByteVector bytes;
    BandPlan plan;
    ByteVector bands;
};

/// Built once; only the last one is kept, so that large sets do not add up.
const Set& set_of(std::int64_t count, Shape shape) {
    static std::map<std::pair<std::int64_t, Shape>, std::unique_ptr<Set>> sets;
    auto& set = sets[{count, shape}];
    if (!set) {
        sets.clear();
        return *(sets[{count, shape}] = std::make_unique<Set>(count, shape));
    }
    return *set;
}

void report(benchmark::State& state, const HammingIndex& index) {
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
    state.counters["bytes/code"] =
        static_cast<double>(index.tables().bands.size()) / index.size() + kCodeBytes;
    state.SetLabel(std::string(name_of(static_cast<Isa>(state.range(1)))));
}

void BM_Search(benchmark::State& state) {
    const Set& set = set_of(state.range(0), static_cast<Shape>(state.range(2)));
    const HammingIndex index = set.open(static_cast<Isa>(state.range(1)));
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(index.search(set.queries[next++ % kQueries], kTableRadius));
    }
    report(state, index);
    state.counters["skew"] = bucket_statistics(index).skew();
}

void BM_SearchRadius(benchmark::State& state) {
    const Set& set = set_of(state.range(0), uniform_codes);
    const HammingIndex index = set.open(static_cast<Isa>(state.range(1)));
    std::size_t next = 0;
    for (auto _ : state) {
        const Code& query = set.queries[next++ % kQueries];
        benchmark::DoNotOptimize(index.search(query, static_cast<int>(state.range(2))));
    }
    report(state, index);
}

void BM_SearchBatch(benchmark::State& state) {
    const Set& set = set_of(state.range(0), uniform_codes);
    const HammingIndex index = set.open(static_cast<Isa>(state.range(1)));
    const auto batch = static_cast<std::size_t>(state.range(2));
    std::size_t next = 0;
    for (auto _ : state) {
        const std::span<const Code> queries(&set.queries[next], batch);
        benchmark::DoNotOptimize(index.search_batch(queries, kTableRadius));
        next = (next + batch) % kQueries;
    }
    report(state, index);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(2));
}

void BM_Nearest(benchmark::State& state) {
    const Set& set = set_of(state.range(0), uniform_codes);
    const HammingIndex index = set.open(static_cast<Isa>(state.range(1)));
    std::size_t next = 0;
    for (auto _ : state) {
        const Code& query = set.queries[next++ % kQueries];
        benchmark::DoNotOptimize(index.nearest(query, 1, kTableRadius));
    }
    report(state, index);
}

void BM_Scan(benchmark::State& state) {
    const Set& set = set_of(state.range(0), uniform_codes);
    const auto isa = static_cast<Isa>(state.range(1));
    const auto batch = static_cast<std::size_t>(state.range(2));
    for (auto _ : state) {
        const std::span<const Code> queries(set.queries.data(), batch);
        if (batch == 1) {
            benchmark::DoNotOptimize(scan(set.bytes, queries[0], kTableRadius, isa));
        } else {
            benchmark::DoNotOptimize(scan_batch(set.bytes, queries, kTableRadius, isa));
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(2));
    state.SetLabel(std::string(name_of(isa)));
}

void BM_Build(benchmark::State& state) {
    const Set& set = set_of(state.range(0), uniform_codes);
    const auto threads = static_cast<unsigned>(state.range(1));
    const auto drop = [](Bytes band) -> Status {
        benchmark::DoNotOptimize(band.data());
        return ok();
    };
    for (auto _ : state) {
        benchmark::DoNotOptimize(build_bands(set.plan, set.bytes, BuildOptions{threads}, drop));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void for_each_isa(
    benchmark::internal::Benchmark* row,
    std::int64_t codes,
    std::initializer_list<std::int64_t> last
) {
    for (const Isa isa : {Isa::plain, Isa::avx2, Isa::avx512}) {
        if (!is_supported(isa)) continue;
        for (const std::int64_t value : last) {
            row->Args({codes, static_cast<std::int64_t>(isa), value});
        }
    }
}

void sizes(benchmark::internal::Benchmark* row) {
    const auto isa = static_cast<std::int64_t>(best_isa());
    for (const std::int64_t codes : {3'000L, 30'000L, 300'000L}) {
        row->Args({codes, isa, uniform_codes});
    }
    for_each_isa(row, kMillion, {uniform_codes, skewed_codes});
    for (const std::int64_t shape : {uniform_codes, skewed_codes}) {
        row->Args({10 * kMillion, isa, shape});
    }
}

BENCHMARK(BM_Search)->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_SearchRadius)->Apply([](auto* row) {
    for_each_isa(row, kMillion, {7, 15, 23, 31});
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK(BM_SearchBatch)->Apply([](auto* row) {
    for_each_isa(row, kMillion, {1, 8, 64, 512});
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK(BM_Nearest)->Apply([](auto* row) {
    for_each_isa(row, kMillion, {0});
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK(BM_Scan)->Apply([](auto* row) {
    for_each_isa(row, 20'000, {1, 8, 64});
    for_each_isa(row, kMillion, {1, 8, 64});
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK(BM_Build)
    ->Args({kMillion, 1})
    ->Args({kMillion, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::index
