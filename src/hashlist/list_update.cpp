#include "hashlist/list_update.h"

#include <algorithm>

#include "hashlist/refused_values.h"

namespace cairn::hashlist {
namespace {

constexpr std::uint8_t kPdqKind = 3;
using Value = std::array<std::uint8_t, WithdrawalSink::kValueBytes>;

Value value_of(std::uint8_t kind, Bytes bytes) {
    Value value{};
    value[0] = kind;
    std::copy(bytes.begin(), bytes.end(), value.begin() + 1);
    return value;
}

Value value_of(const fingerprint::PdqCode& code) {
    EntryRow row;
    row.pdq = code;
    const EntryRow::Encoded encoded = row.encode();
    return value_of(kPdqKind, Bytes(encoded).subspan(kPdqSlice.offset, kPdqSlice.bytes));
}

fingerprint::PdqCode code_in(Bytes value) {
    EntryRow::Encoded encoded{};
    std::copy(value.begin() + 1, value.end(), encoded.begin() + kPdqSlice.offset);
    return EntryRow::decode(encoded).pdq;
}

bool contains(const std::vector<std::uint32_t>& entries, std::uint32_t entry) {
    return std::find(entries.begin(), entries.end(), entry) != entries.end();
}

bool is_known(Bytes digest) {
    return std::any_of(digest.begin(), digest.end(), [](std::uint8_t byte) { return byte != 0; });
}

std::array<Bytes, kDigestKinds> digests_of(const EntryRow& row) {
    return {row.md5, row.sha1, row.sha256};
}

}  // namespace

WithdrawalSink::WithdrawalSink(const std::string& folder, ImportReport& report)
    : CountingSink(report), values_({folder, kValueBytes}) {}

Status WithdrawalSink::accept(const ListRecord& record) {
    bool any = false;
    const auto take = [&](const Value& value) {
        any = true;
        return values_.add(value);
    };
    if (record.md5 && !is_placeholder(*record.md5)) CAIRN_TRY(take(value_of(0, *record.md5)));
    if (record.sha1 && !is_placeholder(*record.sha1)) CAIRN_TRY(take(value_of(1, *record.sha1)));
    if (record.sha256 && !is_placeholder(*record.sha256)) {
        CAIRN_TRY(take(value_of(2, *record.sha256)));
    }
    if (record.pdq && *record.pdq != fingerprint::PdqCode{}) CAIRN_TRY(take(value_of(*record.pdq)));
    if (!any) {
        refuse(record.position, record.unmatchable_hash ? "unmatchable" : "no_hash");
        return ok();
    }
    ++report_.rows_read;
    return ok();
}

Status WithdrawalSink::for_each(const RecordSorter::Visitor& visit) {
    Value previous{};
    bool first = true;
    return values_.for_each([&](Bytes value) -> Status {
        if (!first && std::equal(value.begin(), value.end(), previous.begin())) return ok();
        first = false;
        std::copy(value.begin(), value.end(), previous.begin());
        return visit(value);
    });
}

ListChange::ListChange(const SegmentedIndex& version, UpdateReport& report)
    : version_(version), report_(report), marked_(version.numbered_entries(), false) {}

void ListChange::mark(std::uint32_t entry, std::uint64_t& counter) {
    if (marked_[entry]) return;
    marked_[entry] = true;
    ++counter;
}

Status ListChange::withdraw(WithdrawalSink& values) {
    crypto::Sha256Stream digest;
    CAIRN_TRY(values.for_each([&](Bytes value) {
        digest.update(value);
        const std::uint8_t kind = value[0];
        const std::vector<std::uint32_t> entries =
            kind == kPdqKind
                ? version_.listing(code_in(value))
                : version_.listing(kind, value.subspan(1, kDigestSlices.at(kind).bytes));
        if (entries.empty()) ++report_.values_unknown;
        for (const std::uint32_t entry : entries) mark(entry, report_.entries_withdrawn);
        return ok();
    }));
    withdrawn_values_ = digest.finish();
    return ok();
}

/// Entries in force that may be of the same file: they share a digest, or, where the row has none,
/// the PDQ code.
std::vector<std::uint32_t> ListChange::entries_sharing(const EntryRow& row) const {
    std::vector<std::uint32_t> entries;
    const auto take = [&](const std::vector<std::uint32_t>& found) {
        for (const std::uint32_t entry : found) {
            if (!marked_[entry]) entries.push_back(entry);
        }
    };
    const auto digests = digests_of(row);
    for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
        if (is_known(digests[kind])) take(version_.listing(kind, digests[kind]));
    }
    if (entries.empty() && std::none_of(digests.begin(), digests.end(), is_known)) {
        take(version_.listing(row.pdq));
    }
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    return entries;
}

/// As import merges rows: same label, nothing that contradicts. An entry that knows a digest or a
/// code more stands apart: its plain values are not in the files.
Result<ListChange::Relation> ListChange::compare(
    const EntryRow& row, const TextTable& texts, std::uint32_t entry
) const {
    const PackedEntry packed = version_.packed_entry(entry);
    const auto digests = digests_of(row);
    bool row_more = false;
    bool entry_more = false;
    bool any_digest = false;
    for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
        const bool row_has = is_known(digests[kind]);
        if (row_has && packed.has_digest(kind)) {
            if (!contains(version_.listing(kind, digests[kind]), entry)) return Relation::apart;
        }
        any_digest |= row_has || packed.has_digest(kind);
        row_more |= row_has && !packed.has_digest(kind);
        entry_more |= !row_has && packed.has_digest(kind);
    }
    const bool row_has_code = row.pdq != fingerprint::PdqCode{};
    const bool entry_has_code = packed.has(PackedEntry::kHasPdq);
    if (row_has_code && entry_has_code && !contains(version_.listing(row.pdq), entry)) {
        return Relation::apart;
    }
    row_more |= row_has_code && !entry_has_code;
    entry_more |= !row_has_code && entry_has_code;
    const bool sizes_agree =
        row.size_bytes == packed.size_bytes || row.size_bytes == 0 || packed.size_bytes == 0;
    const ListEntry label = CAIRN_TRY(version_.entry(entry));
    const bool same_label = label.category == row.category && label.verdict == row.verdict &&
                            label.category_name == texts.text(row.category_name) &&
                            label.series == texts.text(row.series);
    if (!sizes_agree || !same_label) return Relation::apart;
    const bool quality_more = row.pdq_quality && !packed.has(PackedEntry::kHasQuality);
    if (!any_digest) {
        // Rows without a digest are one entry only where they are the same in everything.
        const bool same = row.size_bytes == packed.size_bytes && !quality_more &&
                          row.pdq_quality.has_value() == packed.has(PackedEntry::kHasQuality) &&
                          row.pdq_quality.value_or(0) == packed.pdq_quality;
        return same ? Relation::row_is_known : Relation::apart;
    }
    row_more |= (row.size_bytes != 0 && packed.size_bytes == 0) || quality_more;
    if (!row_more) return Relation::row_is_known;
    return entry_more ? Relation::apart : Relation::row_knows_more;
}

Result<bool> ListChange::take(EntryRow& row, const TextTable& texts) {
    std::vector<std::uint32_t> replaced;
    for (const std::uint32_t entry : entries_sharing(row)) {
        const Relation relation = CAIRN_TRY(compare(row, texts, entry));
        if (relation == Relation::row_is_known) {
            ++report_.entries_present;
            return false;
        }
        if (relation == Relation::row_knows_more) replaced.push_back(entry);
    }
    for (const std::uint32_t entry : replaced) {
        const PackedEntry packed = version_.packed_entry(entry);
        if (row.size_bytes == 0) row.size_bytes = packed.size_bytes;
        if (!row.pdq_quality && packed.has(PackedEntry::kHasQuality)) {
            row.pdq_quality = packed.pdq_quality;
        }
        mark(entry, report_.entries_replaced);
    }
    if (replaced.empty()) ++report_.entries_added;
    return true;
}

crypto::Sha256 ListChange::version_id(const crypto::Sha256& before, const crypto::Sha256& added)
    const {
    crypto::Sha256Stream digest;
    digest.update(as_bytes("cairn list update 1\n"));
    digest.update(before);
    digest.update(added);
    digest.update(withdrawn_values_);
    return digest.finish();
}

std::vector<std::vector<std::uint32_t>> ListChange::withdrawn() const {
    std::vector<std::vector<std::uint32_t>> entries;
    for (const SegmentedIndex::Segment& segment : version_.segments()) {
        std::vector<std::uint32_t>& own = entries.emplace_back();
        for (std::uint32_t entry = 0; entry < segment.index->header().entries; ++entry) {
            if (marked_[segment.first_entry + entry]) own.push_back(entry);
        }
    }
    return entries;
}

}  // namespace cairn::hashlist
