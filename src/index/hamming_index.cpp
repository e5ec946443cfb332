#include "index/hamming_index.h"

#include <algorithm>
#include <limits>

#include "index/block_search.h"
#include "index/hamming_scan.h"

namespace cairn::index {
namespace {

/// Its buffers are kept from query to query.
BlockSearch& block_search() {
    thread_local BlockSearch search;
    return search;
}

/// Fewer codes than this are scanned faster than looked up at kTableRadius. Measured, codes in the
/// cache: a query by tables takes 1.5 to 2.5 us; a scan takes 0.26 ns per code and query with
/// AVX-512, 0.11 with many queries at once; 2.4 and 0.9 with POPCNT; 12 and 6 without.
std::uint64_t scanned_below(Isa isa, std::size_t queries) {
    constexpr std::size_t kManyQueries = 16;
    const bool is_batch = queries >= kManyQueries;
    switch (isa) {
        case Isa::avx512:
            return is_batch ? 20'000 : 8'000;
        case Isa::avx2:
            return is_batch ? 2'500 : 0;
        case Isa::plain:
            return 0;
    }
    return 0;
}

}  // namespace

Result<HammingIndex> HammingIndex::open(HammingTables tables, Isa isa, Method method) {
    if (!is_supported(isa)) {
        return fail(Errc::unsupported, "this processor has no {}", name_of(isa));
    }
    if (tables.codes.size() % kCodeBytes != 0) {
        return fail(Errc::invalid_argument, "codes of {} bytes", tables.codes.size());
    }
    const std::uint64_t count = tables.codes.size() / kCodeBytes;
    if (count > std::numeric_limits<std::uint32_t>::max()) {
        return fail(Errc::limit_exceeded, "{} codes are too many for one index", count);
    }
    const std::uint64_t wanted = bands_bytes(tables.plan, count);
    if (tables.bands.size() != wanted) {
        return fail(
            Errc::invalid_argument,
            "band tables of {} bytes where {} codes need {}",
            tables.bands.size(),
            count,
            wanted
        );
    }
    return HammingIndex(std::move(tables), isa, method);
}

HammingIndex::HammingIndex(HammingTables tables, Isa isa, Method method)
    : tables_(std::move(tables)),
      isa_(isa),
      method_(method),
      count_(static_cast<std::uint32_t>(tables_.codes.size() / kCodeBytes)),
      thresholds_(thresholds_of(tables_.plan)) {
    const std::vector<BandLayout> layouts = layout_of(tables_.plan, count_);
    unsigned position = 0;
    for (std::size_t i = 0; i < layouts.size(); ++i) {
        const Band& band = tables_.plan.bands()[i];
        const unsigned own = band.width - unsigned{band.key_bits};
        bands_.push_back(
            {.position = position,
             .key_bits = band.key_bits,
             .own_mask = static_cast<std::uint16_t>(0xFFFFU << (kResidualBits - own)),
             .link = band.link,
             .starts = &tables_.bands[layouts[i].starts],
             .links = &tables_.bands[layouts[i].links],
             .residuals = &tables_.bands[layouts[i].residuals]}
        );
        position += band.width;
    }
}

bool HammingIndex::is_scanned(std::size_t queries, int radius) const {
    if (bands_.empty() || radius > kTableRadius) return true;
    if (method_ == Method::tables) return false;
    // Up to half the radius only exact keys are asked; from there the probes grow with it.
    const int probed = std::max(radius - kTableRadius / 2, 0);
    return count_ < scanned_below(isa_, queries) * static_cast<unsigned>(probed) / 16;
}

void HammingIndex::search_block(
    std::span<const Code> queries, int radius, std::span<std::vector<CodeHit>> answers
) const {
    BlockSearch& search = block_search();
    search.begin(*this, queries, radius);
    search.ask_bands(bands_.size());
    search.take_hits(answers);
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (search.is_overloaded(i)) {
            answers[i] = scan(tables_.codes, queries[i], radius, isa_);
        } else {
            std::sort(answers[i].begin(), answers[i].end(), nearer);
        }
    }
}

std::vector<CodeHit> HammingIndex::search(const Code& query, int radius) const {
    if (radius < 0) return {};
    if (is_scanned(1, radius)) return scan(tables_.codes, query, radius, isa_);
    std::vector<CodeHit> hits;
    search_block({&query, 1}, radius, {&hits, 1});
    return hits;
}

std::vector<std::vector<CodeHit>> HammingIndex::search_batch(
    std::span<const Code> queries, int radius
) const {
    std::vector<std::vector<CodeHit>> answers(queries.size());
    if (radius < 0) return answers;
    if (is_scanned(queries.size(), radius)) {
        return scan_batch(tables_.codes, queries, radius, isa_);
    }
    for (std::size_t begin = 0; begin < queries.size(); begin += BlockSearch::kQueriesMax) {
        const std::size_t count = std::min(BlockSearch::kQueriesMax, queries.size() - begin);
        search_block(
            queries.subspan(begin, count), radius, std::span(answers).subspan(begin, count)
        );
    }
    return answers;
}

std::optional<CodeHit> HammingIndex::search_any(const Code& query, int radius) const {
    if (radius < 0) return std::nullopt;
    if (!is_scanned(1, radius)) {
        BlockSearch& search = block_search();
        search.begin(*this, {&query, 1}, radius);
        while (!search.done() && !search.is_overloaded(0)) {
            search.ask_bands(1);
            const auto found = search.hits();
            if (found.empty()) continue;
            const auto order = [](const BlockHit& a, const BlockHit& b) {
                return nearer(a.hit, b.hit);
            };
            return std::min_element(found.begin(), found.end(), order)->hit;
        }
        if (!search.is_overloaded(0)) return std::nullopt;
    }
    const std::vector<CodeHit> hits = scan(tables_.codes, query, radius, isa_);
    if (hits.empty()) return std::nullopt;
    return hits.front();
}

std::vector<CodeHit> HammingIndex::nearest(const Code& query, std::size_t count, int radius_max)
    const {
    // Half the radius needs few probes, and what it finds is nearer than all else.
    constexpr int kFirstRadius = kTableRadius / 2;
    if (count == 0) return {};
    std::vector<CodeHit> hits;
    if (radius_max > kFirstRadius && !bands_.empty()) hits = search(query, kFirstRadius);
    if (hits.size() < count) hits = search(query, radius_max);
    if (hits.size() > count) hits.resize(count);
    return hits;
}

HammingIndex::Cost HammingIndex::cost_of(const Code& query) const {
    if (bands_.empty()) return {};
    BlockSearch& search = block_search();
    search.begin(*this, {&query, 1}, kTableRadius);
    return search.cost();
}

}  // namespace cairn::index
