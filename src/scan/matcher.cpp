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

/// The nearest entry found so far, over all queries of one item in one list.
struct Nearest {
    std::optional<Match> match;
    std::set<std::uint32_t> entries;

    void ask(
        const hashlist::ListIndex& index, const Frame& frame, VariantId variant, const PdqCode& code
    ) {
        for (const hashlist::PdqHit& hit : index.find(code, fingerprint::kPdqRadius)) {
            entries.insert(hit.entry);
            if (match &&
                std::tie(match->distance, match->entry.id) <= std::tie(hit.distance, hit.entry)) {
                continue;
            }
            Match better;
            better.kind = Match::Kind::pdq;
            better.distance = hit.distance;
            better.variant = variant;
            better.frame_kind = frame.kind;
            better.frame = frame.index;
            better.entry.id = hit.entry;
            match = std::move(better);
        }
    }

    void ask_if_good(
        const hashlist::ListIndex& index, const Frame& frame, VariantId variant, const PdqHash& hash
    ) {
        if (hash.quality >= fingerprint::kPdqQualityMin) ask(index, frame, variant, hash.code);
    }
};

Nearest nearest_picture(
    const hashlist::ListIndex& index, const fingerprint::PictureFingerprint& picture
) {
    Nearest nearest;
    if (index.pdq_count() == 0) return nearest;
    for (const Frame& frame : picture.frames) {
        const auto ask = [&](VariantId variant, const PdqHash& hash) {
            nearest.ask_if_good(index, frame, variant, hash);
        };
        ask({VariantId::Kind::record}, frame.record);
        if (frame.oriented) ask({VariantId::Kind::oriented}, *frame.oriented);
        for (const PdqHash& hash : frame.renderings) ask({VariantId::Kind::rendering}, hash);
        // A negative has the same quality and every bit inverted.
        ask({VariantId::Kind::complement},
            {fingerprint::complement(frame.record.code), frame.record.quality});
        for (const fingerprint::QueryVariant& variant : frame.variants) {
            ask(variant.id, variant.hash);
        }
    }
    return nearest;
}

int digests_in(const hashlist::DigestHit& hit) {
    return (hit.md5 ? 1 : 0) + (hit.sha1 ? 1 : 0) + (hit.sha256 ? 1 : 0);
}

/// Fills in what the list says of the chosen entry, and whether the others say the same.
Status describe(
    const hashlist::ListIndex& index,
    hashlist::ListKind kind,
    const std::set<std::uint32_t>& entries,
    Match& match
) {
    match.entry = CAIRN_TRY(index.entry(match.entry.id));
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
        // Most agreeing digests first; then the entry whose verdict comes first; then its place.
        std::optional<std::tuple<int, hashlist::Verdict, std::uint32_t>> best;
        for (const hashlist::DigestHit& hit : index.find(*item.digests)) {
            entries.insert(hit.entry);
            const hashlist::ListEntry entry = CAIRN_TRY(index.entry(hit.entry));
            const std::tuple rank{-digests_in(hit), entry.verdict, hit.entry};
            if (best && *best <= rank) continue;
            best = rank;
            match.emplace();
            match->md5 = hit.md5;
            match->sha1 = hit.sha1;
            match->sha256 = hit.sha256;
            match->entry.id = hit.entry;
        }
    }
    if (!match && item.picture) {
        Nearest nearest = nearest_picture(index, *item.picture);
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
