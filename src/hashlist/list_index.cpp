#include "hashlist/list_index.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "hashlist/hamming_search.h"
#include "hashlist/index_file.h"
#include "hashlist/packed_entry.h"
#include "hashlist/pdq_disguise.h"
#include "hashlist/refused_values.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kTagBytes = sizeof(crypto::Tag128);

/// A read-only view of a whole file, unmapped with its object.
class Mapping {
public:
    static Result<Mapping> open(const std::string& path) {
        const Fd fd = CAIRN_TRY(open_for_reading(path));
        struct stat info {};
        if (::fstat(fd.get(), &info) != 0) return fail(Errc::io, "{}", errno_text(errno));
        const auto size = static_cast<std::size_t>(info.st_size);
        if (size < kHeaderBytes) return fail(Errc::corrupt_data, "list index: file is cut off");
        void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
        if (start == MAP_FAILED) return fail(Errc::io, "cannot map: {}", errno_text(errno));
        return Mapping({static_cast<const std::uint8_t*>(start), size});
    }
    Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping() {
        if (bytes_.empty()) return;
        // munmap takes a pointer to what it will not write to.
        ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
    }

    Bytes bytes() const { return bytes_; }

private:
    explicit Mapping(Bytes bytes) : bytes_(bytes) {}

    Bytes bytes_;
};

/// Sorted tags with their entries and the directory over them.
struct DigestTable {
    Bytes records;
    Bytes directory;
    unsigned bits = 0;

    std::size_t count() const { return records.size() / kDigestRecordBytes; }
    Bytes tag(std::size_t index) const {
        return records.subspan(index * kDigestRecordBytes, kTagBytes);
    }
    std::uint32_t entry(std::size_t index) const {
        return load_u32(records.subspan(index * kDigestRecordBytes + kTagBytes), 0);
    }
    int compare(std::size_t index, const crypto::Tag128& wanted) const {
        return std::memcmp(tag(index).data(), wanted.data(), kTagBytes);
    }

    /// The first record not below `wanted`, within its directory slot.
    std::size_t lower_bound(const crypto::Tag128& wanted) const {
        const std::size_t slot = directory_slot(wanted, bits);
        std::size_t end = std::min<std::size_t>(load_u32(directory, slot + 1), count());
        std::size_t begin = std::min<std::size_t>(load_u32(directory, slot), end);
        while (begin < end) {
            const std::size_t middle = begin + (end - begin) / 2;
            if (compare(middle, wanted) < 0) {
                begin = middle + 1;
            } else {
                end = middle;
            }
        }
        return begin;
    }
};

class MappedListIndex final : public ListIndex {
public:
    MappedListIndex(Mapping mapping, const IndexHeader& header, const IndexKeys& keys)
        : mapping_(std::move(mapping)),
          header_(header),
          keys_(keys),
          disguise_(keys.file_key),
          entries_(section(SectionType::entries)),
          posting_starts_(section(SectionType::pdq_posting_starts)),
          postings_(section(SectionType::pdq_postings)),
          hamming_{
              section(SectionType::pdq_codes),
              section(SectionType::band_starts),
              section(SectionType::band_ids)} {
        for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
            tables_[kind] = {
                section(nth(SectionType::md5_records, kind)),
                section(nth(SectionType::md5_directory, kind)),
                directory_bits(header_.digest_records[kind])};
        }
    }

    std::vector<DigestHit> find(const crypto::Digests& digests) const override {
        std::vector<DigestHit> hits;
        if (is_of_empty_file(digests.md5) || is_of_empty_file(digests.sha1) ||
            is_of_empty_file(digests.sha256)) {
            return hits;
        }
        collect(0, digests.md5, &DigestHit::md5, hits);
        collect(1, digests.sha1, &DigestHit::sha1, hits);
        collect(2, digests.sha256, &DigestHit::sha256, hits);
        join_by_entry(hits);
        std::erase_if(hits, [&](const DigestHit& hit) { return !longest_agrees(hit); });
        return hits;
    }

    std::vector<PdqHit> find(const fingerprint::PdqCode& code, int radius) const override {
        std::vector<PdqHit> hits;
        for (const CodeHit& found : search(hamming_, disguise_(code), radius)) {
            const std::size_t end = std::min<std::size_t>(
                load_u32(posting_starts_, found.code + std::size_t{1}), postings_.size() / 4
            );
            for (std::size_t i = load_u32(posting_starts_, found.code); i < end; ++i) {
                const std::uint32_t entry = load_u32(postings_, i);
                if (entry < header_.entries) hits.push_back({entry, found.distance});
            }
        }
        std::sort(hits.begin(), hits.end(), [](const PdqHit& a, const PdqHit& b) {
            return a.distance != b.distance ? a.distance < b.distance : a.entry < b.entry;
        });
        return hits;
    }

    Result<ListEntry> entry(std::uint32_t id) const override {
        if (id >= header_.entries) {
            return fail(Errc::not_found, "entry {} of {}", id, header_.entries);
        }
        const PackedEntry packed = packed_entry(id);
        if (packed.verdict > static_cast<std::uint8_t>(Verdict::ignorable)) {
            return fail(Errc::corrupt_data, "list index: entry {} is damaged", id);
        }
        const TextsPtr texts = CAIRN_TRY(load_texts());
        ListEntry entry;
        entry.id = id;
        entry.verdict = static_cast<Verdict>(packed.verdict);
        if ((packed.flags & PackedEntry::kHasCategory) != 0) entry.category = packed.category;
        if ((packed.flags & PackedEntry::kHasQuality) != 0) entry.pdq_quality = packed.pdq_quality;
        if (packed.size_bytes != 0) entry.size_bytes = packed.size_bytes;
        entry.category_name = CAIRN_TRY(text_of(*texts, packed.category_name));
        entry.series = CAIRN_TRY(text_of(*texts, packed.series));
        return entry;
    }

    std::uint64_t entry_count() const override { return header_.entries; }
    std::array<std::uint64_t, kDigestKinds> digest_counts() const override {
        return header_.digest_records;
    }
    std::uint64_t pdq_count() const override { return header_.pdq_codes; }
    std::uint64_t file_size_bytes() const override { return mapping_.bytes().size(); }

    Status verify() const override {
        for (std::size_t i = 0; i < kSectionTypes; ++i) {
            const auto type = static_cast<SectionType>(i + 1);
            if (checksum_of(section(type)) != header_.section(type).checksum) {
                return fail(Errc::corrupt_data, "list index: section {} is damaged", i + 1);
            }
        }
        for (const DigestTable& table : tables_) CAIRN_TRY(verify_table(table));
        CAIRN_TRY(verify_codes());
        CAIRN_TRY(verify_bands());
        return verify_entries();
    }

private:
    using Texts = std::vector<std::string>;
    using TextsPtr = std::shared_ptr<const Texts>;

    static SectionType nth(SectionType first, std::size_t kind) {
        return static_cast<SectionType>(static_cast<std::uint32_t>(first) + kind);
    }

    Bytes section(SectionType type) const {
        const Section& section = header_.section(type);
        return mapping_.bytes().subspan(section.offset, section.bytes);
    }

    PackedEntry packed_entry(std::uint32_t id) const {
        return PackedEntry::decode(
            keys_.entry_prf, id, entries_.subspan(std::size_t{id} * kEntryBytes, kEntryBytes)
        );
    }

    void collect(
        std::size_t kind, Bytes digest, bool DigestHit::*mark, std::vector<DigestHit>& hits
    ) const {
        const DigestTable& table = tables_[kind];
        if (table.records.empty() || is_placeholder(digest)) return;
        const crypto::Tag128 tag = keys_.digest_prfs[kind](digest);
        for (std::size_t i = table.lower_bound(tag); i < table.count(); ++i) {
            if (table.compare(i, tag) != 0) break;
            const std::uint32_t entry = table.entry(i);
            if (entry >= header_.entries) continue;
            hits.push_back({entry});
            hits.back().*mark = true;
        }
    }

    /// Sorts by entry and makes one hit of those of one entry.
    static void join_by_entry(std::vector<DigestHit>& hits) {
        std::sort(hits.begin(), hits.end(), [](const DigestHit& a, const DigestHit& b) {
            return a.entry < b.entry;
        });
        std::size_t kept = 0;
        for (std::size_t i = 1; i < hits.size(); ++i) {
            if (hits[i].entry != hits[kept].entry) {
                hits[++kept] = hits[i];
                continue;
            }
            hits[kept].md5 |= hits[i].md5;
            hits[kept].sha1 |= hits[i].sha1;
            hits[kept].sha256 |= hits[i].sha256;
        }
        if (!hits.empty()) hits.resize(kept + 1);
    }

    /// The longest digest an entry has decides.
    bool longest_agrees(const DigestHit& hit) const {
        const std::uint8_t flags = packed_entry(hit.entry).flags;
        if ((flags & PackedEntry::kHasSha256) != 0) return hit.sha256;
        if ((flags & PackedEntry::kHasSha1) != 0) return hit.sha1;
        return hit.md5;
    }

    static Result<std::string> text_of(const Texts& texts, std::uint32_t number) {
        if (number == 0) return std::string();
        if (number > texts.size()) return fail(Errc::corrupt_data, "list index: unknown text");
        return texts[number - 1];
    }

    /// Opened when first asked for, so that opening a list costs the same at any size.
    Result<TextsPtr> load_texts() const {
        const std::lock_guard lock(texts_mutex_);
        if (texts_) return texts_;
        const ByteVector plain =
            CAIRN_TRY(crypto::unseal(keys_.text_key, section(SectionType::texts)));
        ByteReader reader(plain);
        const std::uint32_t count = CAIRN_TRY(reader.u32_le());
        auto texts = std::make_shared<Texts>();
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint64_t size = CAIRN_TRY(reader.leb128());
            const Bytes text = CAIRN_TRY(reader.take(size));
            texts->emplace_back(as_text(text));
        }
        texts_ = std::move(texts);
        return texts_;
    }

    Status verify_table(const DigestTable& table) const {
        const auto damaged = [] {
            return fail(Errc::corrupt_data, "list index: digest table is out of order");
        };
        const std::size_t slots = table.directory.size() / 4 - 1;
        if (load_u32(table.directory, 0) != 0) return damaged();
        if (load_u32(table.directory, slots) != table.count()) return damaged();
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const std::size_t begin = load_u32(table.directory, slot);
            const std::size_t end = load_u32(table.directory, slot + 1);
            if (begin > end || end > table.count()) return damaged();
            for (std::size_t i = begin; i < end; ++i) {
                if (directory_slot(table.tag(i), table.bits) != slot) return damaged();
                if (table.entry(i) >= header_.entries) return damaged();
                if (i > 0 &&
                    std::memcmp(table.tag(i - 1).data(), table.tag(i).data(), kTagBytes) > 0) {
                    return damaged();
                }
            }
        }
        return ok();
    }

    Status verify_codes() const {
        const auto damaged = [] {
            return fail(Errc::corrupt_data, "list index: PDQ codes are out of order");
        };
        const std::size_t codes = header_.pdq_codes;
        const std::size_t postings = header_.pdq_postings;
        if (load_u32(posting_starts_, 0) != 0 || load_u32(posting_starts_, codes) != postings) {
            return damaged();
        }
        for (std::size_t i = 0; i < codes; ++i) {
            if (load_u32(posting_starts_, i) >= load_u32(posting_starts_, i + 1)) return damaged();
            if (i == 0) continue;
            const Bytes previous = hamming_.codes.subspan((i - 1) * kCodeBytes, kCodeBytes);
            const Bytes code = hamming_.codes.subspan(i * kCodeBytes, kCodeBytes);
            if (std::memcmp(previous.data(), code.data(), kCodeBytes) >= 0) return damaged();
        }
        for (std::size_t i = 0; i < postings; ++i) {
            if (load_u32(postings_, i) >= header_.entries) return damaged();
        }
        return ok();
    }

    /// Every code stands once in every band, under its own value.
    Status verify_bands() const {
        const auto damaged = [] {
            return fail(Errc::corrupt_data, "list index: PDQ bands are out of order");
        };
        const std::size_t codes = header_.pdq_codes;
        for (std::size_t band = 0; band < header_.bands; ++band) {
            const Bytes starts = hamming_.band_starts.subspan(band * kBandStarts * 4);
            const Bytes ids = hamming_.band_ids.subspan(band * codes * 4, codes * 4);
            if (load_u32(starts, 0) != 0 || load_u32(starts, kBandValues) != codes) {
                return damaged();
            }
            for (std::size_t value = 0; value < kBandValues; ++value) {
                const std::size_t begin = load_u32(starts, value);
                const std::size_t end = load_u32(starts, value + 1);
                if (begin > end || end > codes) return damaged();
                for (std::size_t i = begin; i < end; ++i) {
                    const std::uint32_t id = load_u32(ids, i);
                    if (id >= codes || (i > begin && id <= load_u32(ids, i - 1))) return damaged();
                    if (band_value(load_code(hamming_.codes, id), band) != value) return damaged();
                }
            }
        }
        return ok();
    }

    Status verify_entries() const {
        const TextsPtr texts = CAIRN_TRY(load_texts());
        for (std::uint32_t id = 0; id < header_.entries; ++id) {
            const PackedEntry packed = packed_entry(id);
            const bool sound = packed.verdict <= static_cast<std::uint8_t>(Verdict::ignorable) &&
                               packed.category_name <= texts->size() &&
                               packed.series <= texts->size() && packed.pdq_quality <= 100;
            if (!sound) return fail(Errc::corrupt_data, "list index: entry {} is damaged", id);
        }
        return ok();
    }

    Mapping mapping_;
    IndexHeader header_;
    IndexKeys keys_;
    PdqDisguise disguise_;
    Bytes entries_;
    Bytes posting_starts_;
    Bytes postings_;
    HammingTables hamming_;
    std::array<DigestTable, kDigestKinds> tables_;
    mutable std::mutex texts_mutex_;
    mutable TextsPtr texts_;
};

Result<std::shared_ptr<const ListIndex>> open_index(
    const std::string& path, const crypto::SecretKey& key
) {
    Mapping mapping = CAIRN_TRY(Mapping::open(path));
    const IndexHeader header =
        CAIRN_TRY(IndexHeader::decode(mapping.bytes().first(kHeaderBytes), mapping.bytes().size()));
    const IndexKeys keys(key, header.salt);
    if (keys.key_check != header.key_check) {
        return fail(
            Errc::permission_denied,
            "written under another list key; give the key this list store was made with"
        );
    }
    return std::shared_ptr<const ListIndex>(
        std::make_shared<MappedListIndex>(std::move(mapping), header, keys)
    );
}

}  // namespace

Result<std::shared_ptr<const ListIndex>> ListIndex::open(
    const std::string& path, const crypto::SecretKey& key
) {
    auto index = open_index(path, key);
    if (!index) return std::move(index).error().with_context(path);
    return index;
}

}  // namespace cairn::hashlist
