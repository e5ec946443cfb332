#include "scan/rows.h"

#include <algorithm>

namespace cairn::scan {
namespace {

constexpr std::string_view kWordsColumn = "finding.sealed";

template <typename Enum>
std::int64_t number(Enum value) {
    return static_cast<std::int64_t>(value);
}

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

}  // namespace

Result<ItemRecord> read_item(const db::Statement& row, const ContentSeal& seal) {
    ItemRecord record;
    record.id = CAIRN_TRY(fixed<16>(row.bytes(1)));
    if (!row.is_null(2)) record.top = CAIRN_TRY(fixed<16>(row.bytes(2)));
    if (!row.is_null(3)) record.link_of = CAIRN_TRY(fixed<16>(row.bytes(3)));
    const ByteVector path =
        CAIRN_TRY(seal.open(kPathColumn, row.integer(20), row.integer(0), row.bytes(4)));
    record.path = CAIRN_TRY(evidence::EvidencePath::from_canonical(path));
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

Result<Finding> read_finding(const db::Statement& row, int column, const ContentSeal& seal) {
    Finding finding;
    finding.kind = static_cast<Finding::Kind>(row.integer(column));
    finding.code = row.text(column + 1);
    finding.text = row.text(column + 2);
    finding.gap = row.integer(column + 3) != 0;
    std::string series(row.text(column + 15));
    if (!row.is_null(column + 21)) {
        const ByteVector packed = CAIRN_TRY(seal.open(
            kWordsColumn, row.integer(column + 19), row.integer(column + 20), row.bytes(column + 21)
        ));
        auto words = CAIRN_TRY(unpack_texts(packed, 2));
        finding.text = std::move(words[0]);
        series = std::move(words[1]);
    }
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
    match.entry.series = std::move(series);
    match.weight = static_cast<hashlist::Weight>(row.integer(column + 16));
    match.entries = static_cast<std::uint32_t>(row.integer(column + 17));
    match.verdicts_differ = row.integer(column + 18) != 0;
    finding.match = std::move(match);
    return finding;
}

void write_nulls(db::BulkInsert& bulk, int count) {
    for (int i = 0; i < count; ++i) bulk.add_null();
}

Result<std::optional<ByteVector>> seal_words(
    const ContentSeal& seal, std::int64_t scan, std::int64_t item, const Finding& finding
) {
    if (seal.is_plain()) return std::optional<ByteVector>();
    const std::array<std::string, 2> words = {
        finding.text, finding.match ? finding.match->entry.series : std::string()};
    auto sealed = CAIRN_TRY(seal.close(kWordsColumn, scan, item, pack_texts(words)));
    return std::optional(std::move(sealed));
}

Status write_finding(
    db::BulkInsert& bulk,
    std::int64_t scan,
    std::int64_t item,
    const Finding& finding,
    const std::optional<ByteVector>& words
) {
    const auto plain = [&](std::string_view text) { return words ? std::string_view() : text; };
    bulk.add(scan).add(item).add(number(finding.kind)).add(std::string_view(finding.code));
    bulk.add(plain(finding.text)).add(std::int64_t{finding.gap ? 1 : 0});
    bulk.add_optional(words ? std::optional(Bytes(*words)) : std::nullopt);
    if (!finding.match) {
        write_nulls(bulk, 15);
        return bulk.end_row();
    }
    const Match& match = *finding.match;
    const std::int64_t digests =
        (match.md5 ? 1 : 0) | (match.sha1 ? 2 : 0) | (match.sha256 ? 4 : 0);
    bulk.add(std::int64_t{match.list}).add(number(match.kind)).add(digests);
    bulk.add(std::int64_t{match.distance}).add(std::int64_t{match.variant.packed()});
    bulk.add(number(match.frame_kind)).add(std::int64_t{match.frame});
    bulk.add(static_cast<std::int64_t>(match.entry.reference)).add(number(match.entry.verdict));
    bulk.add_optional(match.entry.category);
    bulk.add(std::string_view(match.entry.category_name));
    bulk.add(plain(match.entry.series)).add(number(match.weight));
    bulk.add(std::int64_t{match.entries}).add(std::int64_t{match.verdicts_differ ? 1 : 0});
    return bulk.end_row();
}

}  // namespace cairn::scan
