#include "hashlist/list_builder.h"

#include <algorithm>
#include <optional>

#include "hashlist/index_writer.h"
#include "hashlist/pdq_disguise.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kTableRunBytes = std::size_t{32} << 20U;

void put_u32_be(std::uint32_t value, MutableBytes out) {
    for (std::size_t i = 0; i < 4; ++i) {
        out[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    }
}

std::uint32_t get_u32_be(Bytes in) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8U | in[i];
    return value;
}

crypto::Tag128 tag_in(Bytes record) {
    crypto::Tag128 tag{};
    std::copy_n(record.begin(), tag.size(), tag.begin());
    return tag;
}

bool is_known(Bytes digest) {
    return std::any_of(digest.begin(), digest.end(), [](std::uint8_t byte) { return byte != 0; });
}

/// Rows sorted by their tags, as an index file wants them.
class RowSource final : public IndexSource {
public:
    RowSource(
        const std::string& folder,
        const IndexKeys& keys,
        const TextTable& texts,
        RecordSorter& shuffled
    )
        : keys_(keys),
          texts_(texts),
          shuffled_(shuffled),
          disguise_(keys.file_key),
          codes_({folder, kCodeRecord, 0, 0, kTableRunBytes}) {
        for (auto& table : tables_) {
            table.emplace(RecordSorter::Options{folder, kDigestRecordBytes, 0, 0, kTableRunBytes});
        }
    }

    /// The first walk also notes the fingerprints.
    Status for_each_entry(const EntryVisitor& visit) override {
        std::uint32_t id = 0;
        const auto visit_record = [&](Bytes record) -> Status {
            const Bytes encoded = record.subspan(kTagBytes);
            const EntryRow row = EntryRow::decode(encoded);
            if (!noted_) CAIRN_TRY(note_fingerprints(encoded, row, id));
            ++id;
            return visit({tag_in(record), PackedEntry::from(row), row.category_name, row.series});
        };
        CAIRN_TRY(shuffled_.for_each(visit_record));
        noted_ = true;
        return ok();
    }

    std::uint64_t digest_records(std::size_t kind) const override {
        return tables_.at(kind)->count();
    }

    Status for_each_digest(std::size_t kind, const DigestVisitor& visit) override {
        return tables_.at(kind)->for_each([&](Bytes record) {
            return visit(tag_in(record), get_u32_be(record.subspan(kTagBytes)));
        });
    }

    Status for_each_code(const CodeVisitor& visit) override {
        return codes_.for_each([&](Bytes record) {
            const Bytes rest = record.subspan(index::kCodeBytes);
            return visit({index::load_code(record, 0), get_u32_be(rest), rest[kIdBytes] != 0});
        });
    }

    const std::map<TextId, std::string>& texts() const override { return texts_.texts(); }

private:
    static constexpr std::size_t kCodeRecord = index::kCodeBytes + kIdBytes + 1;

    Status note_fingerprints(Bytes encoded, const EntryRow& row, std::uint32_t id) {
        for (std::size_t kind = 0; kind < tables_.size(); ++kind) {
            const Bytes digest =
                encoded.subspan(kDigestSlices[kind].offset, kDigestSlices[kind].bytes);
            if (!is_known(digest)) continue;
            std::array<std::uint8_t, kDigestRecordBytes> record{};
            const crypto::Tag128 tag = keys_.digest_prfs[kind](digest);
            std::copy(tag.begin(), tag.end(), record.begin());
            put_u32_be(id, MutableBytes(record).subspan(kTagBytes));
            CAIRN_TRY(tables_[kind]->add(record));
        }
        if (row.pdq == fingerprint::PdqCode{}) return ok();
        std::array<std::uint8_t, kCodeRecord> record{};
        index::store_code(disguise_(row.pdq).words, record);
        put_u32_be(id, MutableBytes(record).subspan(index::kCodeBytes));
        record.back() = row.pdq_quality ? 1 : 0;
        return codes_.add(record);
    }

    const IndexKeys& keys_;
    const TextTable& texts_;
    RecordSorter& shuffled_;
    PdqDisguise disguise_;
    bool noted_ = false;
    std::array<std::optional<RecordSorter>, 3> tables_;
    RecordSorter codes_;
};

}  // namespace

ListBuilder::ListBuilder(
    std::string folder, const crypto::SecretKey& list_key, std::string_view name
)
    : folder_(std::move(folder)),
      salt_(list_salt(list_key, name)),
      keys_(list_key, salt_),
      merger_(folder_) {}

Status ListBuilder::merge(ListKind kind, std::string_view scheme, const RowFilter& filter) {
    constexpr std::size_t kRowTextIds = 2 * sizeof(TextId);
    shuffled_ = std::make_unique<RecordSorter>(RecordSorter::Options{
        folder_, kTagBytes + EntryRow::kEncodedBytes});
    crypto::Sha256Stream digest;
    const auto take_text = [&](std::string_view text) {
        ByteWriter writer;
        writer.sized(as_bytes(text));
        digest.update(writer.bytes());
    };
    digest.update(as_bytes("cairn list 1\n"));
    take_text(name_of(kind));
    take_text(scheme);
    const auto visit = [&](Bytes merged) -> Status {
        EntryRow row = EntryRow::decode(merged);
        digest.update(merged.first(merged.size() - kRowTextIds));
        take_text(texts_.text(row.category_name));
        take_text(texts_.text(row.series));
        if (filter) {
            const bool wanted = CAIRN_TRY(filter(row));
            if (!wanted) return ok();
        }
        const EntryRow::Encoded encoded = row.encode();
        const crypto::Tag128 tag = keys_.row_prf(encoded);
        std::array<std::uint8_t, kTagBytes + EntryRow::kEncodedBytes> record{};
        std::copy(tag.begin(), tag.end(), record.begin());
        std::copy(encoded.begin(), encoded.end(), record.begin() + kTagBytes);
        return shuffled_->add(record);
    };
    CAIRN_TRY(merger_.finish(visit));
    if (shuffled_->count() > kEntriesMax) {
        return fail(Errc::limit_exceeded, "a list holds at most {} entries", kEntriesMax);
    }
    version_id_ = digest.finish();
    return ok();
}

Result<IndexHeader> ListBuilder::write(int fd) {
    RowSource source(folder_, keys_, texts_, *shuffled_);
    return write_index(keys_, salt_, source, fd);
}

}  // namespace cairn::hashlist
