// The reading half of ScanStore: what reports, rematch and extraction ask of a catalogue.
#include <algorithm>

#include "base/hex.h"
#include "base/text.h"
#include "scan/scan_store.h"
#include "scan/stored_variants.h"

namespace cairn::scan {
namespace {

constexpr std::string_view kItemColumns =
    "item.id, item.item_id, item.top, item.link_of, item.path, item.coverage, item.size_bytes,"
    " item.modified_us, item.type, item.media_type, item.md5, item.sha1, item.sha256, item.width,"
    " item.height, item.orientation, item.frames, item.partial, item.decoder, item.known_good";
constexpr int kItemColumnCount = 20;

template <std::size_t N>
Result<std::array<std::uint8_t, N>> fixed(Bytes bytes) {
    if (bytes.size() != N) {
        return fail(Errc::corrupt_data, "case file: {} bytes for {}", bytes.size(), N);
    }
    std::array<std::uint8_t, N> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

Status read_picture(const db::Statement& row, ItemRecord& record) {
    if (row.is_null(13)) return ok();
    fingerprint::PictureFingerprint picture;
    picture.width = static_cast<std::uint32_t>(row.integer(13));
    picture.height = static_cast<std::uint32_t>(row.integer(14));
    picture.orientation = static_cast<std::uint8_t>(row.integer(15));
    picture.frames_total = static_cast<std::uint32_t>(row.integer(16));
    picture.partial = row.integer(17) != 0;
    picture.decoder = row.text(18);
    record.picture = std::move(picture);
    return ok();
}

/// Reads the columns of kItemColumns.
Result<ItemRecord> read_item(const db::Statement& row) {
    ItemRecord record;
    record.id = CAIRN_TRY(fixed<16>(row.bytes(1)));
    if (!row.is_null(2)) record.top = CAIRN_TRY(fixed<16>(row.bytes(2)));
    if (!row.is_null(3)) record.link_of = CAIRN_TRY(fixed<16>(row.bytes(3)));
    record.path = CAIRN_TRY(evidence::EvidencePath::from_canonical(row.bytes(4)));
    record.coverage = static_cast<Coverage>(row.integer(5));
    record.size_bytes = static_cast<std::uint64_t>(row.integer(6));
    if (const auto modified = row.optional_integer(7)) {
        record.modified = UtcTime(std::chrono::microseconds(*modified));
    }
    record.type = static_cast<fingerprint::FileType>(row.integer(8));
    record.media_type = row.text(9);
    if (!row.is_null(10)) {
        crypto::Digests digests;
        digests.md5 = CAIRN_TRY(fixed<16>(row.bytes(10)));
        digests.sha1 = CAIRN_TRY(fixed<20>(row.bytes(11)));
        digests.sha256 = CAIRN_TRY(fixed<32>(row.bytes(12)));
        record.digests = digests;
    }
    CAIRN_TRY(read_picture(row, record));
    record.known_good = row.integer(19) != 0;
    return record;
}

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

Finding read_finding(const db::Statement& row, int column) {
    Finding finding;
    finding.kind = static_cast<Finding::Kind>(row.integer(column));
    finding.code = row.text(column + 1);
    finding.text = row.text(column + 2);
    finding.gap = row.integer(column + 3) != 0;
    if (row.is_null(column + 4)) return finding;
    Match match;
    match.list = static_cast<std::uint32_t>(row.integer(column + 4));
    match.kind = static_cast<Match::Kind>(row.integer(column + 5));
    const std::int64_t digests = row.integer(column + 6);
    match.md5 = (digests & 1) != 0;
    match.sha1 = (digests & 2) != 0;
    match.sha256 = (digests & 4) != 0;
    match.distance = static_cast<int>(row.integer(column + 7));
    match.variant =
        fingerprint::VariantId::from_packed(static_cast<std::uint32_t>(row.integer(column + 8)))
            .value_or(fingerprint::VariantId{});
    match.frame_kind = static_cast<fingerprint::Frame::Kind>(row.integer(column + 9));
    match.frame = static_cast<std::uint32_t>(row.integer(column + 10));
    match.entry.reference =
        static_cast<std::uint64_t>(row.optional_integer(column + 11).value_or(0));
    match.entry.verdict = static_cast<hashlist::Verdict>(row.integer(column + 12));
    match.entry.category = row.optional_integer(column + 13);
    match.entry.category_name = row.text(column + 14);
    match.entry.series = row.text(column + 15);
    match.weight = static_cast<hashlist::Weight>(row.integer(column + 16));
    match.entries = static_cast<std::uint32_t>(row.integer(column + 17));
    match.verdicts_differ = row.integer(column + 18) != 0;
    finding.match = std::move(match);
    return finding;
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
    CAIRN_TRY(count_items(*database_, scan.catalogue(), counts));
    CAIRN_TRY(count_types(*database_, scan.catalogue(), counts));
    CAIRN_TRY(count_findings(*database_, scan, counts));
    return counts;
}

Status ScanStore::for_each_finding(
    const ScanInfo& scan, const std::function<Status(const FoundItem&)>& visit
) {
    auto query = CAIRN_TRY(database_->prepare_paged(fmt::format(
        "SELECT {}, finding.kind, finding.code, finding.text, finding.gap, finding.list,"
        " finding.match_kind, finding.digests, finding.distance, finding.variant,"
        " finding.frame_kind, finding.frame, finding.entry_reference, finding.verdict, "
        "finding.category,"
        " finding.category_name, finding.series, finding.weight, finding.entries,"
        " finding.verdicts_differ"
        " FROM finding JOIN item ON item.id=finding.item"
        " WHERE (finding.scan=?1 AND finding.kind=0) OR (finding.scan=?2 AND finding.kind<>0)"
        " ORDER BY finding.kind, finding.weight, item.path, finding.list,"
        " finding.code, finding.id",
        kItemColumns
    )));
    query.bind(1, scan.id).bind(2, scan.catalogue());
    while (CAIRN_TRY(query.step())) {
        FoundItem found;
        found.item = CAIRN_TRY(read_item(query));
        found.finding = read_finding(query, kItemColumnCount);
        CAIRN_TRY(visit(found));
    }
    return ok();
}

Status ScanStore::for_each_fingerprint(
    std::int64_t scan, const std::function<Status(std::int64_t row, const ItemRecord&)>& visit
) {
    auto query = CAIRN_TRY(database_->prepare_paged(fmt::format(
        "SELECT {} FROM item WHERE scan=? AND md5 IS NOT NULL ORDER BY item.id", kItemColumns
    )));
    auto hashes = CAIRN_TRY(database_->prepare(
        "SELECT frame_kind, frame, variant, code, quality, variants FROM picture_hash"
        " WHERE item=? ORDER BY position"
    ));
    query.bind(1, scan);
    while (CAIRN_TRY(query.step())) {
        auto record = CAIRN_TRY(read_item(query));
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
    auto query = CAIRN_TRY(database_->prepare(fmt::format(
        "SELECT {} FROM item WHERE scan=? AND item_id BETWEEN ? AND ? LIMIT 2", kItemColumns
    )));
    const bool found =
        CAIRN_TRY(query.bind(1, scan).bind(2, Bytes(first)).bind(3, Bytes(last)).step());
    if (!found) return fail(Errc::not_found, "no item {} in scan {}", lower, scan);
    auto record = CAIRN_TRY(read_item(query));
    const bool second = CAIRN_TRY(query.step());
    if (second) {
        return fail(
            Errc::conflict, "item {} is not unique in scan {}: give more digits", lower, scan
        );
    }
    return record;
}

}  // namespace cairn::scan
