#include "hashlist/index_segment.h"

#include <algorithm>

#include "hashlist/refused_values.h"
#include "hashlist/stored_number.h"

namespace cairn::hashlist {
namespace {

SectionType nth(SectionType first, std::size_t kind) {
    return static_cast<SectionType>(static_cast<std::uint32_t>(first) + kind);
}

Bytes section_of(const Mapping& mapping, const IndexHeader& header, SectionType type) {
    const Section& section = header.section(type);
    return mapping.bytes().subspan(section.offset, section.bytes);
}

/// Sorts by entry and makes one hit of those of one entry.
void join_by_entry(std::vector<DigestHit>& hits) {
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

Result<std::string> text_of(const IndexSegment::Texts& texts, std::uint32_t number) {
    if (number == 0) return std::string();
    if (number > texts.size()) return fail(Errc::corrupt_data, "list index: unknown text");
    return texts[number - 1];
}

std::uint64_t reference_of(const crypto::Tag128& row_tag) {
    std::uint64_t reference = 0;
    for (std::size_t i = 0; i < sizeof(reference); ++i) reference = reference << 8U | row_tag[i];
    return reference;
}

}  // namespace

Result<std::shared_ptr<const IndexSegment>> IndexSegment::open(
    const std::string& path, const crypto::SecretKey& list_key
) {
    Mapping mapping = CAIRN_TRY(Mapping::open(path));
    auto segment = open_mapping(std::move(mapping), list_key);
    if (!segment) return std::move(segment).error().with_context(path);
    return segment;
}

Result<std::shared_ptr<const IndexSegment>> IndexSegment::open_mapping(
    Mapping mapping, const crypto::SecretKey& list_key
) {
    const std::uint64_t size = mapping.bytes().size();
    if (size < kHeaderBytes) return fail(Errc::corrupt_data, "list index: file is cut off");
    auto header = CAIRN_TRY(IndexHeader::decode(mapping.bytes().first(kHeaderBytes), size));
    IndexKeys keys(list_key, header.salt);
    if (keys.key_check != header.key_check) {
        return fail(
            Errc::permission_denied,
            "written under another list key; give the key this list store was made with"
        );
    }
    std::array<index::DigestTable, kDigestKinds> tables;
    for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
        tables.at(kind) = CAIRN_TRY(index::DigestTable::open(
            index::RecordKind::tag_with_payload,
            section_of(mapping, header, nth(SectionType::md5_records, kind)),
            section_of(mapping, header, nth(SectionType::md5_directory, kind))
        ));
    }
    const auto hamming = CAIRN_TRY(index::HammingIndex::open(
        {header.plan,
         section_of(mapping, header, SectionType::pdq_codes),
         section_of(mapping, header, SectionType::pdq_bands)}
    ));
    return std::shared_ptr<const IndexSegment>(
        new IndexSegment(std::move(mapping), std::move(header), std::move(keys), tables, hamming)
    );
}

IndexSegment::IndexSegment(
    Mapping mapping,
    IndexHeader header,
    IndexKeys keys,
    std::array<index::DigestTable, kDigestKinds> tables,
    index::HammingIndex hamming
)
    : mapping_(std::move(mapping)),
      header_(std::move(header)),
      keys_(std::move(keys)),
      entry_prf_(keys_.entry_prf(header_.content)),
      disguise_(keys_.file_key),
      tables_(tables),
      hamming_(std::move(hamming)),
      row_tags_(section(SectionType::row_tags)),
      entries_(section(SectionType::entries)),
      posting_starts_(section(SectionType::pdq_posting_starts)),
      postings_(section(SectionType::pdq_postings)),
      quarantined_(section(SectionType::pdq_quarantined)) {}

Bytes IndexSegment::section(SectionType type) const {
    return section_of(mapping_, header_, type);
}

KeyedDigests IndexSegment::keyed(const crypto::Digests& digests) const {
    KeyedDigests keyed;
    const bool empty = is_of_empty_file(digests.md5) || is_of_empty_file(digests.sha1) ||
                       is_of_empty_file(digests.sha256);
    if (empty) return keyed;
    const std::array<Bytes, kDigestKinds> plain = {digests.md5, digests.sha1, digests.sha256};
    for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
        if (!is_placeholder(plain[kind])) keyed[kind] = keys_.digest_prfs[kind](plain[kind]);
    }
    return keyed;
}

void IndexSegment::append_listing(
    std::size_t kind, const crypto::Tag128& tag, std::vector<std::uint32_t>& entries
) const {
    const index::DigestTable& table = tables_.at(kind);
    const index::RecordRange range = table.find(tag);
    for (std::uint32_t i = range.begin; i < range.end; ++i) {
        const std::uint32_t entry = table.payload(i);
        if (entry < header_.entries) entries.push_back(entry);
    }
}

void IndexSegment::append_listing(const index::Code& code, std::vector<std::uint32_t>& entries)
    const {
    for (const index::CodeHit& hit : hamming_.search(code, 0)) {
        const index::RecordRange range = postings_of(hit.code);
        for (std::uint32_t i = range.begin; i < range.end; ++i) {
            if (posting(i) < header_.entries) entries.push_back(posting(i));
        }
    }
    std::uint32_t begin = 0;
    auto end = static_cast<std::uint32_t>(header_.pdq_quarantined);
    while (begin < end) {
        const std::uint32_t middle = begin + (end - begin) / 2;
        if (index::comes_before(quarantined_code(middle), code)) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    for (; begin < header_.pdq_quarantined && quarantined_code(begin) == code; ++begin) {
        const std::uint32_t entry = quarantined_entry(begin);
        if (entry < header_.entries) entries.push_back(entry);
    }
}

std::vector<DigestHit> IndexSegment::find(const KeyedDigests& digests) const {
    constexpr std::array kMarks = {&DigestHit::md5, &DigestHit::sha1, &DigestHit::sha256};
    std::vector<DigestHit> hits;
    for (std::size_t kind = 0; kind < kDigestKinds; ++kind) {
        if (!digests[kind]) continue;
        const index::DigestTable& table = tables_[kind];
        const index::RecordRange range = table.find(*digests[kind]);
        for (std::uint32_t i = range.begin; i < range.end; ++i) {
            const std::uint32_t entry = table.payload(i);
            if (entry >= header_.entries) continue;
            hits.push_back({entry});
            hits.back().*kMarks[kind] = true;
        }
    }
    join_by_entry(hits);
    std::erase_if(hits, [&](const DigestHit& hit) { return !longest_agrees(hit, digests); });
    return hits;
}

/// The longest digest that both the entry and the question have decides.
bool IndexSegment::longest_agrees(const DigestHit& hit, const KeyedDigests& asked) const {
    const PackedEntry entry = packed_entry(hit.entry);
    if (entry.has(PackedEntry::kHasSha256) && asked[2]) return hit.sha256;
    if (entry.has(PackedEntry::kHasSha1) && asked[1]) return hit.sha1;
    return hit.md5 || hit.sha1 || hit.sha256;
}

void IndexSegment::append_found(
    std::span<const index::Code> codes, int radius, std::span<std::vector<PdqHit>> answers
) const {
    const auto found = hamming_.search_batch(codes, radius);
    for (std::size_t q = 0; q < found.size(); ++q) {
        for (const index::CodeHit& hit : found[q]) {
            const index::RecordRange range = postings_of(hit.code);
            for (std::uint32_t i = range.begin; i < range.end; ++i) {
                const std::uint32_t entry = posting(i);
                if (entry < header_.entries) answers[q].push_back({entry, hit.distance});
            }
        }
    }
}

index::RecordRange IndexSegment::postings_of(std::uint32_t code) const {
    const auto postings = static_cast<std::uint32_t>(header_.pdq_postings);
    const std::uint32_t end = std::min(load_u32(posting_starts_, code + std::size_t{1}), postings);
    return {std::min(load_u32(posting_starts_, code), end), end};
}

std::uint32_t IndexSegment::posting(std::uint32_t position) const {
    return load_u32(postings_, position);
}

index::Code IndexSegment::quarantined_code(std::uint32_t position) const {
    return index::load_code(quarantined_.subspan(position * kCodeRecordBytes), 0);
}

std::uint32_t IndexSegment::quarantined_entry(std::uint32_t position) const {
    return load_u32(quarantined_.subspan(position * kCodeRecordBytes + index::kCodeBytes), 0);
}

crypto::Tag128 IndexSegment::row_tag(std::uint32_t number) const {
    crypto::Tag128 tag{};
    const Bytes bytes = row_tags_.subspan(std::size_t{number} * kTagBytes, kTagBytes);
    std::copy(bytes.begin(), bytes.end(), tag.begin());
    return tag;
}

PackedEntry IndexSegment::packed_entry(std::uint32_t number) const {
    return PackedEntry::decode(
        entry_prf_, number, entries_.subspan(std::size_t{number} * kEntryBytes, kEntryBytes)
    );
}

Result<ListEntry> IndexSegment::entry(std::uint32_t number) const {
    if (number >= header_.entries) {
        return fail(Errc::not_found, "entry {} of {}", number, header_.entries);
    }
    const PackedEntry packed = packed_entry(number);
    if (packed.verdict > static_cast<std::uint8_t>(Verdict::ignorable)) {
        return fail(Errc::corrupt_data, "list index: entry {} is damaged", number);
    }
    const auto all = CAIRN_TRY(texts());
    ListEntry entry;
    entry.id = number;
    entry.reference = reference_of(row_tag(number));
    entry.verdict = static_cast<Verdict>(packed.verdict);
    if (packed.has(PackedEntry::kHasCategory)) entry.category = packed.category;
    if (packed.has(PackedEntry::kHasQuality)) entry.pdq_quality = packed.pdq_quality;
    if (packed.size_bytes != 0) entry.size_bytes = packed.size_bytes;
    entry.category_name = CAIRN_TRY(text_of(*all, packed.category_name));
    entry.series = CAIRN_TRY(text_of(*all, packed.series));
    return entry;
}

Result<std::shared_ptr<const IndexSegment::Texts>> IndexSegment::texts() const {
    const std::lock_guard lock(texts_mutex_);
    if (texts_) return texts_;
    const ByteVector plain = CAIRN_TRY(crypto::unseal(keys_.text_key, section(SectionType::texts)));
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

}  // namespace cairn::hashlist
