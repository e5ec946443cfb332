#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "scan/report.h"

namespace cairn::scan {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& value, int indent = -1) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// A name as text, and as base64 of its bytes when it is not UTF-8.
void put_name(Json& object, const char* key, std::string_view name) {
    object[key] = is_utf8(name) ? std::string(name) : printable(name);
    if (!is_utf8(name)) object[std::string(key) + "_bytes"] = crypto::base64_encode(as_bytes(name));
}

std::string_view name_of_step(evidence::Step::Kind kind) {
    switch (kind) {
        case evidence::Step::Kind::source:
            return "source";
        case evidence::Step::Kind::file:
            return "file";
        case evidence::Step::Kind::member:
            return "member";
        case evidence::Step::Kind::decoded:
            return "decoded";
        case evidence::Step::Kind::frame:
            return "frame";
    }
    return "file";
}

Json steps_of(const evidence::EvidencePath& path) {
    Json steps = Json::array();
    for (const evidence::Step& step : path.steps()) {
        Json out;
        out["step"] = name_of_step(step.kind);
        if (!step.format.empty()) out["format"] = step.format;
        if (step.kind == evidence::Step::Kind::member) out["ordinal"] = step.ordinal;
        put_name(out, "name", step.name);
        steps.push_back(std::move(out));
    }
    return steps;
}

Json match_of(const Match& match, const ScanInfo& scan) {
    Json out;
    if (match.list >= scan.lists.size()) {
        out["list_position"] = match.list;
    } else {
        out["list"] = scan.lists[match.list].name;
        out["list_version"] = scan.lists[match.list].version;
        out["list_version_id"] = scan.lists[match.list].version_id;
        out["scheme"] = scan.lists[match.list].scheme;
    }
    out["kind"] = name_of(match.kind);
    if (match.kind == Match::Kind::exact) {
        Json digests = Json::array();
        if (match.md5) digests.push_back("md5");
        if (match.sha1) digests.push_back("sha1");
        if (match.sha256) digests.push_back("sha256");
        out["digests"] = std::move(digests);
    } else {
        out["distance"] = match.distance;
        out["band"] = match.distance <= kNearDistanceMax ? "near" : "review";
        out["variant"] = fingerprint::text_of(match.variant);
        out["frame_kind"] = name_of(match.frame_kind);
        out["frame"] = match.frame;
    }
    out["verdict"] = hashlist::name_of(match.entry.verdict);
    if (match.entry.category) out["category"] = *match.entry.category;
    out["category_name"] = match.entry.category_name;
    out["series"] = match.entry.series;
    out["weight"] = name_of(match.weight);
    out["entry"] = fmt::format("{:016x}", match.entry.reference);
    out["entries"] = match.entries;
    out["verdicts_differ"] = match.verdicts_differ;
    return out;
}

Json finding_of(const FoundItem& found, const ScanInfo& scan) {
    const ItemRecord& item = found.item;
    Json out;
    out["kind"] = name_of(found.finding.kind);
    if (!found.finding.match) out["code"] = found.finding.code;
    out["text"] = printable(found.finding.text);
    out["gap"] = found.finding.gap;
    out["item"] = hex_encode(item.id);
    out["path"] = item.path.text();
    out["steps"] = steps_of(item.path);
    out["coverage"] = name_of(item.coverage);
    const evidence::HowArrived arrived = evidence::how_arrived(item.path);
    out["how_arrived"] = evidence::name_of(arrived.place);
    out["in_archive"] = arrived.in_archive;
    out["size"] = item.size_bytes;
    if (item.modified) out["modified"] = format_utc(*item.modified);
    if (item.digests) {
        out["md5"] = hex_encode(item.digests->md5);
        out["sha1"] = hex_encode(item.digests->sha1);
        out["sha256"] = hex_encode(item.digests->sha256);
    }
    if (!item.media_type.empty()) out["media_type"] = item.media_type;
    if (item.picture) {
        out["width"] = item.picture->width;
        out["height"] = item.picture->height;
    }
    if (item.link_of) out["link_of"] = hex_encode(*item.link_of);
    if (found.finding.match) out["match"] = match_of(*found.finding.match, scan);
    return out;
}

Json scan_of(const Report& report) {
    const ScanInfo& scan = report.scan;
    Json out;
    if (report.public_id.empty()) {
        out["id"] = scan.id;
    } else {
        out["id"] = report.public_id;
    }
    out["state"] = name_of(scan.state);
    if (scan.catalogue_of) out["catalogue_of"] = *scan.catalogue_of;
    out["started"] = format_utc(scan.started);
    if (scan.finished) out["finished"] = format_utc(*scan.finished);
    out["host"] = scan.host;
    out["actor"] = scan.actor;
    out["cairn_version"] = scan.version;
    out["configuration"] = Json::parse(scan.configuration, nullptr, false);
    Json sources = Json::array();
    for (const std::string& source : scan.sources) {
        Json one;
        put_name(one, "path", source);
        sources.push_back(std::move(one));
    }
    out["sources"] = std::move(sources);
    Json lists = Json::array();
    for (const ScanList& list : scan.lists) {
        lists.push_back(
            {{"name", list.name},
             {"version", list.version},
             {"version_id", list.version_id},
             {"source", list.source},
             {"scheme", list.scheme},
             {"kind", hashlist::name_of(list.kind)},
             {"entries", list.entries}}
        );
    }
    out["lists"] = std::move(lists);
    return out;
}

Json coverage_of(const Report& report) {
    const CoverageCounts& counts = report.counts;
    Json out;
    out["verdict"] = name_of(report.verdict);
    Json states;
    for (std::size_t i = 0; i < kCoverageCount; ++i) {
        states[std::string(name_of(static_cast<Coverage>(i)))] = {
            {"items", counts.by_state.at(i).items}, {"bytes", counts.by_state.at(i).bytes}};
    }
    out["states"] = std::move(states);
    out["members"] = counts.members;
    out["types"] = counts.types;
    out["pictures"] = {
        {"hashed", counts.pictures},
        {"below_pdq_quality", counts.pictures_low_quality},
        {"partial", counts.pictures_partial}};
    out["known_good"] = counts.known_good;
    out["problems"] = counts.problems;
    out["gaps"] = counts.gaps;
    out["items_with_gaps"] = counts.items_with_gaps;
    return out;
}

Json summary_of(const CoverageCounts& counts) {
    return {
        {"items_matched", counts.items_matched},
        {"items_same_content", counts.items_exact},
        {"matches", counts.matches},
        {"indicative_matches", counts.indicative},
        {"vetoed_matches", counts.vetoed}};
}

}  // namespace

std::string finding_json(const FoundItem& found, const ScanInfo& scan) {
    return dump(finding_of(found, scan));
}

std::string coverage_json(const Report& report) {
    return dump(
        {{"scan", scan_of(report)},
         {"summary", summary_of(report.counts)},
         {"coverage", coverage_of(report)}}
    );
}

Status write_json_report(ScanStore& store, const Report& report, const TextSink& out) {
    CAIRN_TRY(out("{\n\"format\": \"cairn-scan-1\",\n\"scan\": " + dump(scan_of(report), 1)));
    CAIRN_TRY(out(",\n\"summary\": " + dump(summary_of(report.counts), 1)));
    CAIRN_TRY(out(",\n\"coverage\": " + dump(coverage_of(report), 1)));
    CAIRN_TRY(out(",\n\"findings\": ["));
    bool first = true;
    CAIRN_TRY(store.for_each_finding(report.scan, [&](const FoundItem& found) {
        const char* separator = first ? "\n" : ",\n";
        first = false;
        return out(separator + dump(finding_of(found, report.scan)));
    }));
    return out("\n]\n}\n");
}

}  // namespace cairn::scan
