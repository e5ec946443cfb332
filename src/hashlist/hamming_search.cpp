#include "hashlist/hamming_search.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace cairn::hashlist {
namespace {

constexpr std::size_t kBandBits = 16;
constexpr std::size_t kProbesMax = kBands * (kBandBits + 1);
/// How far ahead codes are fetched while candidates are verified; covers a cache miss.
constexpr std::size_t kAhead = 32;
/// With more candidates than a third of the codes their random access costs more than a scan.
constexpr std::size_t kCandidateShare = 3;

struct Range {
    std::size_t begin;  ///< in the band's part of band_ids
    std::size_t end;
    std::size_t band;
};

/// How many bands look at neighbours that differ in one bit: those of the first `exact` look at
/// their own value only, the `near` next ones at 16 neighbours too, the rest is not needed.
/// Covers radius r when exact + 2 * near >= r + 1.
struct Plan {
    std::size_t near;
    std::size_t exact;
};

Plan plan_for(int radius) {
    const auto needed = static_cast<std::size_t>(radius) + 1;
    if (needed <= kBands) return {0, needed};
    return {needed - kBands, 2 * kBands - needed};
}

[[gnu::always_inline]] inline int distance_to(
    Bytes codes, std::size_t index, const fingerprint::PdqCode& query
) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), codes.data() + index * kCodeBytes, kCodeBytes);
    int bits = 0;
    for (std::size_t i = 0; i < 4; ++i) bits += __builtin_popcountll(words[i] ^ query.words[i]);
    return bits;
}

struct Query {
    const HammingTables& tables;
    const fingerprint::PdqCode& code;
    int radius;
    std::size_t codes;
};

[[gnu::always_inline]] inline void scan_body(const Query& query, std::vector<CodeHit>& hits) {
    for (std::size_t i = 0; i < query.codes; ++i) {
        const int distance = distance_to(query.tables.codes, i, query.code);
        if (distance <= query.radius) hits.push_back({static_cast<std::uint32_t>(i), distance});
    }
}

/// `ids` come from many short ranges, so codes are fetched ahead across their borders.
[[gnu::always_inline]] inline void verify_body(
    const Query& query, std::span<const std::uint32_t> ids, std::vector<CodeHit>& hits
) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i + kAhead < ids.size() && ids[i + kAhead] < query.codes) {
            __builtin_prefetch(query.tables.codes.data() + ids[i + kAhead] * kCodeBytes);
        }
        if (ids[i] >= query.codes) continue;
        const int distance = distance_to(query.tables.codes, ids[i], query.code);
        if (distance <= query.radius) hits.push_back({ids[i], distance});
    }
}

using Scan = void (*)(const Query&, std::vector<CodeHit>&);
using Verify = void (*)(const Query&, std::span<const std::uint32_t>, std::vector<CodeHit>&);

void scan_plain(const Query& query, std::vector<CodeHit>& hits) {
    scan_body(query, hits);
}
void verify_plain(
    const Query& query, std::span<const std::uint32_t> ids, std::vector<CodeHit>& hits
) {
    verify_body(query, ids, hits);
}

#if defined(__x86_64__)
// The baseline of x86-64 counts bits by arithmetic; every processor since 2008 has POPCNT.
[[gnu::target("popcnt")]] void scan_popcnt(const Query& query, std::vector<CodeHit>& hits) {
    scan_body(query, hits);
}
[[gnu::target("popcnt")]] void verify_popcnt(
    const Query& query, std::span<const std::uint32_t> ids, std::vector<CodeHit>& hits
) {
    verify_body(query, ids, hits);
}
const bool kHasPopcnt = __builtin_cpu_supports("popcnt") != 0;
const Scan kScan = kHasPopcnt ? scan_popcnt : scan_plain;
const Verify kVerify = kHasPopcnt ? verify_popcnt : verify_plain;
#else
constexpr Scan kScan = scan_plain;
constexpr Verify kVerify = verify_plain;
#endif

/// The ranges of candidates of all probes.
class RangeFinder {
public:
    explicit RangeFinder(const Query& query) : query_(query) {
        const Plan plan = plan_for(query.radius);
        for (std::size_t band = 0; band < plan.near; ++band) {
            const std::uint16_t value = band_value(query.code, band);
            add(band, value);
            for (unsigned bit = 0; bit < kBandBits; ++bit) add(band, value ^ (1U << bit));
        }
        for (std::size_t band = plan.near; band < plan.near + plan.exact; ++band) {
            add(band, band_value(query.code, band));
        }
    }

    std::size_t candidates() const { return candidates_; }
    /// `ids` has room for all candidates.
    void copy_ids(std::span<std::uint32_t> ids) const {
        std::size_t at = 0;
        for (const Range& range : std::span(ranges_).first(count_)) {
            const std::size_t count = range.end - range.begin;
            std::memcpy(&ids[at], id_bytes(range), count * sizeof(std::uint32_t));
            at += count;
        }
    }

private:
    void add(std::size_t band, std::size_t value) {
        const Bytes starts = query_.tables.band_starts.subspan(band * kBandStarts * 4);
        const std::size_t end = std::min<std::size_t>(load_u32(starts, value + 1), query_.codes);
        const std::size_t begin = std::min<std::size_t>(load_u32(starts, value), end);
        if (begin == end) return;
        ranges_[count_] = {begin, end, band};
        __builtin_prefetch(id_bytes(ranges_[count_]));
        ++count_;
        candidates_ += end - begin;
    }

    const std::uint8_t* id_bytes(const Range& range) const {
        return query_.tables.band_ids.data() + (range.band * query_.codes + range.begin) * 4;
    }

    const Query& query_;
    std::array<Range, kProbesMax> ranges_;
    std::size_t count_ = 0;
    std::size_t candidates_ = 0;
};

}  // namespace

std::uint16_t band_value(const fingerprint::PdqCode& code, std::size_t band) {
    return static_cast<std::uint16_t>(code.words[band / 4] >> (16 * (band % 4)));
}

std::uint32_t load_u32(Bytes array, std::size_t index) {
    std::uint32_t value = 0;
    std::memcpy(&value, array.data() + index * sizeof(value), sizeof(value));
    return value;
}

fingerprint::PdqCode load_code(Bytes codes, std::size_t index) {
    fingerprint::PdqCode code;
    std::memcpy(code.words.data(), codes.data() + index * kCodeBytes, kCodeBytes);
    return code;
}

void store_code(const fingerprint::PdqCode& code, MutableBytes out) {
    std::memcpy(out.data(), code.words.data(), kCodeBytes);
}

std::vector<CodeHit> search(
    const HammingTables& tables, const fingerprint::PdqCode& query, int radius
) {
    std::vector<CodeHit> hits;
    if (radius < 0) return hits;
    const Query asked{tables, query, radius, tables.codes.size() / kCodeBytes};
    constexpr int kBandRadiusMax = 31;
    if (tables.band_starts.empty() || radius > kBandRadiusMax) {
        kScan(asked, hits);
        return hits;
    }
    const RangeFinder finder(asked);
    if (finder.candidates() > asked.codes / kCandidateShare) {
        kScan(asked, hits);
        return hits;
    }
    thread_local std::vector<std::uint32_t> ids;
    ids.resize(finder.candidates());
    finder.copy_ids(ids);
    kVerify(asked, ids, hits);
    std::sort(hits.begin(), hits.end());
    hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
    return hits;
}

Result<BandTable> build_band(std::uint32_t codes, std::size_t band, const CodeSource& read_codes) {
    BandTable table;
    table.starts.assign(kBandStarts, 0);
    const auto count = [&](const fingerprint::PdqCode& code) {
        ++table.starts[band_value(code, band) + std::size_t{1}];
    };
    CAIRN_TRY(read_codes(count));
    for (std::size_t i = 1; i < kBandStarts; ++i) table.starts[i] += table.starts[i - 1];
    std::vector<std::uint32_t> next(table.starts.begin(), table.starts.end() - 1);
    table.ids.assign(codes, 0);
    std::uint32_t id = 0;
    const auto place = [&](const fingerprint::PdqCode& code) {
        table.ids[next[band_value(code, band)]++] = id++;
    };
    CAIRN_TRY(read_codes(place));
    return table;
}

}  // namespace cairn::hashlist
