// The findings of ScanStore.
#include <algorithm>

#include "scan/rows.h"
#include "scan/scan_store.h"

namespace cairn::scan {
namespace {

/// Further names of files that get their matches in one transaction.
constexpr int kLinksAtOnce = 500;
/// More findings on one item than a scan records: one for each list, and its problems.
constexpr std::uint32_t kFindingsOfItemMax = 100'000;

/// The conditions of a page; the scan is ?1, and where it goes on ?2 and ?3.
std::string conditions_of(const FindingFilter& filter, bool goes_on) {
    std::string sql = "finding.scan=?1";
    if (goes_on) sql += " AND (finding.kind, finding.item) >= (?2, ?3)";
    const auto equals = [&](std::string_view column, std::int64_t value) {
        sql += fmt::format(" AND finding.{}={}", column, value);
    };
    if (filter.kind) equals("kind", static_cast<std::int64_t>(*filter.kind));
    if (filter.list) equals("list", *filter.list);
    if (filter.category) equals("category", *filter.category);
    if (filter.verdict) equals("verdict", static_cast<std::int64_t>(*filter.verdict));
    return sql;
}

/// The cursor after the last finding of a page that began after `before`.
FindingCursor cursor_after(
    const std::vector<FoundItem>& page, const std::optional<FindingCursor>& before
) {
    const auto is_same = [&](const FoundItem& one) {
        return one.finding.kind == page.back().finding.kind && one.item.id == page.back().item.id;
    };
    FindingCursor cursor = {.kind = page.back().finding.kind, .item = page.back().item.id};
    std::size_t same = 0;
    while (same < page.size() && is_same(page[page.size() - 1 - same])) ++same;
    cursor.given = static_cast<std::uint32_t>(same);
    const bool went_on =
        before && before->kind == cursor.kind && before->item == cursor.item && same == page.size();
    if (went_on) cursor.given += before->given;
    return cursor;
}

}  // namespace

Status ScanStore::insert_findings(std::int64_t scan, std::span<const RowFinding> findings) {
    // Sealed first: the key may have to be read, which a bulk insert does not bear.
    std::vector<std::optional<ByteVector>> words;
    words.reserve(findings.size());
    for (const auto& [row, finding] : findings) {
        auto sealed = CAIRN_TRY(seal_words(seal_, scan, row, *finding));
        words.push_back(std::move(sealed));
    }
    auto bulk = CAIRN_TRY(database_.bulk_insert("finding", kWrittenFindingColumns));
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const auto& [row, finding] = findings[i];
        CAIRN_TRY(write_finding(bulk, scan, row, *finding, words[i]));
    }
    return bulk.finish();
}

Status ScanStore::append_findings(
    std::int64_t scan, const std::vector<std::pair<std::int64_t, Finding>>& findings_by_row
) {
    std::vector<RowFinding> rows;
    rows.reserve(findings_by_row.size());
    for (const auto& [row, finding] : findings_by_row) rows.emplace_back(row, &finding);
    return written([&] { return insert_findings(scan, rows); });
}

Result<bool> ScanStore::spread_to_some_links(std::int64_t scan) {
    // Findings of a catalogue's items belong to several scans: only this scan's are copied.
    auto query = CAIRN_TRY(database_.prepare(fmt::format(
        "SELECT pair.link, {} FROM"
        " (SELECT link.id AS link, original.id AS original FROM item AS link"
        "  JOIN item AS original ON original.scan=link.scan AND original.item_id=link.link_of"
        "  WHERE link.scan=(SELECT coalesce(catalogue_of, id) FROM scan WHERE id=?1)"
        "  AND link.link_of IS NOT NULL"
        "  AND EXISTS (SELECT 1 FROM finding AS known"
        "   WHERE known.item=original.id AND known.scan=?1 AND known.kind=0)"
        "  AND NOT EXISTS (SELECT 1 FROM finding AS have"
        "   WHERE have.item=link.id AND have.scan=?1)"
        "  ORDER BY link.id LIMIT {}) AS pair"
        " JOIN finding ON finding.item=pair.original"
        " WHERE finding.scan=?1 AND finding.kind=0 ORDER BY pair.link, finding.id",
        kFindingColumns,
        kLinksAtOnce
    )));
    query.bind(1, scan);
    std::vector<std::pair<std::int64_t, Finding>> copies;
    while (CAIRN_TRY(query.step())) {
        Finding finding = CAIRN_TRY(read_finding(query, 1, seal_));
        copies.emplace_back(query.integer(0), std::move(finding));
    }
    if (copies.empty()) return false;
    std::vector<RowFinding> rows;
    for (const auto& [row, finding] : copies) rows.emplace_back(row, &finding);
    CAIRN_TRY(insert_findings(scan, rows));
    return true;
}

Status ScanStore::spread_to_links(std::int64_t scan) {
    bool more = true;
    while (more) {
        CAIRN_TRY(written([&]() -> Status {
            more = CAIRN_TRY(spread_to_some_links(scan));
            return ok();
        }));
    }
    return ok();
}

Status ScanStore::for_each_finding(
    const ScanInfo& scan, const std::function<Status(const FoundItem&)>& visit
) {
    // Sealed paths have no order; ids of items stand for them.
    auto query = CAIRN_TRY(database_.prepare_paged(fmt::format(
        "SELECT {}, {} FROM finding JOIN item ON item.id=finding.item"
        " WHERE (finding.scan=?1 AND finding.kind=0) OR (finding.scan=?2 AND finding.kind<>0)"
        " ORDER BY finding.kind, finding.weight, {}, finding.list, finding.code, finding.id",
        kItemColumns,
        kFindingColumns,
        seal_.is_plain() ? "item.path" : "item.item_id"
    )));
    query.bind(1, scan.id).bind(2, scan.catalogue());
    while (CAIRN_TRY(query.step())) {
        FoundItem found;
        found.item = CAIRN_TRY(read_item(query, seal_));
        found.finding = CAIRN_TRY(read_finding(query, kItemColumnCount, seal_));
        CAIRN_TRY(visit(found));
    }
    return ok();
}

Result<std::int64_t> ScanStore::row_of(std::int64_t scan, const evidence::ItemId& item) {
    auto query = CAIRN_TRY(database_.prepare("SELECT id FROM item WHERE scan=? AND item_id=?"));
    const bool found = CAIRN_TRY(query.bind(1, scan).bind(2, Bytes(item)).step());
    if (!found) {
        return fail(Errc::invalid_argument, "the cursor is of no item here; begin the list anew");
    }
    return query.integer(0);
}

Result<FindingPage> ScanStore::findings(
    std::int64_t scan,
    const FindingFilter& filter,
    const std::optional<FindingCursor>& after,
    std::size_t limit
) {
    const std::size_t wanted = std::clamp<std::size_t>(limit, 1, kFindingsPageMax);
    // A place among the findings of one item, not a number: numbers tell what others record.
    const std::size_t given = after ? std::min(after->given, kFindingsOfItemMax) : 0;
    auto query = CAIRN_TRY(database_.prepare(fmt::format(
        "SELECT {}, {} FROM finding JOIN item ON item.id=finding.item WHERE {}"
        " ORDER BY finding.kind, finding.item, finding.id LIMIT {}",
        kItemColumns,
        kFindingColumns,
        conditions_of(filter, after.has_value()),
        given + wanted + 1
    )));
    query.bind(1, scan);
    if (after) {
        const std::int64_t row = CAIRN_TRY(row_of(scan, after->item));
        query.bind(2, static_cast<std::int64_t>(after->kind)).bind(3, row);
    }
    FindingPage page;
    for (std::size_t i = 0; CAIRN_TRY(query.step()); ++i) {
        if (i < given) continue;
        if (page.findings.size() == wanted) {
            page.next = cursor_after(page.findings, after);
            break;
        }
        FoundItem found;
        found.item = CAIRN_TRY(read_item(query, seal_));
        found.finding = CAIRN_TRY(read_finding(query, kItemColumnCount, seal_));
        page.findings.push_back(std::move(found));
    }
    return page;
}

}  // namespace cairn::scan
