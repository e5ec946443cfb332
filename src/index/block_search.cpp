#include "index/block_search.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "index/key_masks.h"

namespace cairn::index {
namespace {

constexpr std::size_t kLineBytes = 64;
/// Lines of a bucket fetched ahead, 1,024 postings; the processor itself follows longer runs.
constexpr std::size_t kLinesAhead = 32;
/// How far ahead links are fetched; covers a cache miss.
constexpr std::size_t kLinksAhead = 24;
/// A link to the next band gives the place in the bucket modulo this.
constexpr std::uint32_t kPlaces = 1U << 16U;

// A query that costs more than a scan is answered by one. In units of comparing one code during a
// scan (about 1 ns), judging a posting costs 0.1 to 0.3 and verifying a survivor 5 to 10.
constexpr std::uint64_t kCandidatesPerCode = 4;
constexpr std::uint64_t kCodesPerSurvivor = 8;
constexpr std::uint64_t kSurvivorsAlways = 4096;

void prefetch(const void* at) {
    __builtin_prefetch(at);
}

template <typename T>
T load(const std::uint8_t* at) {
    T value{};
    std::memcpy(&value, at, sizeof(T));
    return value;
}

/// The bounds of a bucket.
struct Bucket {
    std::uint32_t begin;
    std::uint32_t end;
};

Bucket load_bucket(const std::uint8_t* starts, std::uint32_t key, std::uint32_t count) {
    const auto bounds = load<std::array<std::uint32_t, 2>>(starts + std::size_t{key} * 4);
    const std::uint32_t end = std::min(bounds[1], count);
    return {std::min(bounds[0], end), end};
}

}  // namespace

void BlockSearch::begin(const HammingIndex& index, std::span<const Code> queries, int radius) {
    index_ = &index;
    kernels_ = &search_kernels(index.isa_);
    queries_ = queries;
    radius_ = radius;
    thresholds_ = index.thresholds_[static_cast<std::size_t>(radius)];
    next_band_ = 0;
    std::fill_n(loads_.begin(), queries.size(), Load{});
    survivors_.resize(kVerifiedAt + kChunk * kPieceMax);
    survivor_count_ = 0;
    hits_.clear();
}

// Why two bands decide. Let d[i] be the differences in band i and s[i] = d[i] - (t[i] + 1), the
// bands in a circle. Within the radius the differences sum to at most the sum of (t[i] + 1) minus
// 1, so the s[i] sum to less than 0. Take the last band i behind which the running sum of s is
// highest: from band i + 1 on, around the circle, every running sum is less than 0, because it
// cannot rise above that highest one (nor reach it, up to where the circle was cut; behind the cut
// the negative total comes on top). Hence every code within the radius has a band j with
// s[j] < 0 and s[j] + s[j+1] < 0, that is d[j] <= t[j] and d[j] + d[j+1] <= t[j] + t[j+1] + 1.
// This holds for t = -1 too, where the band itself is never asked: s = d >= 0 is not below 0.
void BlockSearch::add_units(std::size_t band) {
    const auto& view = index_->bands_[band];
    const int own = thresholds_[band];
    if (own < 0) return;
    const int next = thresholds_[(band + 1) % index_->bands_.size()];
    for (std::size_t query = 0; query < queries_.size(); ++query) {
        const std::uint64_t bits = window(queries_[query], view.position);
        units_.push_back(
            {.key = static_cast<std::uint32_t>(bits >> (64 - view.key_bits)),
             .residual = static_cast<std::uint16_t>(bits >> (64 - kResidualBits - view.key_bits)),
             .band = static_cast<std::uint16_t>(band),
             .query = static_cast<std::uint16_t>(query),
             .own_max = static_cast<std::uint16_t>(own),
             .both_max = static_cast<std::uint16_t>(own + next + 1)}
        );
    }
}

void BlockSearch::ask_bands(std::size_t bands) {
    units_.clear();
    for (; bands > 0 && !done(); --bands) add_units(next_band_++);
    run_units();
    verify();
}

void BlockSearch::run_units() {
    unit_ = 0;
    weight_ = 0;
    mask_ = 0;
    std::array<Chunk<Probe>, 2> probes;
    std::array<Chunk<ResidualRange>, 2> ranges;
    fill(probes[0]);
    for (std::size_t turn = 0; probes[turn % 2].count > 0 || ranges[(turn + 1) % 2].count > 0;
         ++turn) {
        fill(probes[(turn + 1) % 2]);
        locate(probes[turn % 2], ranges[turn % 2]);
        filter(ranges[(turn + 1) % 2]);
    }
}

void BlockSearch::fill(Chunk<Probe>& probes) {
    probes.count = 0;
    while (probes.count < kChunk && unit_ < units_.size()) {
        const Unit& unit = units_[unit_];
        const auto& view = index_->bands_[unit.band];
        const auto masks = key_masks(view.key_bits, weight_);
        const std::size_t taken = std::min(kChunk - probes.count, masks.size() - mask_);
        for (std::size_t i = 0; i < taken; ++i) {
            const std::uint32_t key = unit.key ^ masks[mask_ + i];
            prefetch(view.starts + std::size_t{key} * 4);
            probes.items[probes.count++] = {
                key, static_cast<std::uint16_t>(unit_), static_cast<std::uint16_t>(weight_)};
        }
        mask_ += taken;
        if (mask_ < masks.size()) return;
        mask_ = 0;
        if (++weight_ <= unit.own_max) continue;
        weight_ = 0;
        ++unit_;
    }
}

void BlockSearch::locate(const Chunk<Probe>& probes, Chunk<ResidualRange>& ranges) {
    ranges.count = 0;
    for (const Probe& probe : probes.view()) {
        const Unit& unit = units_[probe.unit];
        const auto& view = index_->bands_[unit.band];
        const Bucket bucket = load_bucket(view.starts, probe.key, index_->count_);
        if (bucket.begin == bucket.end) continue;
        Load& spent = loads_[unit.query];
        spent.candidates += bucket.end - bucket.begin;
        if (spent.candidates > index_->count_ * kCandidatesPerCode) spent.overloaded = true;
        if (spent.overloaded) continue;
        ranges.items[ranges.count++] = {
            .residuals = view.residuals,
            .begin = bucket.begin,
            .end = bucket.end,
            .query = unit.residual,
            .own_mask = view.own_mask,
            .own_max = static_cast<std::uint16_t>(unit.own_max - probe.weight),
            .both_max = static_cast<std::uint16_t>(unit.both_max - probe.weight),
            .unit = probe.unit,
            .weight = probe.weight};
        const std::uint8_t* const first = residual_of(unit.band, bucket.begin);
        const std::size_t bytes = std::size_t{bucket.end - bucket.begin} * 2;
        const std::size_t ahead = std::min(bytes, kLinesAhead * kLineBytes);
        for (std::size_t at = 0; at < ahead; at += kLineBytes) prefetch(first + at);
        prefetch(first + ahead - 1);
    }
}

void BlockSearch::filter(const Chunk<ResidualRange>& ranges) {
    const auto is_long = [](const ResidualRange& range) {
        return range.end - range.begin > kPieceMax;
    };
    const auto view = ranges.view();
    if (std::any_of(view.begin(), view.end(), is_long)) {
        filter_long(ranges);
        return;
    }
    survivor_count_ += kernels_->filter(view, &survivors_[survivor_count_]);
    if (survivor_count_ >= kVerifiedAt) verify();
}

void BlockSearch::filter_long(const Chunk<ResidualRange>& ranges) {
    for (const ResidualRange& range : ranges.view()) {
        ResidualRange piece = range;
        for (; piece.begin < range.end; piece.begin = piece.end) {
            if (loads_[units_[range.unit].query].overloaded) break;
            piece.end = piece.begin + std::min(kPieceMax, range.end - piece.begin);
            survivor_count_ += kernels_->filter({&piece, 1}, &survivors_[survivor_count_]);
            if (survivor_count_ >= kVerifiedAt) verify();
        }
    }
}

const std::uint8_t* BlockSearch::link_of(std::size_t band, std::uint32_t position) const {
    const auto& view = index_->bands_[band];
    return view.links + std::size_t{position} * (view.link == Link::code ? 4 : 2);
}

const std::uint8_t* BlockSearch::residual_of(std::size_t band, std::uint32_t position) const {
    return index_->bands_[band].residuals + std::size_t{position} * 2;
}

void BlockSearch::verify() {
    candidates_.clear();
    walkers_.clear();
    const auto fetch_link = [&](std::size_t i) {
        if (i >= survivor_count_) return;
        prefetch(link_of(units_[survivors_[i].unit].band, survivors_[i].position));
    };
    for (std::size_t i = 0; i < kLinksAhead; ++i) fetch_link(i);
    for (std::size_t i = 0; i < survivor_count_; ++i) {
        fetch_link(i + kLinksAhead);
        const Survivor& survivor = survivors_[i];
        const Unit& unit = units_[survivor.unit];
        const auto residual = load<std::uint16_t>(residual_of(unit.band, survivor.position));
        const int own = std::popcount(static_cast<std::uint16_t>(
            (residual ^ unit.residual) & index_->bands_[unit.band].own_mask
        ));
        follow(
            {.key = 0,
             .position = survivor.position,
             .band = unit.band,
             .query = unit.query,
             .balance = survivor.weight + own - (thresholds_[unit.band] + 1)},
            residual
        );
    }
    survivor_count_ = 0;
    walk();
    kernels_->verify(index_->tables_.codes, candidates_, queries_, radius_, hits_);
}

/// Goes from a posting to its code, or towards its posting in the next band.
void BlockSearch::follow(const Walker& at, std::uint16_t residual) {
    Load& spent = loads_[at.query];
    if (++spent.survivors > index_->count_ / kCodesPerSurvivor + kSurvivorsAlways) {
        spent.overloaded = true;
        return;
    }
    const auto& view = index_->bands_[at.band];
    const std::uint8_t* const link = link_of(at.band, at.position);
    if (view.link == Link::code) {
        const std::uint32_t code = at.band == 0 ? at.position : load<std::uint32_t>(link);
        if (code >= index_->count_) return;
        prefetch(&index_->tables_.codes[std::size_t{code} * kCodeBytes]);
        candidates_.push_back({code, at.query});
        return;
    }
    const std::size_t next = (at.band + 1U) % index_->bands_.size();
    const auto& next_view = index_->bands_[next];
    const auto own = static_cast<unsigned>(std::popcount(view.own_mask));
    const std::uint32_t key =
        (std::uint32_t{residual} >> (kResidualBits - own - next_view.key_bits)) &
        ((std::uint32_t{1} << next_view.key_bits) - 1);
    prefetch(next_view.starts + std::size_t{key} * 4);
    walkers_.push_back(
        {.key = key,
         .position = load<std::uint16_t>(link),
         .band = static_cast<std::uint16_t>(next),
         .query = at.query,
         .balance = at.balance}
    );
}

/// Takes all walkers on, band by band, until each has reached its code or turned out too far.
/// Band 0 ends every walk, hence at most as many rounds as bands.
void BlockSearch::walk() {
    while (!walkers_.empty()) {
        enter_buckets();
        walkers_.clear();
        for (Walker& walker : arrived_) {
            const auto residual = load<std::uint16_t>(residual_of(walker.band, walker.position));
            if (judge(walker, residual)) follow(walker, residual);
        }
    }
}

/// From walkers_ to arrived_: from places to positions. A bucket above 2^16 postings has several
/// postings at the same place; all of them go on, the code itself will tell.
void BlockSearch::enter_buckets() {
    arrived_.clear();
    for (const Walker& walker : walkers_) {
        if (loads_[walker.query].overloaded) continue;
        const auto& view = index_->bands_[walker.band];
        const Bucket bucket = load_bucket(view.starts, walker.key, index_->count_);
        const std::uint32_t size = bucket.end - bucket.begin;
        for (std::uint64_t place = walker.position; place < size; place += kPlaces) {
            Walker there = walker;
            there.position = bucket.begin + static_cast<std::uint32_t>(place);
            prefetch(residual_of(there.band, there.position));
            prefetch(link_of(there.band, there.position));
            arrived_.push_back(there);
        }
    }
}

/// Adds a band to the balance. False when the running sum is no longer below zero: then another
/// band will find the code if it is near enough (see add_units).
bool BlockSearch::judge(Walker& walker, std::uint16_t residual) const {
    const auto& view = index_->bands_[walker.band];
    const std::uint64_t bits = window(queries_[walker.query], view.position);
    const std::uint64_t found = std::uint64_t{walker.key} << (64 - view.key_bits) |
                                std::uint64_t{residual} << (64 - kResidualBits - view.key_bits);
    const std::uint64_t own_end =
        64 - view.key_bits - static_cast<unsigned>(std::popcount(view.own_mask));
    const std::uint64_t differing = (bits ^ found) >> own_end;
    walker.balance += std::popcount(differing) - (thresholds_[walker.band] + 1);
    return walker.balance < 0;
}

void BlockSearch::take_hits(std::span<std::vector<CodeHit>> answers) {
    const auto by_query_and_code = [](const BlockHit& a, const BlockHit& b) {
        return a.query != b.query ? a.query < b.query : a.hit.code < b.hit.code;
    };
    const auto same = [](const BlockHit& a, const BlockHit& b) {
        return a.query == b.query && a.hit.code == b.hit.code;
    };
    std::sort(hits_.begin(), hits_.end(), by_query_and_code);
    hits_.erase(std::unique(hits_.begin(), hits_.end(), same), hits_.end());
    for (const BlockHit& found : hits_) answers[found.query].push_back(found.hit);
}

HammingIndex::Cost BlockSearch::cost() {
    units_.clear();
    for (; !done(); ++next_band_) add_units(next_band_);
    unit_ = 0;
    weight_ = 0;
    mask_ = 0;
    HammingIndex::Cost cost;
    Chunk<Probe> probes;
    for (fill(probes); probes.count > 0; fill(probes)) {
        cost.probes += probes.count;
        for (const Probe& probe : probes.view()) {
            const auto& view = index_->bands_[units_[probe.unit].band];
            const Bucket bucket = load_bucket(view.starts, probe.key, index_->count_);
            cost.candidates += bucket.end - bucket.begin;
        }
    }
    return cost;
}

}  // namespace cairn::index
