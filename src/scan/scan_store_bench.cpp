// A million findings: through the store, and what the engine does with the same rows by its own
// client library and nothing else. PostgreSQL where tools/test_postgresql.py started a durable one.
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <benchmark/benchmark.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include "scan/scan_store.h"
#include "support/records.h"

namespace cairn::scan {
namespace {

constexpr std::int64_t kFindings = 1'000'000;
constexpr std::int64_t kBatch = 4096;  // of a rematch

Finding finding_of(std::int64_t number) {
    Finding finding;
    finding.kind = Finding::Kind::match;
    finding.code = "match";
    Match match;
    match.md5 = number % 2 == 0;
    match.entry.reference = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15U >> 1U;
    match.entry.category = 1;
    match.entry.category_name = "synthetic category";
    finding.match = std::move(match);
    return finding;
}

void check(bool done) {
    if (!done) std::abort();
}

/// One scan with one item: in a case folder, or sealed in records that many share.
struct Place {
    explicit Place(db::Engine engine) : records(engine) {
        database = *db::Database::open(records.location(), {});
        check(database->execute("CREATE TABLE case_file(number INTEGER PRIMARY KEY)").has_value());
        check(database->execute("INSERT INTO case_file(number) VALUES(1)").has_value());
        for (const db::Schema& schema :
             {keyring::kSchema, ScanStore::schema(), ScanStore::sharing_schema()}) {
            check(database->migrate(schema).has_value());
        }
        keys = *keyring::KeyRing::open(*database, crypto::SecretKey::random());
        std::optional<keyring::KeyId> key;
        check(database
                  ->transaction([&]() -> Status {
                      key = CAIRN_TRY(keys->create(std::nullopt));
                      return ok();
                  })
                  .has_value());
        store = ScanStore::over(
            {.database = *database, .keys = *keys, .case_key = *key, .case_number = 1}
        );
        begin();
    }
    explicit Place(const std::string& folder)
        : records(db::Engine::sqlite), store(*ScanStore::open(folder, ScanStore::Mode::create)) {
        begin();
    }

    void begin() {
        ScanInfo info;
        info.sources = {"/x"};
        scan = *store->begin(info);
        ItemRecord item;
        item.path =
            evidence::EvidencePath({evidence::Step{evidence::Step::Kind::source, "", 0, "/x"}});
        check(store->append(scan, {item}).has_value());
    }

    cairn::test::Records records;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<keyring::KeyRing> keys;
    std::unique_ptr<ScanStore> store;
    std::int64_t scan = 0;
};

/// Nothing where the engine is not there, which is then said.
std::unique_ptr<Place> fresh_place(benchmark::State& state, db::Engine engine) {
    try {
        return std::make_unique<Place>(engine);
    } catch (const std::runtime_error& problem) {
        state.SkipWithError(problem.what());
        return nullptr;
    }
}

void fill(Place& place) {
    for (std::int64_t first = 0; first < kFindings; first += kBatch) {
        std::vector<std::pair<std::int64_t, Finding>> batch;
        for (std::int64_t i = first; i < std::min(first + kBatch, kFindings); ++i) {
            batch.emplace_back(1, finding_of(i));
        }
        check(place.store->append_findings(place.scan, batch).has_value());
    }
}

void BM_CaseFolder(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        const cairn::test::TempDir folder;
        Place place(folder / "case");
        state.ResumeTiming();
        fill(place);
    }
    state.SetItemsProcessed(state.iterations() * kFindings);
}

void BM_Shared(benchmark::State& state, db::Engine engine) {
    for (auto _ : state) {
        state.PauseTiming();
        const auto place = fresh_place(state, engine);
        if (!place) break;
        state.ResumeTiming();
        fill(*place);
    }
    state.SetItemsProcessed(state.iterations() * kFindings);
}

constexpr const char* kColumns =
    "scan, item, kind, code, text, gap, list, match_kind, digests, distance, variant, frame_kind,"
    " frame, entry_reference, verdict, category, category_name, series, weight, entries,"
    " verdicts_differ";

/// The integers of a row before and after its texts, as both bare ways write them.
std::array<std::int64_t, 16> integers_of(const Finding& finding) {
    const Match& match = *finding.match;
    return {
        1,
        1,
        static_cast<std::int64_t>(finding.kind),
        0,
        match.list,
        static_cast<std::int64_t>(match.kind),
        match.md5 ? 1 : 0,
        match.distance,
        match.variant.packed(),
        static_cast<std::int64_t>(match.frame_kind),
        match.frame,
        static_cast<std::int64_t>(match.entry.reference),
        static_cast<std::int64_t>(match.entry.verdict),
        *match.entry.category,
        match.entries,
        0};
}

void bare_sqlite(const std::string& path) {
    sqlite3* handle = nullptr;
    check(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
    const auto run = [&](const char* sql) {
        check(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    };
    run("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32768");
    const std::string sql = fmt::format(
        "INSERT INTO finding({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kColumns
    );
    sqlite3_stmt* insert = nullptr;
    check(sqlite3_prepare_v2(handle, sql.c_str(), -1, &insert, nullptr) == SQLITE_OK);
    constexpr std::array<int, 16> kPlaces = {
        1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 21};
    for (std::int64_t first = 0; first < kFindings; first += kBatch) {
        run("BEGIN IMMEDIATE");
        for (std::int64_t i = first; i < std::min(first + kBatch, kFindings); ++i) {
            const Finding finding = finding_of(i);
            const auto integers = integers_of(finding);
            for (std::size_t k = 0; k < kPlaces.size(); ++k) {
                sqlite3_bind_int64(insert, kPlaces[k], integers[k]);
            }
            sqlite3_bind_text(insert, 4, finding.code.c_str(), -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 5, "", 0, SQLITE_STATIC);
            const std::string& category = finding.match->entry.category_name;
            sqlite3_bind_text(insert, 17, category.c_str(), -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 18, "", 0, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 19, 0);
            check(sqlite3_step(insert) == SQLITE_DONE);
            sqlite3_reset(insert);
        }
        run("COMMIT");
    }
    sqlite3_finalize(insert);
    sqlite3_close(handle);
}

void bare_postgresql(const std::string& url) {
    PGconn* handle = PQconnectdb(url.c_str());
    const auto run = [&](const std::string& sql, ExecStatusType wanted) {
        PGresult* result = PQexec(handle, sql.c_str());
        check(PQresultStatus(result) == wanted);
        PQclear(result);
    };
    for (std::int64_t first = 0; first < kFindings; first += kBatch) {
        run("BEGIN", PGRES_COMMAND_OK);
        run(fmt::format("COPY finding({}) FROM STDIN", kColumns), PGRES_COPY_IN);
        std::string lines;
        for (std::int64_t i = first; i < std::min(first + kBatch, kFindings); ++i) {
            const Finding finding = finding_of(i);
            const auto n = integers_of(finding);
            fmt::format_to(
                std::back_inserter(lines),
                "{}\t{}\t{}\t{}\t\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t\t0\t{}\t{}\n",
                n[0],
                n[1],
                n[2],
                finding.code,
                n[3],
                n[4],
                n[5],
                n[6],
                n[7],
                n[8],
                n[9],
                n[10],
                n[11],
                n[12],
                n[13],
                finding.match->entry.category_name,
                n[14],
                n[15]
            );
        }
        check(PQputCopyData(handle, lines.data(), static_cast<int>(lines.size())) == 1);
        check(PQputCopyEnd(handle, nullptr) == 1);
        while (PGresult* result = PQgetResult(handle)) {
            check(PQresultStatus(result) == PGRES_COMMAND_OK);
            PQclear(result);
        }
        run("COMMIT", PGRES_COMMAND_OK);
    }
    PQfinish(handle);
}

void BM_Bare(benchmark::State& state, db::Engine engine) {
    for (auto _ : state) {
        state.PauseTiming();
        const auto place = fresh_place(state, engine);
        if (!place) break;
        state.ResumeTiming();
        if (engine == db::Engine::sqlite) {
            bare_sqlite(place->records.location());
        } else {
            bare_postgresql(place->records.location());
        }
    }
    state.SetItemsProcessed(state.iterations() * kFindings);
}

BENCHMARK_CAPTURE(BM_Bare, sqlite, db::Engine::sqlite)->UseRealTime()->Iterations(1);
BENCHMARK(BM_CaseFolder)->UseRealTime()->Iterations(1);
BENCHMARK_CAPTURE(BM_Shared, sqlite, db::Engine::sqlite)->UseRealTime()->Iterations(1);
BENCHMARK_CAPTURE(BM_Bare, postgresql, db::Engine::postgresql)->UseRealTime()->Iterations(1);
BENCHMARK_CAPTURE(BM_Shared, postgresql, db::Engine::postgresql)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace cairn::scan
