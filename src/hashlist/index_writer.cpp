#include "hashlist/index_writer.h"

#include <array>
#include <vector>

#include "hashlist/mapping.h"
#include "hashlist/pdq_quarantine.h"
#include "index/digest_table.h"
#include "index/hamming_builder.h"

namespace cairn::hashlist {
namespace {

/// The numbers of texts in one file: by their ids, 0 for the empty text.
class TextNumbers {
public:
    void note(TextId id) {
        if (id != 0) numbers_.emplace(id, 0);
    }
    void assign() {
        std::uint32_t number = 0;
        for (auto& [id, assigned] : numbers_) assigned = ++number;
    }
    std::uint32_t of(TextId id) const {
        const auto found = numbers_.find(id);
        return found == numbers_.end() ? 0 : found->second;
    }

    ByteVector sealed(const std::map<TextId, std::string>& texts, const crypto::SecretKey& key)
        const {
        ByteWriter writer;
        writer.u32_le(static_cast<std::uint32_t>(numbers_.size()));
        for (const auto& [id, number] : numbers_) {
            const auto text = texts.find(id);
            writer.sized(text == texts.end() ? Bytes() : as_bytes(text->second));
        }
        return crypto::seal(key, writer.bytes());
    }

private:
    std::map<TextId, std::uint32_t> numbers_;
};

SectionType nth(SectionType first, std::size_t kind) {
    return static_cast<SectionType>(static_cast<std::uint32_t>(first) + kind);
}

class IndexWriter {
public:
    IndexWriter(const IndexKeys& keys, IndexSource& source, int fd)
        : keys_(keys), source_(source), fd_(fd), writer_(fd) {}

    Result<IndexHeader> write(const crypto::Tag128& salt) {
        header_.salt = salt;
        header_.key_check = keys_.key_check;
        CAIRN_TRY(write_row_tags());
        CAIRN_TRY(write_entries());
        for (std::size_t kind = 0; kind < header_.digest_records.size(); ++kind) {
            CAIRN_TRY(write_digests(kind));
        }
        CAIRN_TRY(write_pdq({}));
        const PdqQuarantine quarantine = CAIRN_TRY(look_for_crowds());
        if (!quarantine.empty()) {
            CAIRN_TRY(writer_.rewind(SectionType::pdq_codes));
            CAIRN_TRY(write_pdq(quarantine));
        }
        CAIRN_TRY(writer_.begin(SectionType::texts));
        CAIRN_TRY(writer_.write(texts_.sealed(source_.texts(), keys_.text_key)));
        CAIRN_TRY(writer_.end());
        CAIRN_TRY(writer_.finish(header_));
        return header_;
    }

private:
    /// Also the first look at the entries: which texts they name, and what the file's content is.
    Status write_row_tags() {
        crypto::Sha256Stream content;
        CAIRN_TRY(writer_.begin(SectionType::row_tags));
        CAIRN_TRY(source_.for_each_entry([&](const SourceEntry& entry) {
            content.update(entry.row_tag);
            texts_.note(entry.category_name);
            texts_.note(entry.series);
            ++header_.entries;
            return writer_.write(entry.row_tag);
        }));
        CAIRN_TRY(writer_.end());
        if (header_.entries > kEntriesMax) {
            return fail(Errc::limit_exceeded, "a list holds at most {} entries", kEntriesMax);
        }
        texts_.assign();
        header_.content = keys_.content_prf(content.finish());
        return ok();
    }

    Status write_entries() {
        const crypto::Prf128 mask = keys_.entry_prf(header_.content);
        std::uint32_t number = 0;
        CAIRN_TRY(writer_.begin(SectionType::entries));
        CAIRN_TRY(source_.for_each_entry([&](const SourceEntry& entry) {
            PackedEntry packed = entry.packed;
            packed.category_name = texts_.of(entry.category_name);
            packed.series = texts_.of(entry.series);
            return writer_.write(packed.encode(mask, number++));
        }));
        return writer_.end();
    }

    Status write_digests(std::size_t kind) {
        const std::uint64_t records = source_.digest_records(kind);
        auto directory = CAIRN_TRY(index::DigestDirectoryBuilder::start(records));
        CAIRN_TRY(writer_.begin(nth(SectionType::md5_records, kind)));
        CAIRN_TRY(source_.for_each_digest(
            kind,
            [&](const crypto::Tag128& tag, std::uint32_t entry) -> Status {
                CAIRN_TRY(directory.add(tag));
                CAIRN_TRY(writer_.write(tag));
                return writer_.write_u32(entry);
            }
        ));
        CAIRN_TRY(writer_.end());
        const std::vector<std::uint32_t> starts = CAIRN_TRY(directory.finish());
        CAIRN_TRY(writer_.begin(nth(SectionType::md5_directory, kind)));
        CAIRN_TRY(writer_.write_u32s(starts));
        header_.digest_records.at(kind) = records;
        return writer_.end();
    }

    /// Walks the codes that are searched: each with its entries, without what is quarantined.
    Status for_each_code(const PdqQuarantine& quarantine, const IndexSource::CodeVisitor& visit) {
        return source_.for_each_code([&](const SourceCode& code) {
            return quarantine.holds(code.code, code.quality_known) ? ok() : visit(code);
        });
    }

    Status write_pdq(const PdqQuarantine& quarantine) {
        CAIRN_TRY(write_codes(quarantine));
        CAIRN_TRY(write_bands());
        CAIRN_TRY(writer_.begin(SectionType::pdq_quarantined));
        header_.pdq_quarantined = 0;
        if (!quarantine.empty()) {
            CAIRN_TRY(source_.for_each_code([&](const SourceCode& code) -> Status {
                if (!quarantine.holds(code.code, code.quality_known)) return ok();
                ++header_.pdq_quarantined;
                std::array<std::uint8_t, index::kCodeBytes> bytes{};
                index::store_code(code.code, bytes);
                CAIRN_TRY(writer_.write(bytes));
                return writer_.write_u32(code.entry);
            }));
        }
        return writer_.end();
    }

    /// Distinct codes, for each the start of its postings, and the postings.
    Status write_codes(const PdqQuarantine& quarantine) {
        index::Code previous{};
        std::uint32_t distinct = 0;
        std::uint32_t postings = 0;
        const auto is_new = [&](const SourceCode& code) {
            if (distinct > 0 && code.code == previous) return false;
            previous = code.code;
            ++distinct;
            return true;
        };
        CAIRN_TRY(writer_.begin(SectionType::pdq_codes));
        CAIRN_TRY(for_each_code(quarantine, [&](const SourceCode& code) -> Status {
            ++postings;
            if (!is_new(code)) return ok();
            std::array<std::uint8_t, index::kCodeBytes> bytes{};
            index::store_code(code.code, bytes);
            return writer_.write(bytes);
        }));
        CAIRN_TRY(writer_.end());
        header_.pdq_codes = distinct;
        header_.pdq_postings = postings;

        distinct = 0;
        postings = 0;
        CAIRN_TRY(writer_.begin(SectionType::pdq_posting_starts));
        CAIRN_TRY(for_each_code(quarantine, [&](const SourceCode& code) {
            const std::uint32_t position = postings++;
            return is_new(code) ? writer_.write_u32(position) : ok();
        }));
        CAIRN_TRY(writer_.write_u32(postings));
        CAIRN_TRY(writer_.end());

        CAIRN_TRY(writer_.begin(SectionType::pdq_postings));
        CAIRN_TRY(for_each_code(quarantine, [&](const SourceCode& code) {
            return writer_.write_u32(code.entry);
        }));
        return writer_.end();
    }

    /// Reads the codes back from the file.
    Status write_bands() {
        const Mapping codes = CAIRN_TRY(mapped(SectionType::pdq_codes));
        header_.plan = index::BandPlan::for_codes(header_.pdq_codes);
        CAIRN_TRY(writer_.begin(SectionType::pdq_bands));
        CAIRN_TRY(index::build_bands(header_.plan, codes.bytes(), {}, [&](Bytes bytes) {
            return writer_.write(bytes);
        }));
        return writer_.end();
    }

    Result<Mapping> mapped(SectionType type) const {
        const Section& section = writer_.written(type);
        return Mapping::of(fd_, section.offset, section.bytes);
    }

    Result<PdqQuarantine> look_for_crowds() {
        if (header_.pdq_postings <= kCrowdMax) return PdqQuarantine();
        CAIRN_TRY(writer_.flush());
        const Mapping codes = CAIRN_TRY(mapped(SectionType::pdq_codes));
        const Mapping starts = CAIRN_TRY(mapped(SectionType::pdq_posting_starts));
        const Mapping bands = CAIRN_TRY(mapped(SectionType::pdq_bands));
        std::vector<bool> vouched(header_.pdq_codes, true);
        index::Code previous{};
        std::size_t distinct = 0;
        CAIRN_TRY(source_.for_each_code([&](const SourceCode& code) {
            if (distinct == 0 || code.code != previous) ++distinct;
            previous = code.code;
            if (!code.quality_known) vouched[distinct - 1] = false;
            return ok();
        }));
        const auto search =
            CAIRN_TRY(index::HammingIndex::open({header_.plan, codes.bytes(), bands.bytes()}));
        return find_quarantine(search, starts.bytes(), vouched);
    }

    const IndexKeys& keys_;
    IndexSource& source_;
    int fd_;
    SectionWriter writer_;
    IndexHeader header_;
    TextNumbers texts_;
};

}  // namespace

Result<IndexHeader> write_index(
    const IndexKeys& keys, const crypto::Tag128& salt, IndexSource& source, int fd
) {
    IndexWriter writer(keys, source, fd);
    return writer.write(salt);
}

}  // namespace cairn::hashlist
