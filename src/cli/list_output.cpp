#include "cli/list_output.h"

#include "base/text.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using hashlist::ImportReport;
using hashlist::ListInfo;

std::string counted(const std::map<std::string, std::uint64_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), printable(name));
    }
    return text;
}

/// The operator confirms the scheme by reading this: a wrong table would judge wrongly.
std::string categories_text(const ImportReport& report) {
    std::string text = fmt::format("Categories by scheme {}:\n", report.list.scheme);
    for (const auto& [code, count] : report.categories) {
        const std::string name =
            code == "none" ? "given by --category" : "category " + printable(code);
        text += fmt::format("  {}: {}\n", name, count_of(count, "row"));
    }
    return text + "Check that this is the source's own table.\n";
}

}  // namespace

nlohmann::ordered_json json_of(const hashlist::ListInfo& list) {
    return {
        {"name", list.name},
        {"version", list.version},
        {"version_id", list.version_id},
        {"source", list.source},
        {"kind", hashlist::name_of(list.kind)},
        {"scheme", list.scheme},
        {"format", list.format},
        {"imported", format_utc(list.imported_at)},
        {"entries", list.entries},
        {"md5", list.digests[0]},
        {"sha1", list.digests[1]},
        {"sha256", list.digests[2]},
        {"pdq", list.pdq_codes},
        {"pdq_quarantined", list.pdq_quarantined},
        {"pdq_refused", list.pdq_refused},
        {"segments", list.segments},
        {"withdrawn", list.withdrawn},
        {"file_size", list.file_size_bytes}};
}

nlohmann::ordered_json json_of(const hashlist::ImportReport& report) {
    Json out;
    out["list"] = json_of(report.list);
    out["unchanged"] = report.unchanged;
    out["file_sha256"] = report.file_sha256;
    out["rows"] = {
        {"read", report.rows_read},
        {"accepted", report.rows_accepted},
        {"merged", report.rows_merged}};
    out["refused"] = report.refused;
    out["warnings"] = report.warnings;
    out["unknown_members"] = report.unknown_members;
    out["categories"] = report.categories;
    Json rows = Json::array();
    for (const hashlist::RefusedRow& row : report.refused_rows) {
        rows.push_back(
            {{"file", printable(row.file)},
             {"line", row.line},
             {"offset", row.offset},
             {"reason", row.reason}}
        );
    }
    out["refused_rows"] = std::move(rows);
    return out;
}

std::string rows_text(const hashlist::ImportReport& report) {
    std::string text = fmt::format(
        "Rows: {} read, {} accepted, {} merged.\n",
        grouped(report.rows_read),
        grouped(report.rows_accepted),
        grouped(report.rows_merged)
    );
    if (!report.refused.empty()) text += "Refused: " + counted(report.refused) + ".\n";
    for (const hashlist::RefusedRow& row : report.refused_rows) {
        const std::string where =
            row.line > 0 ? fmt::format("line {}", row.line) : fmt::format("byte {}", row.offset);
        text += fmt::format("  {} {}: {}\n", printable(row.file), where, row.reason);
    }
    if (!report.warnings.empty()) {
        text += "Values left out of kept rows: " + counted(report.warnings) + ".\n";
    }
    if (!report.unknown_members.empty()) {
        text += "Members not known and ignored: " + counted(report.unknown_members) + ".\n";
    }
    return text;
}

std::string text_of(const hashlist::ImportReport& report) {
    const ListInfo& list = report.list;
    if (report.unchanged) {
        return fmt::format("List \"{}\" already holds this content; nothing changed.\n", list.name);
    }
    std::string text = fmt::format(
        "List \"{}\", version {}, {} ({}): {} entries; {} MD5, {} SHA-1, {} SHA-256, {} PDQ.\n",
        list.name,
        list.version,
        hashlist::name_of(list.kind),
        list.format,
        grouped(list.entries),
        grouped(list.digests[0]),
        grouped(list.digests[1]),
        grouped(list.digests[2]),
        grouped(list.pdq_codes)
    );
    if (!list.scheme.empty()) text += categories_text(report);
    return text + rows_text(report);
}

std::string category_text(const hashlist::ListEntry& entry) {
    std::string text(hashlist::name_of(entry.verdict));
    if (entry.category) text += fmt::format(", category {}", *entry.category);
    if (!entry.category_name.empty()) text += " " + printable(entry.category_name);
    return text;
}

std::optional<std::string> given(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

std::function<void(std::uint64_t, std::uint64_t)> ReadingProgress::callback() const {
    if (!shown_) return {};
    return [this](std::uint64_t done, std::uint64_t total) {
        context_.terminal.error(
            fmt::format("\r\x1b[2K{} of {} read", human_bytes(done), human_bytes(total))
        );
    };
}

void ReadingProgress::clear() const {
    if (shown_) context_.terminal.error("\r\x1b[2K");
}

}  // namespace cairn::cli
