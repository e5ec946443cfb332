#pragma once

#include <array>
#include <string_view>

#include "db/database.h"
#include "scan/content_seal.h"
#include "scan/records.h"

// How items and findings stand in their rows: for the files of ScanStore alone.
namespace cairn::scan {

/// Where an item's path is sealed.
inline constexpr std::string_view kPathColumn = "item.path";

/// What read_item() reads, from the first column of a row.
inline constexpr std::string_view kItemColumns =
    "item.id, item.item_id, item.top, item.link_of, item.path, item.coverage, item.size_bytes,"
    " item.modified_us, item.type, item.media_type, item.md5, item.sha1, item.sha256, item.width,"
    " item.height, item.orientation, item.frames, item.partial, item.decoder, item.known_good,"
    " item.scan";
inline constexpr int kItemColumnCount = 21;
Result<ItemRecord> read_item(const db::Statement& row, const ContentSeal& seal);

/// What read_finding() reads, from any column on.
inline constexpr std::string_view kFindingColumns =
    "finding.kind, finding.code, finding.text, finding.gap, finding.list, finding.match_kind,"
    " finding.digests, finding.distance, finding.variant, finding.frame_kind, finding.frame,"
    " finding.entry_reference, finding.verdict, finding.category, finding.category_name,"
    " finding.series, finding.weight, finding.entries, finding.verdicts_differ, finding.scan,"
    " finding.item, finding.sealed";
inline constexpr int kFindingColumnCount = 22;
Result<Finding> read_finding(const db::Statement& row, int column, const ContentSeal& seal);

/// The words of a finding that are personal content, where they are sealed.
Result<std::optional<ByteVector>> seal_words(
    const ContentSeal& seal, std::int64_t scan, std::int64_t item, const Finding& finding
);
/// What write_finding() writes.
inline constexpr std::array<std::string_view, 22> kWrittenFindingColumns = {
    "scan",     "item",           "kind",          "code",       "text",
    "gap",      "sealed",         "list",          "match_kind", "digests",
    "distance", "variant",        "frame_kind",    "frame",      "entry_reference",
    "verdict",  "category",       "category_name", "series",     "weight",
    "entries",  "verdicts_differ"};
/// Of the item in row `item`; `words` as seal_words() gave them.
Status write_finding(
    db::BulkInsert& bulk,
    std::int64_t scan,
    std::int64_t item,
    const Finding& finding,
    const std::optional<ByteVector>& words
);

void write_nulls(db::BulkInsert& bulk, int count);

}  // namespace cairn::scan
