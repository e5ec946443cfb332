#include "hashlist/entry_merger.h"

#include <algorithm>
#include <vector>

namespace cairn::hashlist {
namespace {

/// Rows under one digest that are compared with each other. Real lists have a few; a list made
/// to slow us down is merged less.
constexpr std::size_t kOpenRowsMax = 64;

template <std::size_t N>
bool is_known(const std::array<std::uint8_t, N>& digest) {
    return digest != std::array<std::uint8_t, N>{};
}

bool is_known(const fingerprint::PdqCode& code) {
    return code != fingerprint::PdqCode{};
}

template <typename Value>
bool agree(const Value& a, const Value& b) {
    return a == b || !is_known(a) || !is_known(b);
}

bool sizes_agree(std::uint64_t a, std::uint64_t b) {
    return a == b || a == 0 || b == 0;
}

bool same_label(const EntryRow& a, const EntryRow& b) {
    return a.category == b.category && a.verdict == b.verdict &&
           a.category_name == b.category_name && a.series == b.series;
}

bool can_merge(const EntryRow& a, const EntryRow& b) {
    return same_label(a, b) && agree(a.md5, b.md5) && agree(a.sha1, b.sha1) &&
           agree(a.sha256, b.sha256) && agree(a.pdq, b.pdq) &&
           sizes_agree(a.size_bytes, b.size_bytes);
}

template <typename Value>
void take_unknown(Value& into, const Value& from) {
    if (!is_known(into)) into = from;
}

void merge_into(EntryRow& into, const EntryRow& from) {
    if (!is_known(into.pdq)) {
        into.pdq = from.pdq;
        into.pdq_quality = from.pdq_quality;
    } else if (is_known(from.pdq) && !into.pdq_quality) {
        into.pdq_quality = from.pdq_quality;
    }
    take_unknown(into.md5, from.md5);
    take_unknown(into.sha1, from.sha1);
    take_unknown(into.sha256, from.sha256);
    if (into.size_bytes == 0) into.size_bytes = from.size_bytes;
}

bool conflict(const EntryRow& a, const EntryRow& b) {
    return is_known(a.md5) && a.md5 == b.md5 &&
           (!agree(a.sha1, b.sha1) || !agree(a.sha256, b.sha256));
}

bool has_digest(Bytes encoded, std::size_t kind) {
    const Bytes digest = encoded.subspan(kDigestSlices[kind].offset, kDigestSlices[kind].bytes);
    return std::any_of(digest.begin(), digest.end(), [](std::uint8_t byte) { return byte != 0; });
}

bool same_digest(Bytes a, Bytes b, std::size_t kind) {
    const auto slice = [&](Bytes row) {
        return row.subspan(kDigestSlices[kind].offset, kDigestSlices[kind].bytes);
    };
    return std::equal(slice(a).begin(), slice(a).end(), slice(b).begin());
}

}  // namespace

/// The rows under one digest value.
class EntryMerger::Group {
public:
    explicit Group(EntryMerger& merger) : merger_(merger) {}

    Status add(const EntryRow& row) {
        for (EntryRow& open : open_) {
            if (can_merge(open, row)) {
                merge_into(open, row);
                ++merger_.merged_;
                return ok();
            }
        }
        if (!open_.empty() && conflict(open_.back(), row)) ++merger_.hash_conflicts_;
        if (open_.size() == kOpenRowsMax) {
            CAIRN_TRY(merger_.put(open_.front()));
            open_.erase(open_.begin());
        }
        open_.push_back(row);
        return ok();
    }

    Status close() {
        for (const EntryRow& row : open_) CAIRN_TRY(merger_.put(row));
        open_.clear();
        return ok();
    }

private:
    EntryMerger& merger_;
    std::vector<EntryRow> open_;
};

EntryMerger::EntryMerger(std::string folder)
    : folder_(std::move(folder)), rows_(make_sorter(std::nullopt)) {}

/// Sorts by the digest of `kind`, or in canonical order.
std::unique_ptr<RecordSorter> EntryMerger::make_sorter(std::optional<std::size_t> kind) const {
    RecordSorter::Options options{folder_, EntryRow::kEncodedBytes};
    if (kind) {
        options.key_offset = kDigestSlices.at(*kind).offset;
        options.key_bytes = kDigestSlices.at(*kind).bytes;
    }
    return std::make_unique<RecordSorter>(options);
}

Status EntryMerger::put(const EntryRow& row) {
    return rows_->add(row.encode());
}

Status EntryMerger::add(const EntryRow& row) {
    if (is_known(row.md5)) ++have_[0];
    if (is_known(row.sha1)) ++have_[1];
    if (is_known(row.sha256)) ++have_[2];
    return put(row);
}

/// Kinds by which rows must be compared. Once every row has one kind, two rows that agree in a
/// later kind either agree in that one too, and have met, or contradict each other.
std::vector<std::size_t> EntryMerger::kinds_to_merge_by() const {
    std::vector<std::size_t> kinds;
    for (std::size_t kind = 0; kind < have_.size(); ++kind) {
        if (have_[kind] > 0) kinds.push_back(kind);
        if (have_[kind] == rows_->count()) break;
    }
    return kinds;
}

/// One pass over rows_, which are sorted by `kind`, into a new rows_ sorted by `next`.
Status EntryMerger::merge_by(std::size_t kind, std::optional<std::size_t> next) {
    const std::unique_ptr<RecordSorter> sorted = std::move(rows_);
    rows_ = make_sorter(next);
    Group group(*this);
    EntryRow::Encoded previous{};
    const auto visit = [&](Bytes encoded) -> Status {
        if (!has_digest(encoded, kind)) return rows_->add(encoded);
        if (!same_digest(previous, encoded, kind)) CAIRN_TRY(group.close());
        std::copy(encoded.begin(), encoded.end(), previous.begin());
        return group.add(EntryRow::decode(encoded));
    };
    CAIRN_TRY(sorted->for_each(visit));
    return group.close();
}

Status EntryMerger::finish(const RecordSorter::Visitor& visit) {
    // Canonical order begins with MD5, and with a later kind where no row has an earlier one: it
    // serves the first pass as it is.
    const std::vector<std::size_t> kinds = kinds_to_merge_by();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const bool last = i + 1 == kinds.size();
        CAIRN_TRY(merge_by(kinds[i], last ? std::nullopt : std::optional(kinds[i + 1])));
    }
    EntryRow::Encoded previous{};
    const auto visit_once = [&](Bytes encoded) -> Status {
        if (std::equal(encoded.begin(), encoded.end(), previous.begin())) {
            ++merged_;
            return ok();
        }
        std::copy(encoded.begin(), encoded.end(), previous.begin());
        return visit(encoded);
    };
    return rows_->for_each(visit_once);
}

}  // namespace cairn::hashlist
