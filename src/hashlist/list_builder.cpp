#include "hashlist/list_builder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "hashlist/hamming_search.h"
#include "hashlist/packed_entry.h"
#include "hashlist/pdq_disguise.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kTagBytes = sizeof(crypto::Tag128);
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kTableRunBytes = std::size_t{32} << 20U;
constexpr std::size_t kReadCodes = 8192;

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

bool is_known(Bytes digest) {
    return std::any_of(digest.begin(), digest.end(), [](std::uint8_t byte) { return byte != 0; });
}

/// Numbers texts by their order, 0 for the empty text, and writes them sealed.
class TextNumbers {
public:
    explicit TextNumbers(const TextTable& table) : table_(table) {
        std::uint32_t number = 0;
        for (const auto& [id, text] : table.texts()) numbers_.emplace(id, ++number);
    }

    std::uint32_t of(TextId id) const {
        const auto found = numbers_.find(id);
        return found == numbers_.end() ? 0 : found->second;
    }

    ByteVector sealed(const crypto::SecretKey& key) const {
        ByteWriter writer;
        writer.u32_le(static_cast<std::uint32_t>(numbers_.size()));
        for (const auto& [id, text] : table_.texts()) writer.sized(as_bytes(text));
        return crypto::seal(key, writer.bytes());
    }

private:
    const TextTable& table_;
    std::map<TextId, std::uint32_t> numbers_;
};

/// Writes the sections of one file in the order of their types.
class IndexWriter {
public:
    IndexWriter(const std::string& folder, const IndexKeys& keys, const TextTable& texts, int fd)
        : keys_(keys), disguise_(keys.file_key), texts_(texts), fd_(fd), writer_(fd) {
        for (auto& table : tables_) {
            table.emplace(RecordSorter::Options{folder, kDigestRecordBytes, 0, 0, kTableRunBytes});
        }
        codes_.emplace(RecordSorter::Options{folder, kCodeBytes + kIdBytes, 0, 0, kTableRunBytes});
    }

    Result<IndexHeader> write(RecordSorter& shuffled, const crypto::Tag128& salt) {
        header_.salt = salt;
        header_.key_check = keys_.key_check;
        header_.entries = shuffled.count();
        CAIRN_TRY(write_entries(shuffled));
        for (std::size_t kind = 0; kind < tables_.size(); ++kind) CAIRN_TRY(write_digests(kind));
        CAIRN_TRY(write_codes());
        CAIRN_TRY(write_bands());
        CAIRN_TRY(writer_.begin(SectionType::texts));
        CAIRN_TRY(writer_.write(texts_.sealed(keys_.text_key)));
        CAIRN_TRY(writer_.end());
        CAIRN_TRY(writer_.finish(header_));
        return header_;
    }

private:
    Status write_entries(RecordSorter& shuffled) {
        CAIRN_TRY(writer_.begin(SectionType::entries));
        std::uint32_t id = 0;
        const auto visit = [&](Bytes record) -> Status {
            const Bytes encoded = record.subspan(kTagBytes);
            const EntryRow row = EntryRow::decode(encoded);
            const PackedEntry packed =
                PackedEntry::from(row, texts_.of(row.category_name), texts_.of(row.series));
            CAIRN_TRY(writer_.write(packed.encode(keys_.entry_prf, id)));
            CAIRN_TRY(note_fingerprints(encoded, row, id));
            ++id;
            return ok();
        };
        CAIRN_TRY(shuffled.for_each(visit));
        return writer_.end();
    }

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
        std::array<std::uint8_t, kCodeBytes + kIdBytes> record{};
        store_code(disguise_(row.pdq), record);
        put_u32_be(id, MutableBytes(record).subspan(kCodeBytes));
        return codes_->add(record);
    }

    Status write_digests(std::size_t kind) {
        RecordSorter& table = *tables_[kind];
        const std::uint64_t records = table.count();
        const unsigned bits = directory_bits(records);
        std::vector<std::uint32_t> starts((std::size_t{1} << bits) + 1, 0);
        const auto type = [&](SectionType first) {
            return static_cast<SectionType>(static_cast<std::uint32_t>(first) + kind);
        };
        CAIRN_TRY(writer_.begin(type(SectionType::md5_records)));
        const auto visit = [&](Bytes record) -> Status {
            ++starts[directory_slot(record, bits) + 1];
            CAIRN_TRY(writer_.write(record.first(kTagBytes)));
            return writer_.write_u32(get_u32_be(record.subspan(kTagBytes)));
        };
        CAIRN_TRY(table.for_each(visit));
        CAIRN_TRY(writer_.end());
        CAIRN_TRY(writer_.begin(type(SectionType::md5_directory)));
        for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
        CAIRN_TRY(writer_.write_u32s(starts));
        header_.digest_records.at(kind) = records;
        tables_[kind].reset();
        return writer_.end();
    }

    /// Distinct codes, for each the start of its postings, and the postings.
    Status write_codes() {
        std::array<std::uint8_t, kCodeBytes> previous{};
        std::uint32_t distinct = 0;
        std::uint32_t postings = 0;
        const auto is_new = [&](Bytes record) {
            const Bytes code = record.first(kCodeBytes);
            if (distinct > 0 && std::equal(code.begin(), code.end(), previous.begin())) {
                return false;
            }
            std::copy(code.begin(), code.end(), previous.begin());
            ++distinct;
            return true;
        };
        CAIRN_TRY(writer_.begin(SectionType::pdq_codes));
        CAIRN_TRY(codes_->for_each([&](Bytes record) {
            return is_new(record) ? writer_.write(record.first(kCodeBytes)) : ok();
        }));
        CAIRN_TRY(writer_.end());
        code_section_ = writer_.last();
        header_.pdq_codes = distinct;
        header_.pdq_postings = codes_->count();

        distinct = 0;
        CAIRN_TRY(writer_.begin(SectionType::pdq_posting_starts));
        CAIRN_TRY(codes_->for_each([&](Bytes record) {
            const std::uint32_t position = postings++;
            return is_new(record) ? writer_.write_u32(position) : ok();
        }));
        CAIRN_TRY(writer_.write_u32(postings));
        CAIRN_TRY(writer_.end());

        CAIRN_TRY(writer_.begin(SectionType::pdq_postings));
        CAIRN_TRY(codes_->for_each([&](Bytes record) {
            return writer_.write_u32(get_u32_be(record.subspan(kCodeBytes)));
        }));
        codes_.reset();
        return writer_.end();
    }

    /// Reads the codes back from the file, in blocks.
    Status read_codes(const CodeVisitor& visit) const {
        ByteVector block(kReadCodes * kCodeBytes);
        for (std::uint64_t done = 0; done < code_section_.bytes;) {
            const std::uint64_t left = code_section_.bytes - done;
            const auto wanted =
                static_cast<std::size_t>(std::min<std::uint64_t>(left, block.size()));
            const std::size_t got = CAIRN_TRY(
                read_at(fd_, code_section_.offset + done, MutableBytes(block).first(wanted))
            );
            if (got != wanted) return fail(Errc::io, "list index is shorter than written");
            for (std::size_t i = 0; i < got / kCodeBytes; ++i) visit(load_code(block, i));
            done += got;
        }
        return ok();
    }

    /// One band at a time, so that memory holds the ids of one band only.
    Status write_bands() {
        header_.bands = header_.pdq_codes < kScanCodesMax ? 0 : kBands;
        const auto codes = static_cast<std::uint32_t>(header_.pdq_codes);
        const CodeSource source = [&](const CodeVisitor& visit) { return read_codes(visit); };
        std::vector<std::uint32_t> starts;
        CAIRN_TRY(writer_.begin(SectionType::band_ids));
        for (std::size_t band = 0; band < header_.bands; ++band) {
            const BandTable table = CAIRN_TRY(build_band(codes, band, source));
            CAIRN_TRY(writer_.write_u32s(table.ids));
            starts.insert(starts.end(), table.starts.begin(), table.starts.end());
        }
        CAIRN_TRY(writer_.end());
        CAIRN_TRY(writer_.begin(SectionType::band_starts));
        CAIRN_TRY(writer_.write_u32s(starts));
        return writer_.end();
    }

    const IndexKeys& keys_;
    PdqDisguise disguise_;
    TextNumbers texts_;
    int fd_;
    SectionWriter writer_;
    IndexHeader header_;
    Section code_section_;
    std::array<std::optional<RecordSorter>, 3> tables_;
    std::optional<RecordSorter> codes_;
};

}  // namespace

ListBuilder::ListBuilder(std::string folder, const crypto::SecretKey& list_key)
    : folder_(std::move(folder)), list_key_(list_key), merger_(folder_) {}

Status ListBuilder::merge(ListKind kind, std::string_view scheme) {
    constexpr std::size_t kRowTextIds = 2 * sizeof(TextId);
    shuffled_ = std::make_unique<RecordSorter>(RecordSorter::Options{
        folder_, kTagBytes + EntryRow::kEncodedBytes});
    const crypto::Prf128 order(list_key_.derive("list entry order"));
    crypto::Sha256Stream digest;
    const auto take_text = [&](std::string_view text) {
        ByteWriter writer;
        writer.sized(as_bytes(text));
        digest.update(writer.bytes());
    };
    digest.update(as_bytes("cairn list 1\n"));
    take_text(name_of(kind));
    take_text(scheme);
    const auto visit = [&](Bytes encoded) -> Status {
        const EntryRow row = EntryRow::decode(encoded);
        digest.update(encoded.first(encoded.size() - kRowTextIds));
        take_text(texts_.text(row.category_name));
        take_text(texts_.text(row.series));
        const crypto::Tag128 tag = order(encoded);
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
    const crypto::Tag128 salt = crypto::Prf128(list_key_.derive("list salt"))(version_id_);
    const IndexKeys keys(list_key_, salt);
    IndexWriter writer(folder_, keys, texts_, fd);
    return writer.write(*shuffled_, salt);
}

}  // namespace cairn::hashlist
