#include "scan/matcher.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace cairn::scan {
namespace {

using fingerprint::Frame;
using fingerprint::PdqCode;
using fingerprint::PdqHash;
using fingerprint::VariantId;
using hashlist::Weight;

/// What a picture is asked by: a code, and which frame and version of it the code is of.
struct PictureQueries {
    std::vector<PdqCode> codes;
    std::vector<std::pair<const Frame*, VariantId>> origins;  ///< frames are borrowed

    void add(const Frame& frame, VariantId variant, const PdqHash& hash) {
        if (hash.quality < fingerprint::kPdqQualityMin) return;
        codes.push_back(hash.code);
        origins.emplace_back(&frame, variant);
    }
};

PictureQueries queries_of(const fingerprint::PictureFingerprint& picture) {
    PictureQueries queries;
    for (const Frame& frame : picture.frames) {
        queries.add(frame, {VariantId::Kind::record}, frame.record);
        if (frame.oriented) queries.add(frame, {VariantId::Kind::oriented}, *frame.oriented);
        for (const PdqHash& hash : frame.renderings) {
            queries.add(frame, {VariantId::Kind::rendering}, hash);
        }
        // A negative has the same quality and every bit inverted.
        const PdqHash negative{fingerprint::complement(frame.record.code), frame.record.quality};
        queries.add(frame, {VariantId::Kind::complement}, negative);
        for (const fingerprint::QueryVariant& variant : frame.variants) {
            queries.add(frame, variant.id, variant.hash);
        }
    }
    return queries;
}

/// The nearest entry over all queries of one item in one list.
struct Nearest {
    std::optional<Match> match;
    std::set<std::uint32_t> entries;
};

/// Of several equally near entries the one with the lowest reference is taken, and of several
/// queries that lead to it the first: neither depends on how the list lies in its files.
Result<Nearest> nearest_picture(
    const hashlist::ListIndex& index, const fingerprint::PictureFingerprint& picture
) {
    Nearest nearest;
    if (index.pdq_count() == 0) return nearest;
    const PictureQueries queries = queries_of(picture);
    const auto answers = index.find_batch(queries.codes, fingerprint::kPdqRadius);
    for (std::size_t q = 0; q < answers.size(); ++q) {
        for (const hashlist::PdqHit& hit : answers[q]) {
            nearest.entries.insert(hit.entry);
            if (nearest.match && nearest.match->distance < hit.distance) continue;
            hashlist::ListEntry entry = CAIRN_TRY(index.entry(hit.entry));
            const Match* best = nearest.match ? &*nearest.match : nullptr;
            if (best != nullptr && best->distance == hit.distance &&
                best->entry.reference <= entry.reference) {
                continue;
            }
            const auto& [frame, variant] = queries.origins[q];
            Match& better = nearest.match.emplace();
            better.kind = Match::Kind::pdq;
            better.distance = hit.distance;
            better.variant = variant;
            better.frame_kind = frame->kind;
            better.frame = frame->index;
            better.entry = std::move(entry);
        }
    }
    return nearest;
}

int digests_in(const hashlist::DigestHit& hit) {
    return (hit.md5 ? 1 : 0) + (hit.sha1 ? 1 : 0) + (hit.sha256 ? 1 : 0);
}

/// Fills in what follows from the chosen entry, and whether the others say the same.
Status describe(
    const hashlist::ListIndex& index,
    hashlist::ListKind kind,
    const std::set<std::uint32_t>& entries,
    Match& match
) {
    match.weight = hashlist::weight_of(kind, match.entry.verdict);
    match.entries = static_cast<std::uint32_t>(entries.size());
    for (const std::uint32_t id : entries) {
        const hashlist::ListEntry other = CAIRN_TRY(index.entry(id));
        match.verdicts_differ |= other.verdict != match.entry.verdict;
    }
    return ok();
}

std::string describe_in_words(const Match& match) {
    if (match.kind == Match::Kind::pdq) {
        return fmt::format(
            "picture within distance {} ({})", match.distance, fingerprint::text_of(match.variant)
        );
    }
    std::string names;
    for (const auto& [agrees, name] :
         {std::pair{match.md5, "MD5"}, {match.sha1, "SHA-1"}, {match.sha256, "SHA-256"}}) {
        if (!agrees) continue;
        if (!names.empty()) names += ", ";
        names += name;
    }
    return fmt::format("same content ({})", names);
}

/// Whether an entry of known good files speaks against a match: same content as a good file, or a
/// picture that is near a good one and nearer to it than to the listed one. Against equal content
/// nothing speaks: there the lists contradict each other, and a person must see it.
bool vetoes(const Match& good, const Match& match) {
    if (match.kind == Match::Kind::exact) return false;
    if (good.kind == Match::Kind::exact) return true;
    return good.distance <= kNearDistanceMax && good.distance < match.distance;
}

}  // namespace

Result<std::optional<Match>> Matcher::best_match(std::uint32_t list, const ItemRecord& item) const {
    const hashlist::ListIndex& index = *lists_[list].index;
    std::optional<Match> match;
    std::set<std::uint32_t> entries;
    if (item.digests) {
        // Most agreeing digests first; then the entry whose verdict comes first; then any rule.
        std::optional<std::tuple<int, hashlist::Verdict, std::uint64_t>> best;
        for (const hashlist::DigestHit& hit : index.find(*item.digests)) {
            entries.insert(hit.entry);
            hashlist::ListEntry entry = CAIRN_TRY(index.entry(hit.entry));
            const std::tuple rank{-digests_in(hit), entry.verdict, entry.reference};
            if (best && *best <= rank) continue;
            best = rank;
            match.emplace();
            match->md5 = hit.md5;
            match->sha1 = hit.sha1;
            match->sha256 = hit.sha256;
            match->entry = std::move(entry);
        }
    }
    if (!match && item.picture) {
        Nearest nearest = CAIRN_TRY(nearest_picture(index, *item.picture));
        match = std::move(nearest.match);
        entries = std::move(nearest.entries);
    }
    if (!match) return match;
    match->list = list;
    CAIRN_TRY(describe(index, lists_[list].info.kind, entries, *match));
    return match;
}

Status Matcher::match(ItemRecord& item) const {
    std::vector<Match> matches;
    std::vector<Match> known_good;
    for (std::uint32_t list = 0; list < lists_.size(); ++list) {
        auto match = CAIRN_TRY(best_match(list, item));
        if (!match) continue;
        (match->weight == Weight::ignored ? known_good : matches).push_back(*std::move(match));
    }
    item.known_good = !known_good.empty();
    for (Match& match : matches) {
        Finding finding;
        finding.kind = Finding::Kind::match;
        finding.code = "match";
        finding.text = describe_in_words(match);
        for (const Match& good : known_good) {
            if (!vetoes(good, match)) continue;
            match.weight = Weight::ignored;
            finding.text += fmt::format(
                "; vetoed: {} on list {} of known good files",
                describe_in_words(good),
                lists_[good.list].info.name
            );
        }
        finding.match = std::move(match);
        item.findings.push_back(std::move(finding));
    }
    return ok();
}

}  // namespace cairn::scan
