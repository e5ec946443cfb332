// Digest look-ups over 10 million records: DigestTable one by one and in batches, and
// std::lower_bound over the same tags. SQLite stands in bench/index_peers_bench.cpp. Half of the
// tags asked are in the table.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>

#include <benchmark/benchmark.h>

#include "index/digest_table.h"

namespace cairn::index {
namespace {

constexpr std::size_t kAsked = std::size_t{1} << 20U;
constexpr std::size_t kBatch = 512;

Tag random_tag(std::mt19937_64& random) {
    Tag tag;
    for (std::size_t i = 0; i < kTagBytes; i += 8) {
        const std::uint64_t word = random();
        std::memcpy(&tag[i], &word, sizeof(word));
    }
    return tag;
}

struct Digests {
    explicit Digests(std::size_t count) : tags(count) {
        std::mt19937_64 random(42);
        for (Tag& tag : tags) tag = random_tag(random);
        std::sort(tags.begin(), tags.end());
        auto builder = *DigestDirectoryBuilder::start(count);
        ByteWriter records_writer;
        for (const Tag& tag : tags) {
            records_writer.raw(tag);
            records_writer.u32_le(7);
            if (!builder.add(tag)) std::abort();
        }
        records = records_writer.take();
        ByteWriter directory_writer;
        const std::vector<std::uint32_t> starts = *builder.finish();
        for (const std::uint32_t start : starts) directory_writer.u32_le(start);
        directory = directory_writer.take();
        for (std::size_t i = 0; i < kAsked; ++i) {
            asked.push_back(i % 2 == 0 ? tags[random() % count] : random_tag(random));
        }
    }
    DigestTable table() const {
        return *DigestTable::open(RecordKind::tag_with_payload, records, directory);
    }

    std::vector<Tag> tags;
    ByteVector records;
    ByteVector directory;
    std::vector<Tag> asked;
};

const Digests& digests() {
    static const Digests kDigests(10'000'000);
    return kDigests;
}

void finish(benchmark::State& state, std::size_t found, std::size_t asked) {
    state.SetItemsProcessed(static_cast<std::int64_t>(asked));
    state.counters["found"] = static_cast<double>(found) / static_cast<double>(asked);
    const Digests& set = digests();
    state.counters["bytes/records"] =
        1.0 + static_cast<double>(set.directory.size()) / static_cast<double>(set.records.size());
}

void BM_Find(benchmark::State& state) {
    const DigestTable table = digests().table();
    std::size_t asked = 0;
    std::size_t found = 0;
    for (auto _ : state) {
        found += table.contains(digests().asked[asked++ % kAsked]) ? 1U : 0U;
    }
    finish(state, found, asked);
}
BENCHMARK(BM_Find);

void BM_FindBatch(benchmark::State& state) {
    const DigestTable table = digests().table();
    std::vector<RecordRange> ranges(kBatch);
    std::size_t asked = 0;
    std::size_t found = 0;
    for (auto _ : state) {
        table.find_batch(std::span(digests().asked).subspan(asked % kAsked, kBatch), ranges);
        for (const RecordRange& range : ranges) found += range.empty() ? 0U : 1U;
        asked += kBatch;
    }
    finish(state, found, asked);
}
BENCHMARK(BM_FindBatch);

void BM_LowerBound(benchmark::State& state) {
    const std::vector<Tag>& tags = digests().tags;
    std::size_t asked = 0;
    std::size_t found = 0;
    for (auto _ : state) {
        const Tag& tag = digests().asked[asked++ % kAsked];
        const auto at = std::lower_bound(tags.begin(), tags.end(), tag);
        found += at != tags.end() && *at == tag ? 1U : 0U;
    }
    finish(state, found, asked);
}
BENCHMARK(BM_LowerBound);

}  // namespace
}  // namespace cairn::index
