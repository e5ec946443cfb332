// A page of 100 rows, the newest first, among a million rows of findings of a thousand cases: the
// bare query, and the same query asking who may see them. PostgreSQL where
// tools/test_postgresql.py started a server.
#include <cstdlib>
#include <map>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "access/cases.h"
#include "access/world_test.h"

namespace cairn::access {
namespace {

using test::value_of;
using test::World;

constexpr std::int64_t kRows = 1'000'000;
constexpr std::int64_t kCases = 1'000;
constexpr std::int64_t kPage = 100;

constexpr std::string_view kPageColumns =
    "SELECT f.number, f.case_number, f.kind, f.found, f.weight, f.distance, f.path, f.text "
    "FROM bench_finding f ";

/// Records with a million findings, made once for each engine.
struct Place {
    cairn::test::Records records;
    World world;
    Actor actor;

    explicit Place(db::Engine engine)
        : records(engine),
          world(records.location()),
          actor(world.add_user(world.add_agency("Agency A"), "chief", {Role::supervisor})) {
        Cases cases(world.gate());
        for (int i = 0; i < kCases; ++i) {
            value_of(cases.open(
                actor, {.purpose = Purpose::investigation}, {.title = fmt::format("Case {}", i)}
            ));
        }
        db::Database& database = world.records();
        value_of(database.execute(
            "CREATE TABLE bench_finding (number INTEGER PRIMARY KEY, case_number INTEGER NOT NULL, "
            "kind INTEGER NOT NULL, found INTEGER NOT NULL, weight INTEGER NOT NULL, "
            "distance INTEGER, path BLOB NOT NULL, text TEXT NOT NULL) STRICT;"
            "CREATE INDEX bench_finding_found ON bench_finding (found)"
        ));
        value_of(database.transaction([&] { return fill(database); }));
        if (engine == db::Engine::postgresql) value_of(database.execute("ANALYZE"));
    }

    static Status fill(db::Database& database) {
        constexpr std::array<std::string_view, 7> kColumns = {
            "case_number", "kind", "found", "weight", "distance", "path", "text"};
        auto rows = CAIRN_TRY(database.bulk_insert("bench_finding", kColumns));
        for (std::int64_t i = 0; i < kRows; ++i) {
            rows.add(1 + i * 7919 % kCases).add(i % 5).add(1'790'000'000'000'000 + i);
            rows.add(i % 3).add(i % 32);
            const std::string path = fmt::format("/home/user/pictures/{:08}.jpg", i);
            rows.add(as_bytes(path)).add("picture alike, distance within the limit of the list");
            CAIRN_TRY(rows.end_row());
        }
        return rows.finish();
    }
};

Place* place_of(benchmark::State& state, db::Engine engine) {
    static std::map<db::Engine, std::unique_ptr<Place>> places;
    try {
        auto& place = places[engine];
        if (!place) place = std::make_unique<Place>(engine);
        return place.get();
    } catch (const std::runtime_error& problem) {
        state.SkipWithError(problem.what());
        return nullptr;
    }
}

/// Reads what a list of findings shows.
Result<std::vector<std::int64_t>> read_page(db::Statement& query) {
    std::vector<std::int64_t> numbers;
    std::size_t bytes = 0;
    while (CAIRN_TRY(query.step())) {
        numbers.push_back(query.integer(0) + query.integer(2) + query.integer(4));
        bytes += query.bytes(6).size() + query.text(7).size();
    }
    benchmark::DoNotOptimize(bytes);
    return numbers;
}

void BM_BarePage(benchmark::State& state, db::Engine engine) {
    Place* place = place_of(state, engine);
    if (place == nullptr) return;
    auto query = value_of(
        place->world.records().prepare(std::string(kPageColumns) + "ORDER BY f.found DESC LIMIT ?")
    );
    for (auto _ : state) {
        query.bind(1, kPage);
        if (value_of(read_page(query)).size() != kPage) std::abort();
    }
}

void BM_VisiblePage(benchmark::State& state, db::Engine engine) {
    Place* place = place_of(state, engine);
    if (place == nullptr) return;
    auto query = value_of(place->world.records().prepare(
        std::string(kPageColumns) + "WHERE " + VisibleCases::predicate("f.case_number", 1) +
        " ORDER BY f.found DESC LIMIT ?3"
    ));
    const auto page = [&](const VisibleCases& cases) {
        cases.bind(query, 1);
        query.bind(3, kPage);
        return read_page(query);
    };
    Visibility& visibility = place->world.gate().visibility();
    for (auto _ : state) {
        const auto rows = value_of(visibility.rows<std::int64_t>(place->actor, Level::read, page));
        if (rows.size() != kPage) std::abort();
    }
}

BENCHMARK_CAPTURE(BM_BarePage, Sqlite, db::Engine::sqlite)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_VisiblePage, Sqlite, db::Engine::sqlite)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_BarePage, Postgresql, db::Engine::postgresql)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_VisiblePage, Postgresql, db::Engine::postgresql)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
}  // namespace cairn::access
