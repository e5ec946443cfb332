#include "scan/matcher.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace cairn::scan {
namespace {

using fingerprint::Frame;
using fingerprint::PdqCode;
using fingerprint::PdqHash;

/// The nearest entry found so far, over all queries of one item in one list.
struct Nearest {
    std::optional<Match> match;
    std::set<std::uint32_t> entries;

    void ask(
        const hashlist::ListIndex& index, const Frame& frame, Variant variant, const PdqCode& code
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
        const hashlist::ListIndex& index, const Frame& frame, Variant variant, const PdqHash& hash
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
        nearest.ask_if_good(index, frame, Variant::record, frame.record);
        if (frame.oriented) nearest.ask_if_good(index, frame, Variant::oriented, *frame.oriented);
        for (const PdqHash& hash : frame.renderings) {
            nearest.ask_if_good(index, frame, Variant::rendering, hash);
        }
        // A negative has the same quality and every bit inverted.
        const PdqHash negative{fingerprint::complement(frame.record.code), frame.record.quality};
        nearest.ask_if_good(index, frame, Variant::complement, negative);
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
            "picture within distance {} ({})", match.distance, name_of(match.variant)
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

}  // namespace

Result<std::optional<Match>> Matcher::best_match(std::uint32_t list, const ItemRecord& item) const {
    const hashlist::ListIndex& index = *lists_[list].index;
    std::optional<Match> match;
    std::set<std::uint32_t> entries;
    if (item.digests && item.size_bytes > 0) {
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
    for (std::uint32_t list = 0; list < lists_.size(); ++list) {
        auto match = CAIRN_TRY(best_match(list, item));
        if (!match) continue;
        if (match->weight == hashlist::Weight::ignored) {
            item.known_good = true;
            continue;
        }
        Finding finding;
        finding.kind = Finding::Kind::match;
        finding.code = "match";
        finding.text = describe_in_words(*match);
        finding.match = std::move(match);
        item.findings.push_back(std::move(finding));
    }
    return ok();
}

}  // namespace cairn::scan
