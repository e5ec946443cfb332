#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "scan/report.h"
#include "scan/report_style.h"

namespace cairn::scan {
namespace {

using Json = nlohmann::ordered_json;

/// Rows per section; the CSV and JSON reports hold all of them.
constexpr std::uint64_t kRowsMax = 5000;

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// "browser_cache" as people write it.
std::string words(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string fact(std::string_view name, std::string_view value) {
    return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, value);
}

/// Matches counted along the two axes readers ask for.
struct Tally {
    std::map<std::pair<std::string, std::string>, std::uint64_t> by_category;
    std::map<std::string, std::uint64_t> by_series;
};

std::string category_text(const Match& match) {
    std::string text = match.entry.category_name;
    if (text.empty()) text = hashlist::name_of(match.entry.verdict);
    if (match.entry.category) text = fmt::format("{} {}", *match.entry.category, text);
    return text;
}

Result<Tally> tally_matches(ScanStore& store, const ScanInfo& scan) {
    Tally tally;
    CAIRN_TRY(store.for_each_finding(scan, [&](const FoundItem& found) -> Status {
        if (!found.finding.match || found.finding.match->weight != hashlist::Weight::counts) {
            return ok();
        }
        const Match& match = *found.finding.match;
        const std::string list = match.list < scan.lists.size() ? scan.lists[match.list].name : "";
        tally.by_category[{list, category_text(match)}] += 1;
        tally.by_series[match.entry.series.empty() ? "(no series)" : match.entry.series] += 1;
        return ok();
    }));
    return tally;
}

std::string header_of(const Report& report) {
    const ScanInfo& scan = report.scan;
    const std::string id =
        report.public_id.empty() ? std::to_string(scan.id) : escape(report.public_id);
    std::string sources;
    for (const std::string& source : scan.sources) {
        sources += fmt::format("<code>{}</code><br>", escape(printable(source)));
    }
    const std::string_view partial = report.verdict == CoverageVerdict::partial ? "PARTIAL: " : "";
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>{}Cairn report, scan {}</title>\n<style>{}</style>\n</head>\n<body>\n"
        "<header><p class=\"maker\">Cairn</p><h1>{}Report on stored files compared with hash "
        "lists</h1></header>\n<table class=\"facts\">\n",
        partial,
        id,
        kReportStyle,
        partial
    );
    out += fact("Exhibit", sources);
    out += fact("Scan", fmt::format("{} ({})", id, name_of(scan.state)));
    if (scan.catalogue_of) {
        out += fact(
            "Kind",
            fmt::format(
                "comparison of the fingerprints recorded by scan {}; the exhibit was not "
                "read again",
                *scan.catalogue_of
            )
        );
    }
    out += fact("Started", format_utc(scan.started));
    out += fact("Finished", scan.finished ? format_utc(*scan.finished) : "not finished");
    out += fact("Computer", escape(printable(scan.host)));
    out += fact("Account", escape(printable(scan.actor)));
    out += fact("Program", "Cairn " + escape(scan.version));
    out += fact("Report made", format_utc(report.made));
    return out + "</table>\n";
}

std::string figure(std::uint64_t number, std::string_view name, std::string_view style) {
    return fmt::format(
        "<div class=\"figure {}\"><strong>{}</strong><span>{}</span></div>\n",
        style,
        grouped(number),
        name
    );
}

std::string summary_of(const Report& report, const Tally& tally) {
    const CoverageCounts& counts = report.counts;
    const auto covered = counts.by_state.at(static_cast<std::size_t>(Coverage::covered));
    const bool good = report.verdict == CoverageVerdict::complete;
    std::string out = "<section>\n<h2>Result</h2>\n<div class=\"figures\">\n";
    const std::uint64_t similar = counts.items_matched - counts.items_exact;
    out += figure(
        counts.items_exact, "items with listed content", counts.items_exact > 0 ? "found" : ""
    );
    out += figure(similar, "similar pictures, to be looked at", similar > 0 ? "found" : "");
    out +=
        figure(covered.items, report.scan.catalogue_of ? "items compared" : "items read whole", "");
    out += figure(
        counts.items_with_gaps, "items not fully covered", counts.items_with_gaps > 0 ? "gap" : ""
    );
    out += fmt::format(
        "</div>\n<p class=\"verdict {}\">Coverage: <strong>{}</strong></p>\n",
        good ? "good" : "gap",
        name_of(report.verdict)
    );
    if (!tally.by_category.empty()) {
        out +=
            "<table class=\"counts\"><thead><tr><th>List</th><th>Category</th><th>Matches</th>"
            "</tr></thead><tbody>\n";
        for (const auto& [key, number] : tally.by_category) {
            out += fmt::format(
                "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td></tr>\n",
                escape(key.first),
                escape(key.second),
                grouped(number)
            );
        }
        out +=
            "</tbody></table>\n<table class=\"counts\"><thead><tr><th>Series</th><th>Matches"
            "</th></tr></thead><tbody>\n";
        for (const auto& [series, number] : tally.by_series) {
            out += fmt::format(
                "<tr><td>{}</td><td class=\"number\">{}</td></tr>\n",
                escape(printable(series)),
                grouped(number)
            );
        }
        out += "</tbody></table>\n";
    }
    return out + "</section>\n";
}

std::string agreement_of(const Match& match) {
    if (match.kind == Match::Kind::exact) {
        std::string out = "<strong>same content</strong><br>";
        out += match.md5 ? "MD5 " : "";
        out += match.sha1 ? "SHA-1 " : "";
        return out + (match.sha256 ? "SHA-256" : "");
    }
    std::string out = fmt::format(
        "<strong>similar picture</strong><br>PDQ distance {} of 256, {}",
        match.distance,
        match.distance <= kNearDistanceMax ? "near" : "needs review"
    );
    if (match.variant != fingerprint::VariantId{}) {
        out += fmt::format(" ({})", fingerprint::text_of(match.variant));
    }
    if (match.frame_kind == fingerprint::Frame::Kind::thumbnail) {
        out += "<br>embedded thumbnail";
    } else if (match.frame > 0) {
        out += fmt::format("<br>{} {}", name_of(match.frame_kind), match.frame);
    }
    return out;
}

std::string place_of(const ItemRecord& item) {
    const evidence::HowArrived arrived = evidence::how_arrived(item.path);
    std::string out = fmt::format("<code class=\"path\">{}</code>", escape(item.path.text()));
    out += fmt::format(
        "<p class=\"detail\">Item {} &middot; how it arrived: {}{}",
        hex_encode(item.id),
        words(evidence::name_of(arrived.place)),
        arrived.in_archive ? ", inside an archive" : ""
    );
    if (item.modified) out += " &middot; modified " + format_utc(*item.modified);
    out += fmt::format(" &middot; {} bytes", grouped(item.size_bytes));
    if (item.link_of) {
        out += " &middot; further name (hard link) of item " + hex_encode(*item.link_of);
    }
    if (item.digests) {
        out += fmt::format(
            "<br>MD5 <code>{}</code><br>SHA-1 <code>{}</code><br>SHA-256 <code>{}</code>",
            hex_encode(item.digests->md5),
            hex_encode(item.digests->sha1),
            hex_encode(item.digests->sha256)
        );
    }
    return out + "</p>";
}

std::string match_row(const FoundItem& found, const ScanInfo& scan, std::uint64_t number) {
    const Match& match = *found.finding.match;
    const bool known = match.list < scan.lists.size();
    std::string judged = escape(category_text(match));
    if (!match.entry.series.empty()) {
        judged += fmt::format("<br>series {}", escape(printable(match.entry.series)));
    }
    if (match.weight == hashlist::Weight::ignored) {
        judged += fmt::format("<br><em>{}</em>", escape(printable(found.finding.text)));
    }
    if (match.verdicts_differ) judged += "<br><em>entries of the list disagree</em>";
    return fmt::format(
        "<tr><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}<br>version {}"
        "</td></tr>\n",
        number,
        place_of(found.item),
        agreement_of(match),
        judged,
        known ? escape(scan.lists[match.list].name) : "",
        known ? escape(scan.lists[match.list].version) : ""
    );
}

std::string problem_row(const FoundItem& found, std::uint64_t number) {
    return fmt::format(
        "<tr><td class=\"number\">{}</td><td><code class=\"path\">{}</code></td><td>{}</td>"
        "<td>{}</td></tr>\n",
        number,
        escape(found.item.path.text()),
        escape(printable(found.finding.text)),
        found.finding.gap ? "<strong>yes</strong>" : "no"
    );
}

/// The tables of findings; for_each_finding() gives them section by section.
class Sections {
public:
    Sections(const Report& report, const TextSink& out) : report_(report), out_(out) {}

    Status add(const FoundItem& found) {
        const Section section = section_of(found);
        if (section != open_) CAIRN_TRY(begin(section));
        ++rows_;
        if (rows_ > kRowsMax) return ok();
        return out_(
            found.finding.match ? match_row(found, report_.scan, rows_) : problem_row(found, rows_)
        );
    }

    Status end() {
        if (open_ == Section::none) return ok();
        CAIRN_TRY(out_("</tbody></table>\n"));
        if (rows_ > kRowsMax) {
            CAIRN_TRY(out_(fmt::format(
                "<p>{} more rows stand in the CSV and JSON reports.</p>\n",
                grouped(rows_ - kRowsMax)
            )));
        }
        return out_("</section>\n");
    }

private:
    enum class Section : std::uint8_t {
        none,
        matches,
        indicative,
        vetoed,
        encrypted,
        errors,
        limits
    };

    static Section section_of(const FoundItem& found) {
        switch (found.finding.kind) {
            case Finding::Kind::encrypted:
                return Section::encrypted;
            case Finding::Kind::error:
                return Section::errors;
            case Finding::Kind::limit:
                return Section::limits;
            case Finding::Kind::match:
                break;
        }
        switch (found.finding.match->weight) {
            case hashlist::Weight::counts:
                return Section::matches;
            case hashlist::Weight::indicative:
                return Section::indicative;
            case hashlist::Weight::ignored:
                break;
        }
        return Section::vetoed;
    }

    static std::string_view title_of(Section section) {
        switch (section) {
            case Section::none:
                return "";
            case Section::matches:
                return "Matches";
            case Section::indicative:
                return "Indicative matches (legal material; means nothing by itself)";
            case Section::vetoed:
                return "Vetoed (similar pictures that a list of known good files explains)";
            case Section::encrypted:
                return "Encrypted";
            case Section::errors:
                return "Errors";
            case Section::limits:
                return "Limits reached";
        }
        return "";
    }

    Status begin(Section section) {
        CAIRN_TRY(end());
        open_ = section;
        rows_ = 0;
        const bool matches = section == Section::matches || section == Section::indicative ||
                             section == Section::vetoed;
        CAIRN_TRY(out_(fmt::format("<section>\n<h2>{}</h2>\n", title_of(section))));
        if (matches) {
            CAIRN_TRY(
                out_("<p>One row for each item and list. A <em>similar picture</em> must be looked "
                     "at by "
                     "a person before anything follows from it: <em>near</em> up to distance 10, "
                     "<em>needs review</em> from 11 to 31.</p>\n")
            );
        }
        if (section == Section::encrypted) {
            CAIRN_TRY(
                out_("<p>Nothing is known of what these hold. Zip archives and members are "
                     "read when a file given with <code>--password-file</code> has their "
                     "password.</p>\n")
            );
        }
        return out_(
            matches ? "<table class=\"findings\"><thead><tr><th>No.</th><th>Item</th><th>Agreement"
                      "</th><th>Category of the list</th><th>List</th></tr></thead><tbody>\n"
                    : "<table class=\"findings\"><thead><tr><th>No.</th><th>Item</th><th>What "
                      "happened</th><th>Leaves a gap</th></tr></thead><tbody>\n"
        );
    }

    const Report& report_;
    const TextSink& out_;
    Section open_ = Section::none;
    std::uint64_t rows_ = 0;
};

/// What each state of coverage means, for a reader who does not know the program.
std::string_view meaning_of(Coverage coverage) {
    switch (coverage) {
        case Coverage::covered:
            return "every byte read and compared by digest";
        case Coverage::linked:
            return "further name (hard link) of an item read once";
        case Coverage::symlink:
            return "symbolic link or link in an archive: recorded, not followed";
        case Coverage::special:
            return "pipe, socket or device: recorded, never opened";
        case Coverage::excluded:
            return "left out by an --exclude pattern";
        case Coverage::empty:
            return "nothing to read";
        case Coverage::unreadable:
            return "could not be opened or read";
        case Coverage::vanished:
            return "disappeared or changed while being read";
        case Coverage::encrypted:
            return "locked; no password given that opens it";
        case Coverage::damaged:
            return "damaged; what could be read was compared";
        case Coverage::limited:
            return "a safety limit stopped the reading";
    }
    return "";
}

std::string coverage_of(const Report& report) {
    const CoverageCounts& counts = report.counts;
    std::string out = fmt::format(
        "<section>\n<h2>Coverage statement</h2>\n<p>Verdict: <strong>{}</strong>. {} leave "
        "something uncovered; they are listed above.</p>\n<table class=\"counts\"><thead><tr>"
        "<th>State</th><th>Items</th><th>Bytes</th><th>Meaning</th></tr></thead><tbody>\n",
        name_of(report.verdict),
        count_of(counts.gaps, "finding")
    );
    for (std::size_t i = 0; i < kCoverageCount; ++i) {
        const auto state = static_cast<Coverage>(i);
        const CountAndBytes& value = counts.by_state.at(i);
        if (value.items == 0 && state != Coverage::covered) continue;
        out += fmt::format(
            "<tr{}><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td>"
            "</tr>\n",
            is_gap(state) ? " class=\"gap\"" : "",
            name_of(state),
            grouped(value.items),
            grouped(value.bytes),
            meaning_of(state)
        );
    }
    out += fmt::format(
        "</tbody></table>\n<p>{} of these lay inside archives or compressed files. {} were "
        "compared "
        "by picture as well as by content; {} of them are too plain for that (PDQ quality below "
        "{}) "
        "and {} were cut short. {} stand on a list of known good files.</p>\n",
        count_of(counts.members, "item"),
        count_of(counts.pictures, "picture"),
        grouped(counts.pictures_low_quality),
        fingerprint::kPdqQualityMin,
        grouped(counts.pictures_partial),
        count_of(counts.known_good, "item")
    );
    if (!counts.types.empty()) {
        out +=
            "<table class=\"counts\"><thead><tr><th>Content recognised as</th><th>Items read</th>"
            "</tr></thead><tbody>\n";
        for (const auto& [type, number] : counts.types) {
            out += fmt::format(
                "<tr><td>{}</td><td class=\"number\">{}</td></tr>\n", escape(type), grouped(number)
            );
        }
        out +=
            "</tbody></table>\n<p>Items recognised as <em>other</em> were compared by digest "
            "only: Cairn does not look into video, disk images, documents other than archives, "
            "or unknown formats.</p>\n";
    }
    return out + "</section>\n";
}

std::string setting_text(const Json& value) {
    if (value.is_string()) return printable(value.get<std::string>());
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number_unsigned()) return grouped(value.get<std::uint64_t>());
    if (!value.is_array()) return value.dump();
    std::string text;
    for (const Json& one : value) text += (text.empty() ? "" : ", ") + setting_text(one);
    return text.empty() ? "none" : text;
}

/// What shaped the result, a row for each setting; those of a group carry its name in front.
std::string configuration_rows(const std::string& configuration) {
    std::string out;
    const auto add = [&out](const std::string& name, const Json& value) {
        out += fmt::format(
            "<tr><th>{}</th><td>{}</td></tr>\n", escape(words(name)), escape(setting_text(value))
        );
    };
    const Json settings = Json::parse(configuration, nullptr, false);
    if (!settings.is_object()) return out;
    for (const auto& [name, value] : settings.items()) {
        if (!value.is_object()) {
            add(name, value);
            continue;
        }
        for (const auto& [inner, inner_value] : value.items()) {
            add(fmt::format("{}_{}", name, inner), inner_value);
        }
    }
    return out;
}

std::string basis_of(const Report& report) {
    std::string out =
        "<section>\n<h2>Basis</h2>\n<table "
        "class=\"counts\"><thead><tr><th>List</th><th>Version</th>"
        "<th>Kind</th><th>Scheme</th><th>Entries</th><th>Version id</th></tr></thead><tbody>\n";
    for (const ScanList& list : report.scan.lists) {
        out += fmt::format(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"number\">{}</td><td>"
            "<code>{}</code></td></tr>\n",
            escape(list.name),
            escape(list.version),
            hashlist::name_of(list.kind),
            escape(list.scheme),
            grouped(list.entries),
            escape(list.version_id)
        );
    }
    out += "</tbody></table>\n<h3>Configuration</h3>\n<table class=\"counts\"><tbody>\n";
    out += configuration_rows(report.scan.configuration);
    return out + "</tbody></table>\n</section>\n";
}

/// What a scan that asked this query set does not find (docs/accuracy.md).
std::string_view not_found_by(std::string_view query_set) {
    if (query_set == name_of(fingerprint::QuerySet::wide)) {
        return "copies cropped by more than about 5 %, tilted by more than about 1 degree, "
               "collaged or largely covered";
    }
    if (query_set == name_of(fingerprint::QuerySet::turns)) {
        return "copies cropped by more than about 2 %, tilted, framed, collaged or largely covered";
    }
    return "copies cropped by more than about 2 %, mirrored, turned, framed, collaged or largely "
           "covered";
}

std::string query_set_of(const std::string& configuration) {
    const Json settings = Json::parse(configuration, nullptr, false);
    return settings.is_object() ? settings.value("variants", std::string()) : std::string();
}

/// Stands before the findings: who reads a match must know what it says and what it does not.
std::string guide(const Report& report) {
    return fmt::format(
        "<section>\n<h2>How to read this report</h2>\n<ul>\n"
        "<li><strong>Same content</strong>: the item's digests equal those on the list. The "
        "category is the list's own verdict, not Cairn's.</li>\n"
        "<li><strong>Similar picture</strong>: a 256-bit PDQ fingerprint of the item, or of the "
        "item turned, padded or cropped as the row says, differs from a listed one in at most 31 "
        "bits. Resized, recompressed, greyed or slightly altered copies agree this way. A person "
        "must look before anything follows from it: an agreement can be accidental or contrived."
        "</li>\n"
        "<li><strong>Not found this way</strong>: {}, and any video. The absence of a match is no "
        "statement that an item is harmless.</li>\n"
        "<li><strong>How it arrived</strong> is told from the place alone. Files in caches, "
        "thumbnail stores and temporary folders may have come without anybody's intent.</li>\n"
        "<li>All times are UTC. Names are shown as found; characters that would disturb a line are "
        "written as escapes.</li>\n</ul>\n</section>\n",
        not_found_by(query_set_of(report.scan.configuration))
    );
}

}  // namespace

Status write_html_report(ScanStore& store, const Report& report, const TextSink& out) {
    const Tally tally = CAIRN_TRY(tally_matches(store, report.scan));
    CAIRN_TRY(out(header_of(report)));
    CAIRN_TRY(out(summary_of(report, tally)));
    CAIRN_TRY(out(guide(report)));
    Sections sections(report, out);
    CAIRN_TRY(store.for_each_finding(report.scan, [&](const FoundItem& found) {
        return sections.add(found);
    }));
    CAIRN_TRY(sections.end());
    CAIRN_TRY(out(coverage_of(report)));
    CAIRN_TRY(out(basis_of(report)));
    return out("</body>\n</html>\n");
}

}  // namespace cairn::scan
