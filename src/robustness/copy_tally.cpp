#include "robustness/copy_tally.h"

#include <algorithm>
#include <tuple>

#include "robustness/alterations.h"

namespace cairn::robustness {
namespace {

using fingerprint::kPdqQualityMin;
using fingerprint::kPdqRadius;
using fingerprint::PdqHash;
using Kind = fingerprint::VariantId::Kind;

constexpr std::size_t kNearestShown = 10;

std::size_t set_of(const fingerprint::VariantId& id) {
    using fingerprint::QuerySet;
    switch (id.kind) {
        case Kind::record:
        case Kind::oriented:
        case Kind::complement:
        case Kind::rendering:
            return static_cast<std::size_t>(QuerySet::upright);
        case Kind::turn:
            return static_cast<std::size_t>(QuerySet::turns);
        default:
            return static_cast<std::size_t>(QuerySet::wide);
    }
}

bool is_asked(const Query& query) {
    return query.hash.quality >= kPdqQualityMin;
}

bool comes_before(const UnrelatedPair& one, const UnrelatedPair& other) {
    return std::tie(one.distance, one.copy_of, one.original) <
           std::tie(other.distance, other.copy_of, other.original);
}

void merge_nearest(std::vector<UnrelatedPair>& into, const std::vector<UnrelatedPair>& from) {
    into.insert(into.end(), from.begin(), from.end());
    std::sort(into.begin(), into.end(), comes_before);
    if (into.size() > kNearestShown) into.resize(kNearestShown);
}

void merge(AlterationResult& into, const AlterationResult& from) {
    into.copies += from.copies;
    into.below_quality += from.below_quality;
    into.distances.insert(into.distances.end(), from.distances.begin(), from.distances.end());
    for (std::size_t set = 0; set < into.sets.size(); ++set) {
        into.sets[set].found += from.sets[set].found;
        into.sets[set].near += from.sets[set].near;
    }
}

}  // namespace

std::vector<Query> queries_of(const fingerprint::PictureFingerprint& picture) {
    std::vector<Query> queries;
    const auto ask = [&queries](const fingerprint::VariantId& id, const PdqHash& hash) {
        queries.push_back({id, set_of(id), hash});
    };
    for (const fingerprint::Frame& frame : picture.frames) {
        ask({Kind::record}, frame.record);
        if (frame.oriented) ask({Kind::oriented}, *frame.oriented);
        for (const PdqHash& hash : frame.renderings) ask({Kind::rendering}, hash);
        const PdqHash& record = frame.record;
        ask({Kind::complement}, {fingerprint::complement(record.code), record.quality});
        for (const fingerprint::QueryVariant& variant : frame.variants) {
            ask(variant.id, variant.hash);
        }
    }
    return queries;
}

void CopyTally::begin(KnownOriginal original, const std::vector<KnownOriginal>& known) {
    original_ = std::move(original);
    known_ = &known;
    nearest_of_known_.assign(known.size(), {});
    counts_.alterations.resize(alterations().size());
}

void CopyTally::add(std::size_t alteration, const fingerprint::PictureFingerprint& copy) {
    const std::vector<Query> queries = queries_of(copy);
    for (const Query& query : queries) {
        for (std::size_t set = query.set; set < kQuerySets.size(); ++set) ++counts_.versions[set];
    }
    const bool found = count_found(counts_.alterations[alteration], queries);
    if (alteration == 0 && !found) counts_.unstable.push_back(original_.name);
    for (const KnownOriginal& other : *known_) {
        if (other.artwork != original_.artwork) compare(alteration, queries, other);
    }
}

bool CopyTally::count_found(AlterationResult& result, const std::vector<Query>& queries) {
    const PdqHash& record = queries.front().hash;
    ++result.copies;
    result.below_quality += record.quality < kPdqQualityMin ? 1U : 0U;
    result.distances.push_back(
        static_cast<std::uint16_t>(fingerprint::distance(record.code, original_.code))
    );
    BySet<int> nearest;
    nearest.fill(257);
    std::vector<VariantResult*> finders;
    for (const Query& query : queries) {
        if (!is_asked(query)) continue;
        const int distance = fingerprint::distance(query.hash.code, original_.code);
        for (std::size_t set = query.set; set < nearest.size(); ++set) {
            nearest[set] = std::min(nearest[set], distance);
        }
        VariantResult& variant = counts_.variants[query.id];
        ++variant.asked;
        if (distance <= kPdqRadius) finders.push_back(&variant);
    }
    for (VariantResult* finder : finders) ++finder->found;
    if (finders.size() == 1) ++finders.front()->alone;
    for (std::size_t set = 0; set < nearest.size(); ++set) {
        result.sets[set].found += nearest[set] <= kPdqRadius ? 1U : 0U;
        result.sets[set].near += nearest[set] <= kNearDistance ? 1U : 0U;
    }
    return !finders.empty();
}

void CopyTally::compare(
    std::size_t alteration, const std::vector<Query>& queries, const KnownOriginal& other
) {
    BySet<int> nearest;
    nearest.fill(257);
    const Query* nearest_query = nullptr;
    for (const Query& query : queries) {
        if (!is_asked(query)) continue;
        const int distance = fingerprint::distance(query.hash.code, other.code);
        counts_.unrelated.comparisons[query.set].add(distance);
        if (distance < nearest.back()) nearest_query = &query;
        for (std::size_t set = query.set; set < nearest.size(); ++set) {
            nearest[set] = std::min(nearest[set], distance);
        }
    }
    for (std::size_t set = 0; set < nearest.size(); ++set) {
        if (nearest[set] <= 256) counts_.unrelated.copies[set].add(nearest[set]);
    }
    const auto place = static_cast<std::size_t>(&other - known_->data());
    UnrelatedPair& best = nearest_of_known_[place];
    if (nearest_query == nullptr || nearest.back() >= best.distance) return;
    best.distance = nearest.back();
    best.alteration = alterations()[alteration].name;
    best.variant = nearest_query->id;
}

void CopyTally::end() {
    std::vector<UnrelatedPair> pairs;
    for (std::size_t i = 0; i < nearest_of_known_.size(); ++i) {
        UnrelatedPair& pair = nearest_of_known_[i];
        if (pair.alteration.empty()) continue;
        counts_.unrelated.originals.add(pair.distance);
        pair.copy_of = original_.name;
        pair.original = (*known_)[i].name;
        pairs.push_back(std::move(pair));
    }
    merge_nearest(counts_.unrelated.nearest, pairs);
    nearest_of_known_.clear();
}

void CopyTally::add_to(Measurement& out) const {
    if (empty()) return;
    for (std::size_t i = 0; i < out.alterations.size(); ++i) {
        merge(out.alterations[i], counts_.alterations[i]);
    }
    for (const auto& [id, result] : counts_.variants) {
        VariantResult& sum = out.variants[id];
        sum.asked += result.asked;
        sum.found += result.found;
        sum.alone += result.alone;
    }
    for (std::size_t set = 0; set < kQuerySets.size(); ++set) {
        out.versions[set] += counts_.versions[set];
        // Comparisons were counted where a version is first asked; larger sets ask it too.
        for (std::size_t larger = set; larger < kQuerySets.size(); ++larger) {
            out.unrelated.comparisons[larger].add(counts_.unrelated.comparisons[set]);
        }
        out.unrelated.copies[set].add(counts_.unrelated.copies[set]);
    }
    out.unrelated.originals.add(counts_.unrelated.originals);
    merge_nearest(out.unrelated.nearest, counts_.unrelated.nearest);
    out.unstable.insert(out.unstable.end(), counts_.unstable.begin(), counts_.unstable.end());
}

void finish_means(Measurement& measurement) {
    std::uint64_t copies = 0;
    for (const AlterationResult& result : measurement.alterations) copies += result.copies;
    for (double& versions : measurement.versions) {
        versions = copies == 0 ? 0 : versions / static_cast<double>(copies);
    }
}

}  // namespace cairn::robustness
