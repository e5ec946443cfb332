// The reading half of ScanStore: what reports, rematch and extraction ask of a catalogue.
#include "base/hex.h"
#include "base/text.h"
#include "scan/rows.h"
#include "scan/scan_store.h"
#include "scan/stored_variants.h"

namespace cairn::scan {
namespace {

Result<fingerprint::PdqHash> read_hash(Bytes code, std::int64_t quality) {
    fingerprint::PdqHash hash;
    ByteReader reader(code);
    for (std::uint64_t& word : hash.code.words) word = CAIRN_TRY(reader.u64_le());
    hash.quality = static_cast<int>(quality);
    return hash;
}

/// Puts the stored hashes of one item back into its frames.
Status read_frames(
    db::Statement& query, std::int64_t item, fingerprint::PictureFingerprint& picture
) {
    query.bind(1, item);
    while (CAIRN_TRY(query.step())) {
        const auto kind = static_cast<fingerprint::Frame::Kind>(query.integer(0));
        const auto index = static_cast<std::uint32_t>(query.integer(1));
        const auto variant = static_cast<fingerprint::VariantId::Kind>(query.integer(2));
        const fingerprint::PdqHash hash = CAIRN_TRY(read_hash(query.bytes(3), query.integer(4)));
        if (variant == fingerprint::VariantId::Kind::record) {
            fingerprint::Frame frame;
            frame.kind = kind;
            frame.index = index;
            frame.record = hash;
            frame.variants = CAIRN_TRY(decode_variants(query.bytes(5)));
            picture.frames.push_back(std::move(frame));
        } else if (!picture.frames.empty() && variant == fingerprint::VariantId::Kind::oriented) {
            picture.frames.back().oriented = hash;
        } else if (!picture.frames.empty()) {
            picture.frames.back().renderings.push_back(hash);
        }
    }
    return ok();
}

Status count_items(db::Database& database, std::int64_t catalogue, CoverageCounts& counts) {
    auto query = CAIRN_TRY(database.prepare(
        "SELECT coverage, count(*), CAST(sum(size_bytes) AS INTEGER), count(top),"
        " CAST(sum(known_good) AS INTEGER), count(width),"
        " CAST(sum(coalesce(partial, 0)) AS INTEGER) FROM item WHERE scan=? GROUP BY coverage"
    ));
    query.bind(1, catalogue);
    while (CAIRN_TRY(query.step())) {
        const auto state = static_cast<std::size_t>(query.integer(0));
        if (state >= kCoverageCount) continue;
        const auto value = [&](int column) {
            return static_cast<std::uint64_t>(query.integer(column));
        };
        counts.by_state.at(state) = {value(1), value(2)};
        counts.members += value(3);
        counts.known_good += value(4);
        counts.pictures += value(5);
        counts.pictures_partial += value(6);
    }
    return ok();
}

Status count_types(db::Database& database, std::int64_t catalogue, CoverageCounts& counts) {
    auto types = CAIRN_TRY(database.prepare(
        "SELECT type, count(*) FROM item WHERE scan=? AND md5 IS NOT NULL GROUP BY type"
    ));
    types.bind(1, catalogue);
    while (CAIRN_TRY(types.step())) {
        const auto type = static_cast<fingerprint::FileType>(types.integer(0));
        const std::string_view name = fingerprint::name_of(type);
        counts.types[name.empty() ? "other" : std::string(name)] +=
            static_cast<std::uint64_t>(types.integer(1));
    }
    auto low = CAIRN_TRY(database.prepare(
        "SELECT count(*) FROM item JOIN picture_hash ON picture_hash.item=item.id"
        " WHERE item.scan=? AND picture_hash.position=0 AND picture_hash.quality<?"
    ));
    const bool row = CAIRN_TRY(low.bind(1, catalogue).bind(2, fingerprint::kPdqQualityMin).step());
    if (row) counts.pictures_low_quality = static_cast<std::uint64_t>(low.integer(0));
    return ok();
}

/// Problems are the catalogue's; matches are the asking scan's.
Status count_findings(db::Database& database, const ScanInfo& scan, CoverageCounts& counts) {
    auto problems =
        CAIRN_TRY(database.prepare("SELECT code, count(*), CAST(sum(gap) AS INTEGER) FROM finding "
                                   "WHERE scan=? AND kind<>0 GROUP BY code"));
    problems.bind(1, scan.catalogue());
    while (CAIRN_TRY(problems.step())) {
        counts.problems[std::string(problems.text(0))] =
            static_cast<std::uint64_t>(problems.integer(1));
        counts.gaps += static_cast<std::uint64_t>(problems.integer(2));
    }
    auto gaps = CAIRN_TRY(database.prepare(
        "SELECT count(DISTINCT item) FROM finding WHERE scan=? AND kind<>0 AND gap<>0"
    ));
    const bool gap_row = CAIRN_TRY(gaps.bind(1, scan.catalogue()).step());
    if (gap_row) counts.items_with_gaps = static_cast<std::uint64_t>(gaps.integer(0));
    auto matches = CAIRN_TRY(database.prepare(
        "SELECT weight, count(*), count(DISTINCT item),"
        " count(DISTINCT CASE WHEN match_kind=0 THEN item END) FROM finding WHERE scan=? AND kind=0"
        " GROUP BY weight"
    ));
    matches.bind(1, scan.id);
    while (CAIRN_TRY(matches.step())) {
        const auto weight = static_cast<hashlist::Weight>(matches.integer(0));
        if (weight == hashlist::Weight::counts) {
            counts.matches = static_cast<std::uint64_t>(matches.integer(1));
            counts.items_matched = static_cast<std::uint64_t>(matches.integer(2));
            counts.items_exact = static_cast<std::uint64_t>(matches.integer(3));
        } else if (weight == hashlist::Weight::indicative) {
            counts.indicative = static_cast<std::uint64_t>(matches.integer(1));
        } else {
            counts.vetoed = static_cast<std::uint64_t>(matches.integer(1));
        }
    }
    return ok();
}

}  // namespace

Result<CoverageCounts> ScanStore::coverage(const ScanInfo& scan) {
    CoverageCounts counts;
    CAIRN_TRY(count_items(database_, scan.catalogue(), counts));
    CAIRN_TRY(count_types(database_, scan.catalogue(), counts));
    CAIRN_TRY(count_findings(database_, scan, counts));
    return counts;
}

Status ScanStore::for_each_fingerprint(
    std::int64_t scan, const std::function<Status(std::int64_t row, const ItemRecord&)>& visit
) {
    auto query = CAIRN_TRY(database_.prepare_paged(fmt::format(
        "SELECT {} FROM item WHERE scan=? AND md5 IS NOT NULL ORDER BY item.id", kItemColumns
    )));
    auto hashes = CAIRN_TRY(database_.prepare(
        "SELECT frame_kind, frame, variant, code, quality, variants FROM picture_hash"
        " WHERE item=? ORDER BY position"
    ));
    query.bind(1, scan);
    while (CAIRN_TRY(query.step())) {
        auto record = CAIRN_TRY(read_item(query, seal_));
        const std::int64_t row = query.integer(0);
        if (record.picture) CAIRN_TRY(read_frames(hashes, row, *record.picture));
        CAIRN_TRY(visit(row, record));
    }
    return ok();
}

Result<ItemRecord> ScanStore::item(std::int64_t scan, const std::string& prefix) {
    const std::string lower = lower_ascii(prefix);
    const bool only_hex =
        !lower.empty() && lower.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!only_hex) {
        return fail(
            Errc::invalid_argument, "item \"{}\": an item id is hexadecimal", printable(prefix)
        );
    }
    constexpr std::size_t kDigits = 2 * std::tuple_size_v<evidence::ItemId>;
    if (lower.size() > kDigits) {
        return fail(Errc::invalid_argument, "item {}: an item id has {} digits", lower, kDigits);
    }
    const std::string rest(kDigits - lower.size(), '0');
    const ByteVector first = CAIRN_TRY(hex_decode(lower + rest));
    const ByteVector last = CAIRN_TRY(hex_decode(lower + std::string(rest.size(), 'f')));
    auto query = CAIRN_TRY(database_.prepare(fmt::format(
        "SELECT {} FROM item WHERE scan=? AND item_id BETWEEN ? AND ? LIMIT 2", kItemColumns
    )));
    const bool found =
        CAIRN_TRY(query.bind(1, scan).bind(2, Bytes(first)).bind(3, Bytes(last)).step());
    if (!found) return fail(Errc::not_found, "no item {} in scan {}", lower, scan);
    auto record = CAIRN_TRY(read_item(query, seal_));
    const bool second = CAIRN_TRY(query.step());
    if (second) {
        return fail(
            Errc::conflict, "item {} is not unique in scan {}: give more digits", lower, scan
        );
    }
    return record;
}

}  // namespace cairn::scan
