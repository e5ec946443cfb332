// The Hamming index and the digest table against what others use, in one run on one thread:
// FAISS IndexBinaryFlat and IndexBinaryMultiHash (16 hashes of 16 bits, 1 flip: exact to distance
// 31), our own scan, std::lower_bound and SQLite WITHOUT ROWID. All answers are compared first.
//
//   index_peers_bench [--codes=1000000,10000000] [--digests=10000000] [benchmark options]
//
// 100 million codes take 14 GB; FAISS's multihash is left out above 20 million, it would take 30.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHash.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <omp.h>
#include <sqlite3.h>

#include "index/code_sets_test.h"
#include "index/digest_table.h"
#include "index/hamming_builder.h"
#include "index/hamming_index.h"
#include "index/hamming_scan.h"

namespace cairn::bench {
namespace {

using index::Code;
using index::CodeHit;
using index::HammingIndex;
using index::kTableRadius;
using index::Tag;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMultiHashCodesMax = 20'000'000;
constexpr std::size_t kQueries = 20'000;
constexpr std::size_t kQueriesCompared = 24;
constexpr std::size_t kDigestsAsked = std::size_t{1} << 20U;

[[noreturn]] void stop(const char* reason) {
    std::fprintf(stderr, "index_peers_bench: %s\n", reason);
    std::exit(1);
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// All indexes over the same codes; every second query is a code with 0 to 31 bits changed.
class CodeSet {
public:
    explicit CodeSet(std::size_t count) {
        namespace sets = index::testing;
        sets::Random random(42);
        {
            const sets::Codes codes = sets::uniform(count, 42);
            bytes_ = sets::bytes_of(codes);
            for (std::size_t i = 0; i < kQueries; ++i) {
                queries_.push_back(sets::random_code(random));
                if (i % 2 != 0) continue;
                const auto bits = static_cast<int>(random() % 32);
                queries_.back() = sets::changed(codes[random() % codes.size()], bits, random);
            }
        }
        plan_ = index::BandPlan::for_codes(this->count());
        auto start = Clock::now();
        bands_.reserve(index::bands_bytes(plan_, this->count()));
        const auto append = [&](Bytes band) -> Status {
            bands_.insert(bands_.end(), band.begin(), band.end());
            return ok();
        };
        if (!index::build_bands(plan_, bytes_, {.threads = 1}, append)) stop("cannot build");
        build_seconds_ = seconds_since(start);
        auto opened = HammingIndex::open({plan_, bytes_, bands_});
        if (!opened) stop("cannot open");
        index_ = std::make_unique<HammingIndex>(std::move(*opened));
        flat_ = std::make_unique<faiss::IndexBinaryFlat>(index::kCodeBits);
        flat_->add(static_cast<faiss::IndexBinary::idx_t>(this->count()), bytes_.data());
        start = Clock::now();
        if (this->count() <= kMultiHashCodesMax) {
            hash_ = std::make_unique<faiss::IndexBinaryMultiHash>(index::kCodeBits, 16, 16);
            hash_->nflip = 1;
            hash_->add(static_cast<faiss::IndexBinary::idx_t>(this->count()), bytes_.data());
        }
        hash_build_seconds_ = seconds_since(start);
        compare();
    }

    std::size_t count() const { return bytes_.size() / index::kCodeBytes; }
    Bytes bytes() const { return bytes_; }
    const std::vector<Code>& queries() const { return queries_; }
    const HammingIndex& index() const { return *index_; }
    const faiss::IndexBinary& flat() const { return *flat_; }
    const faiss::IndexBinary* hash() const { return hash_.get(); }
    double build_seconds() const { return build_seconds_; }
    double hash_build_seconds() const { return hash_build_seconds_; }
    double bytes_per_code() const {
        return static_cast<double>(bytes_.size() + bands_.size()) / static_cast<double>(count());
    }

private:
    void compare() const;

    ByteVector bytes_;
    ByteVector bands_;
    index::BandPlan plan_;
    std::vector<Code> queries_;
    std::unique_ptr<HammingIndex> index_;
    std::unique_ptr<faiss::IndexBinaryFlat> flat_;
    std::unique_ptr<faiss::IndexBinaryMultiHash> hash_;
    double build_seconds_ = 0;
    double hash_build_seconds_ = 0;
};

std::vector<CodeHit> ask(const faiss::IndexBinary& peer, const Code& query) {
    const ByteVector bytes = index::testing::bytes_of({&query, 1});
    faiss::RangeSearchResult result(1);
    peer.range_search(1, bytes.data(), kTableRadius + 1, &result);  // its comparison is strict
    std::vector<CodeHit> hits;
    for (std::size_t i = 0; i < result.lims[1]; ++i) {
        hits.push_back(
            {static_cast<std::uint32_t>(result.labels[i]), static_cast<int>(result.distances[i])}
        );
    }
    std::sort(hits.begin(), hits.end(), index::nearer);
    return hits;
}

void CodeSet::compare() const {
    for (std::size_t i = 0; i < kQueriesCompared; ++i) {
        const auto hits = index_->search(queries_[i], kTableRadius);
        if (hits != ask(*flat_, queries_[i])) stop("the flat index gives another answer");
        if (hits != index::scan(bytes_, queries_[i], kTableRadius)) {
            stop("the scan gives another answer");
        }
        if (hash_ && hits != ask(*hash_, queries_[i])) stop("the multihash gives another answer");
    }
}

/// Only the last set is kept, so that large ones do not add up.
const CodeSet& code_set(std::size_t count) {
    static std::unique_ptr<CodeSet> set;
    static std::size_t wanted = 0;
    if (!set || wanted != count) {
        set.reset();
        set = std::make_unique<CodeSet>(count);
        wanted = count;
    }
    return *set;
}

/// Asks one query after another and reports queries per second and how long the slowest took.
template <typename Ask>
void measure(benchmark::State& state, const CodeSet& set, const Ask& ask_one) {
    std::vector<double> times;
    for (auto _ : state) {
        const auto start = Clock::now();
        benchmark::DoNotOptimize(ask_one(set.queries()[times.size() % kQueries]));
        times.push_back(seconds_since(start));
    }
    std::sort(times.begin(), times.end());
    constexpr double kMicroseconds = 1e6;
    state.SetItemsProcessed(static_cast<std::int64_t>(times.size()));
    state.counters["p50_us"] = times[times.size() / 2] * kMicroseconds;
    state.counters["p99_us"] = times[times.size() * 99 / 100] * kMicroseconds;
}

void run_index(benchmark::State& state, std::size_t count) {
    const CodeSet& set = code_set(count);
    measure(state, set, [&](const Code& query) { return set.index().search(query, kTableRadius); });
    state.counters["bytes/code"] = set.bytes_per_code();
    state.counters["build_s"] = set.build_seconds();
}

void run_index_batch(benchmark::State& state, std::size_t count, std::size_t batch) {
    const CodeSet& set = code_set(count);
    std::size_t asked = 0;
    for (auto _ : state) {
        const std::size_t first = asked % (kQueries - batch);
        const auto queries = std::span(set.queries()).subspan(first, batch);
        benchmark::DoNotOptimize(set.index().search_batch(queries, kTableRadius));
        asked += batch;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(asked));
}

void run_scan(benchmark::State& state, std::size_t count) {
    const CodeSet& set = code_set(count);
    measure(state, set, [&](const Code& query) {
        return index::scan(set.bytes(), query, kTableRadius);
    });
}

void run_flat(benchmark::State& state, std::size_t count) {
    const CodeSet& set = code_set(count);
    measure(state, set, [&](const Code& query) { return ask(set.flat(), query); });
}

void run_hash(benchmark::State& state, std::size_t count) {
    const CodeSet& set = code_set(count);
    measure(state, set, [&](const Code& query) { return ask(*set.hash(), query); });
    state.counters["build_s"] = set.hash_build_seconds();
}

/// The same tags in a DigestTable, a sorted array and an SQLite database in memory.
class DigestSet {
public:
    explicit DigestSet(std::size_t count) : tags_(count) {
        index::testing::Random random(42);
        for (Tag& tag : tags_) tag = random_tag(random);
        std::sort(tags_.begin(), tags_.end());
        auto builder = index::DigestDirectoryBuilder::start(count);
        if (!builder) stop("cannot build");
        ByteWriter records;
        for (const Tag& tag : tags_) {
            records.raw(tag);
            records.u32_le(7);
            if (!builder->add(tag)) stop("cannot build");
        }
        records_ = records.take();
        const auto starts = builder->finish();
        if (!starts) stop("cannot build");
        ByteWriter directory;
        for (const std::uint32_t start : *starts) directory.u32_le(start);
        directory_ = directory.take();
        for (std::size_t i = 0; i < kDigestsAsked; ++i) {
            asked_.push_back(i % 2 == 0 ? tags_[random() % count] : random_tag(random));
        }
        fill_database();
    }
    DigestSet(const DigestSet&) = delete;
    DigestSet& operator=(const DigestSet&) = delete;
    ~DigestSet() {
        sqlite3_finalize(select_);
        sqlite3_close(database_);
    }

    index::DigestTable table() const {
        auto table =
            index::DigestTable::open(index::RecordKind::tag_with_payload, records_, directory_);
        if (!table) stop("cannot open");
        return *table;
    }
    const std::vector<Tag>& tags() const { return tags_; }
    const std::vector<Tag>& asked() const { return asked_; }

    bool is_in_database(const Tag& tag) const {
        sqlite3_bind_blob(select_, 1, tag.data(), static_cast<int>(tag.size()), SQLITE_STATIC);
        const bool found = sqlite3_step(select_) == SQLITE_ROW;
        sqlite3_reset(select_);
        return found;
    }

private:
    static Tag random_tag(index::testing::Random& random) {
        Tag tag;
        for (std::size_t i = 0; i < tag.size(); ++i) {
            tag[i] = static_cast<std::uint8_t>(random() >> 56U);
        }
        return tag;
    }

    void fill_database() {
        sqlite3_open(":memory:", &database_);
        sqlite3_exec(
            database_,
            "CREATE TABLE digest (tag BLOB PRIMARY KEY, entry INTEGER) WITHOUT ROWID; BEGIN",
            nullptr,
            nullptr,
            nullptr
        );
        sqlite3_stmt* insert = nullptr;
        sqlite3_prepare_v2(database_, "INSERT INTO digest VALUES (?1, 7)", -1, &insert, nullptr);
        for (const Tag& tag : tags_) {
            sqlite3_bind_blob(insert, 1, tag.data(), static_cast<int>(tag.size()), SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE) stop("SQLite cannot insert");
            sqlite3_reset(insert);
        }
        sqlite3_finalize(insert);
        sqlite3_exec(database_, "COMMIT", nullptr, nullptr, nullptr);
        sqlite3_prepare_v2(
            database_, "SELECT entry FROM digest WHERE tag = ?1", -1, &select_, nullptr
        );
    }

    std::vector<Tag> tags_;
    std::vector<Tag> asked_;
    ByteVector records_;
    ByteVector directory_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* select_ = nullptr;
};

const DigestSet& digest_set(std::size_t count) {
    static const DigestSet kSet(count);
    return kSet;
}

template <typename Find>
void measure_digests(benchmark::State& state, const DigestSet& set, const Find& find) {
    std::size_t asked = 0;
    std::size_t found = 0;
    for (auto _ : state) found += find(set.asked()[asked++ % kDigestsAsked]) ? 1U : 0U;
    state.SetItemsProcessed(static_cast<std::int64_t>(asked));
    state.counters["found"] = static_cast<double>(found) / static_cast<double>(asked);
}

void run_table(benchmark::State& state, std::size_t count) {
    const DigestSet& set = digest_set(count);
    const index::DigestTable table = set.table();
    measure_digests(state, set, [&](const Tag& tag) { return table.contains(tag); });
}

void run_table_batch(benchmark::State& state, std::size_t count) {
    constexpr std::size_t kBatch = 512;
    const DigestSet& set = digest_set(count);
    const index::DigestTable table = set.table();
    std::vector<index::RecordRange> found(kBatch);
    std::size_t asked = 0;
    for (auto _ : state) {
        table.find_batch(std::span(set.asked()).subspan(asked % kDigestsAsked, kBatch), found);
        benchmark::DoNotOptimize(found.data());
        asked += kBatch;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(asked));
}

void run_lower_bound(benchmark::State& state, std::size_t count) {
    const DigestSet& set = digest_set(count);
    measure_digests(state, set, [&](const Tag& tag) {
        return std::binary_search(set.tags().begin(), set.tags().end(), tag);
    });
}

void run_sqlite(benchmark::State& state, std::size_t count) {
    const DigestSet& set = digest_set(count);
    measure_digests(state, set, [&](const Tag& tag) { return set.is_in_database(tag); });
}

/// The numbers of `--name=1,2`, taken out of the arguments; `otherwise` where it is not given.
std::vector<std::size_t> take_numbers(
    std::vector<char*>& arguments, std::string_view name, std::vector<std::size_t> otherwise
) {
    const std::string prefix = "--" + std::string(name) + "=";
    const auto given = std::find_if(arguments.begin(), arguments.end(), [&](const char* argument) {
        return std::string_view(argument).starts_with(prefix);
    });
    if (given == arguments.end()) return otherwise;
    std::string_view text = std::string_view(*given).substr(prefix.size());
    arguments.erase(given);
    std::vector<std::size_t> numbers;
    while (!text.empty()) {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || number == 0) stop("a number is wrong");
        numbers.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.starts_with(',')) text.remove_prefix(1);
    }
    return numbers;
}

template <typename Run, typename... Args>
benchmark::internal::Benchmark* add(
    const std::string& name, std::size_t count, const Run& run, Args... args
) {
    return benchmark::RegisterBenchmark(
        (name + "/" + std::to_string(count)).c_str(),
        [=](benchmark::State& state) { run(state, count, args...); }
    );
}

void add_codes(std::size_t count) {
    add("Index", count, run_index)->MinTime(2);
    for (const std::size_t batch : {1U, 8U, 64U, 512U}) {
        add("IndexBatch" + std::to_string(batch), count, run_index_batch, batch)->MinTime(1);
    }
    add("Scan", count, run_scan)->MinTime(1);
    add("FaissFlat", count, run_flat)->MinTime(2);
    if (count <= kMultiHashCodesMax) add("FaissMultiHash", count, run_hash)->MinTime(2);
}

void add_digests(std::size_t count) {
    add("DigestTable", count, run_table)->MinTime(1);
    add("DigestTableBatch512", count, run_table_batch)->MinTime(1);
    add("LowerBound", count, run_lower_bound)->MinTime(1);
    add("Sqlite", count, run_sqlite)->MinTime(1);
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
    namespace bench = cairn::bench;
    omp_set_num_threads(1);
    std::vector<char*> arguments(argv, argv + argc);
    for (const std::size_t count :
         bench::take_numbers(arguments, "codes", {1'000'000, 10'000'000})) {
        bench::add_codes(count);
    }
    const auto digests = bench::take_numbers(arguments, "digests", {10'000'000});
    bench::add_digests(digests.front());
    int left = static_cast<int>(arguments.size());
    benchmark::Initialize(&left, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(left, arguments.data())) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
