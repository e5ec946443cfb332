#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/hex.h"
#include "hashlist/list_builder.h"
#include "hashlist/list_store.h"
#include "hashlist/live_list.h"
#include "hashlist/vics_reader.h"

namespace cairn::hashlist {
namespace {

using fingerprint::PdqCode;

constexpr std::int64_t kSmall = 100'000;
constexpr std::int64_t kLarge = 1'000'000;

/// A scratch folder for the whole program.
const std::filesystem::path& scratch() {
    static const struct Folder {
        Folder() {
            std::string pattern =
                (std::filesystem::temp_directory_path() / "cairn-bench-XXXXXX").string();
            if (::mkdtemp(pattern.data()) != nullptr) path = pattern;
        }
        ~Folder() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        std::filesystem::path path;
    } kFolder;
    return kFolder.path;
}

crypto::SecretKey key() {
    return crypto::SecretKey::from_bytes(std::array<std::uint8_t, crypto::SecretKey::kSize>{});
}

crypto::Digests digests_of(std::uint64_t number) {
    return crypto::digest(as_bytes(fmt::format("file {}", number)));
}

PdqCode random_code(std::mt19937_64& random) {
    return {{random(), random(), random(), random()}};
}

/// An index of `count` entries, each with three digests and a PDQ code; built once.
const ListIndex& index_of(std::int64_t count) {
    static std::map<std::int64_t, std::shared_ptr<const ListIndex>> indexes;
    auto& index = indexes[count];
    if (index) return *index;
    std::mt19937_64 random(42);
    ListBuilder builder(scratch(), key(), "bench");
    for (std::int64_t i = 0; i < count; ++i) {
        const crypto::Digests digests = digests_of(static_cast<std::uint64_t>(i));
        EntryRow row;
        row.md5 = digests.md5;
        row.sha1 = digests.sha1;
        row.sha256 = digests.sha256;
        row.pdq = random_code(random);
        if (!builder.add(row)) std::abort();
    }
    const std::string path = scratch() / fmt::format("{}.cairnlist", count);
    const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    if (!builder.merge(ListKind::illegal, "") || !builder.write(fd.get())) std::abort();
    auto opened = ListIndex::open(path, key());
    if (!opened) std::abort();
    index = *std::move(opened);
    return *index;
}

/// Every second query is a listed code with 0..31 flipped bits, as hamming-index.md asks.
void BM_PdqQuery(benchmark::State& state) {
    const ListIndex& index = index_of(state.range(0));
    std::mt19937_64 listed(42);
    std::mt19937_64 random(43);
    std::vector<PdqCode> queries;
    for (int i = 0; i < 4096; ++i) {
        PdqCode code = random_code(listed);
        if (i % 2 == 0) {
            for (auto flips = random() % 32; flips > 0; --flips) {
                const auto bit = random() % 256;
                code.words[bit / 64] ^= std::uint64_t{1} << (bit % 64);
            }
        } else {
            code = random_code(random);
        }
        queries.push_back(code);
    }
    std::size_t next = 0;
    std::size_t found = 0;
    for (auto _ : state) found += index.find(queries[next++ % queries.size()], 31).size();
    state.SetItemsProcessed(state.iterations());
    state.counters["hits_per_query"] =
        benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
    state.counters["bytes_per_entry"] =
        static_cast<double>(index.file_size_bytes()) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_PdqQuery)->Arg(kSmall)->Arg(kLarge);

void BM_DigestQuery(benchmark::State& state) {
    const ListIndex& index = index_of(state.range(0));
    std::vector<crypto::Digests> queries;
    for (std::uint64_t i = 0; i < 8192; ++i) {
        queries.push_back(digests_of(i % 2 == 0 ? i * 7919 % 100'000 : i + 10'000'000));
    }
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(index.find(queries[next++ % queries.size()]));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DigestQuery)->Arg(kSmall)->Arg(kLarge);

/// A VICS hash set of `count` records of some 340 bytes.
std::filesystem::path vics_file(std::int64_t count) {
    const std::filesystem::path file = scratch() / fmt::format("{}.json", count);
    if (std::filesystem::exists(file)) return file;
    std::ofstream out(file);
    out << R"({"@odata.context":"http://x/DataModels/2.0.xml/US/$metadata#Media","value":[)";
    for (std::int64_t i = 0; i < count; ++i) {
        const crypto::Digests digests = digests_of(static_cast<std::uint64_t>(i));
        out << fmt::format(
            R"({}{{"MediaID":{},"Category":{},"MD5":"{}","SHA1":"{}","MediaSize":{},)"
            R"("VictimIdentified":"false","IsDistributed":"true","Tags":"a,b",)"
            R"("MimeType":"image/jpeg","MediaFiles":[{{"MD5":"{}",)"
            R"("FileName":"picture{}.jpg","FilePath":"disk\\folder\\pictures\\"}}]}})",
            i == 0 ? "" : ",\n",
            i,
            i % 6,
            hex_encode(digests.md5),
            hex_encode(digests.sha1),
            1000 + i,
            hex_encode(digests.md5),
            i
        );
    }
    out << "]}";
    return file;
}

void count_bytes(benchmark::State& state, const std::filesystem::path& file) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(
        state.iterations() * static_cast<std::int64_t>(std::filesystem::file_size(file))
    );
}

class NullSink final : public RecordSink {
public:
    Status accept(const ListRecord&) override { return ok(); }
    void refuse(RowPosition, std::string_view) override {}
    void skip(std::string_view) override {}
    void warn(std::string_view) override {}
    void unknown_member(std::string_view) override {}
};

/// The reader alone: digest of the file, splitting, parsing.
void BM_ReadVics(benchmark::State& state) {
    const std::filesystem::path file = vics_file(state.range(0));
    NullSink sink;
    for (auto _ : state) {
        auto source = TextSource::open(file);
        if (!source || !read_vics(*source, sink)) state.SkipWithError("cannot read");
    }
    count_bytes(state, file);
}
BENCHMARK(BM_ReadVics)->Arg(kSmall)->Unit(benchmark::kMillisecond);

/// From a VICS file to the switched list version.
void BM_ImportVics(benchmark::State& state) {
    const std::filesystem::path file = vics_file(state.range(0));
    for (auto _ : state) {
        const std::filesystem::path folder = scratch() / "store";
        std::filesystem::remove_all(folder);
        auto store = ListStore::open(folder, key());
        ImportOptions options;
        options.files = {file};
        options.name = "bench";
        const auto report = (*store)->import(options);
        if (!report) state.SkipWithError(report.error().message.c_str());
    }
    count_bytes(state, file);
}
BENCHMARK(BM_ImportVics)->Arg(kSmall)->Arg(kLarge)->Unit(benchmark::kMillisecond)->Iterations(1);

/// Rows first..first+count-1, each with two digests and a PDQ code.
std::filesystem::path csv_file(std::int64_t first, std::int64_t count) {
    const std::filesystem::path file = scratch() / fmt::format("{}-{}.csv", first, count);
    if (std::filesystem::exists(file)) return file;
    std::ofstream out(file);
    out << "md5,sha1,pdq,quality\n";
    for (std::int64_t i = first; i < first + count; ++i) {
        const crypto::Digests digests = digests_of(static_cast<std::uint64_t>(i));
        std::mt19937_64 random(static_cast<std::uint64_t>(i));
        out << fmt::format(
            "{},{},{},90\n",
            hex_encode(digests.md5),
            hex_encode(digests.sha1),
            to_hex(random_code(random))
        );
    }
    return file;
}

/// A store with a list of `count` rows; built once.
const std::filesystem::path& store_of(std::int64_t count) {
    static std::map<std::int64_t, std::filesystem::path> folders;
    std::filesystem::path& folder = folders[count];
    if (!folder.empty()) return folder;
    folder = scratch() / fmt::format("lists-{}", count);
    auto store = ListStore::open(folder, key());
    ImportOptions options;
    options.files = {csv_file(0, count)};
    options.name = "bench";
    options.scheme = "us-2.0";
    options.category = "1";
    if (!store || !(*store)->import(options)) std::abort();
    return folder;
}

UpdateOptions update_of(std::int64_t first, std::int64_t count) {
    UpdateOptions options;
    options.name = "bench";
    options.add = {csv_file(first, count)};
    options.category = "1";
    options.merge = false;
    return options;
}

/// From the call of update() with 10,000 rows until a LiveList, as another process has one, gives
/// the new version.
void BM_UpdateUntilSeen(benchmark::State& state) {
    constexpr std::int64_t kRows = 10'000;
    static std::int64_t next = 1'000'000'000;
    const auto store = *ListStore::open(store_of(state.range(0)), key());
    const auto live = *LiveList::open(store_of(state.range(0)), key(), "bench", {});
    for (auto _ : state) {
        const UpdateOptions options = update_of(next, kRows);
        const auto started = std::chrono::steady_clock::now();
        const auto report = store->update(options);
        if (!report) return state.SkipWithError(report.error().message.c_str());
        const crypto::Digests last = digests_of(static_cast<std::uint64_t>(next + kRows - 1));
        while (live->current().index->find(last).empty()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
        state.SetIterationTime(taken.count());
        next += kRows;
    }
    if (!store->merge("bench")) state.SkipWithError("cannot merge");
}
BENCHMARK(BM_UpdateUntilSeen)
    ->Arg(kLarge)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(5);

/// PDQ queries one by one through a LiveList, while nothing else happens (0) and while another
/// thread updates and merges all the time (1).
void BM_QueryDuringMerge(benchmark::State& state) {
    static std::int64_t next = 2'000'000'000;
    const auto live = *LiveList::open(store_of(kLarge), key(), "bench", {});
    std::atomic<bool> stop = false;
    std::int64_t merges = 0;
    const auto change = [&] {
        const auto store = *ListStore::open(store_of(kLarge), key());
        while (!stop) {
            if (!store->update(update_of(next++ * 10, 10)) || !store->merge("bench")) return;
            ++merges;
        }
    };
    std::thread changer;
    if (state.range(0) == 1) changer = std::thread(change);
    std::mt19937_64 random(7);
    std::vector<double> microseconds;
    for (auto _ : state) {
        const auto started = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(live->current().index->find(random_code(random), 31));
        const std::chrono::duration<double, std::micro> taken =
            std::chrono::steady_clock::now() - started;
        microseconds.push_back(taken.count());
    }
    stop = true;
    if (changer.joinable()) changer.join();
    std::sort(microseconds.begin(), microseconds.end());
    const auto at = [&](std::size_t part) {
        return microseconds[std::min(microseconds.size() * part / 1'000, microseconds.size() - 1)];
    };
    state.counters["p50_us"] = at(500);
    state.counters["p99_us"] = at(990);
    state.counters["p999_us"] = at(999);
    state.counters["merges"] = static_cast<double>(merges);
}
BENCHMARK(BM_QueryDuringMerge)->Arg(0)->Arg(1)->MinTime(5.0);

/// One update of 10,000 rows merged into a list of a million.
void BM_Merge(benchmark::State& state) {
    static std::int64_t next = 30'000'000'000;
    const auto store = *ListStore::open(store_of(kLarge), key());
    for (auto _ : state) {
        state.PauseTiming();
        const bool updated = store->update(update_of(next, 10'000)).has_value();
        next += 10'000;
        state.ResumeTiming();
        if (!updated || !store->merge("bench")) state.SkipWithError("cannot merge");
    }
}
BENCHMARK(BM_Merge)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace cairn::hashlist
