#include "base/hex.h"
#include "base/text.h"
#include "scan/report.h"

namespace cairn::scan {
namespace {

constexpr std::string_view kHeader =
    "finding,code,gap,item,path,how_arrived,in_archive,size,modified,media_type,md5,sha1,sha256,"
    "list,list_version,match,digests,distance,variant,verdict,category,category_name,series,"
    "weight,text\r\n";

/// A field as RFC 4180 wants it. Spreadsheets run cells that begin with one of =+-@ as formulas,
/// so text from evidence gets an apostrophe before those.
std::string field(std::string_view text) {
    const bool formula =
        !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != text.npos;
    std::string out = formula ? "'" + std::string(text) : std::string(text);
    if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
    std::string quoted = "\"";
    for (const char c : out) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string digest_names(const Match& match) {
    std::string names;
    for (const auto& [agrees, name] :
         {std::pair{match.md5, "md5"}, {match.sha1, "sha1"}, {match.sha256, "sha256"}}) {
        if (agrees) names += (names.empty() ? "" : " ") + std::string(name);
    }
    return names;
}

std::string item_fields(const FoundItem& found) {
    const ItemRecord& item = found.item;
    const auto arrived = evidence::how_arrived(item.path);
    return fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{}",
        name_of(found.finding.kind),
        found.finding.code,
        found.finding.gap ? "yes" : "no",
        hex_encode(item.id),
        field(item.path.text()),
        evidence::name_of(arrived.place),
        arrived.in_archive ? "yes" : "no",
        item.size_bytes,
        item.modified ? format_utc(*item.modified) : "",
        field(item.media_type),
        item.digests ? hex_encode(item.digests->md5) : "",
        item.digests ? hex_encode(item.digests->sha1) : "",
        item.digests ? hex_encode(item.digests->sha256) : ""
    );
}

std::string match_fields(const Match& match, const ScanInfo& scan) {
    const bool known = match.list < scan.lists.size();
    const bool picture = match.kind == Match::Kind::pdq;
    return fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{}",
        known ? field(scan.lists[match.list].name) : "",
        known ? field(scan.lists[match.list].version) : "",
        name_of(match.kind),
        digest_names(match),
        picture ? std::to_string(match.distance) : "",
        picture ? fingerprint::text_of(match.variant) : "",
        hashlist::name_of(match.entry.verdict),
        match.entry.category ? std::to_string(*match.entry.category) : "",
        field(match.entry.category_name),
        field(match.entry.series),
        name_of(match.weight)
    );
}

}  // namespace

Status write_csv_report(ScanStore& store, const Report& report, const TextSink& out) {
    CAIRN_TRY(out(kHeader));
    return store.for_each_finding(report.scan, [&](const FoundItem& found) {
        const std::string match =
            found.finding.match ? match_fields(*found.finding.match, report.scan) : ",,,,,,,,,,";
        return out(
            item_fields(found) + "," + match + "," + field(printable(found.finding.text)) + "\r\n"
        );
    });
}

}  // namespace cairn::scan
