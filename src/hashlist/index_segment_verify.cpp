#include <algorithm>
#include <vector>

#include "hashlist/index_segment.h"
#include "hashlist/stored_number.h"
#include "index/hamming_builder.h"

namespace cairn::hashlist {
namespace {

Error damaged(std::string_view what) {
    return fail(Errc::corrupt_data, "list index: {}", what);
}

}  // namespace

Status IndexSegment::verify_checksums() const {
    for (std::size_t i = 0; i < kSectionTypes; ++i) {
        const auto type = static_cast<SectionType>(i + 1);
        if (checksum_of(section(type)) != header_.section(type).checksum) {
            return fail(Errc::corrupt_data, "list index: section {} is damaged", i + 1);
        }
    }
    return ok();
}

Status IndexSegment::verify() const {
    CAIRN_TRY(verify_checksums());
    CAIRN_TRY(verify_row_tags());
    for (std::size_t kind = 0; kind < kDigestKinds; ++kind) CAIRN_TRY(verify_digests(kind));
    CAIRN_TRY(verify_codes());
    CAIRN_TRY(index::verify_tables(hamming_.tables()));
    CAIRN_TRY(verify_quarantined());
    return verify_entries();
}

Status IndexSegment::verify_row_tags() const {
    crypto::Sha256Stream content;
    crypto::Tag128 previous{};
    for (std::uint32_t number = 0; number < header_.entries; ++number) {
        const crypto::Tag128 tag = row_tag(number);
        if (number > 0 && tag <= previous) return damaged("rows are out of order");
        content.update(tag);
        previous = tag;
    }
    if (keys_.content_prf(content.finish()) == header_.content) return ok();
    return damaged("rows are not those it was written with");
}

Status IndexSegment::verify_digests(std::size_t kind) const {
    const index::DigestTable& table = tables_.at(kind);
    CAIRN_TRY(table.verify());
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        const std::uint32_t entry = table.payload(i);
        if (entry >= header_.entries || !packed_entry(entry).has_digest(kind)) {
            return damaged("a digest has no entry");
        }
    }
    return ok();
}

Status IndexSegment::verify_codes() const {
    const std::size_t codes = header_.pdq_codes;
    const std::size_t postings = header_.pdq_postings;
    if (load_u32(posting_starts_, 0) != 0 || load_u32(posting_starts_, codes) != postings) {
        return damaged("PDQ codes have other entries");
    }
    for (std::uint32_t i = 0; i < codes; ++i) {
        const std::uint32_t begin = load_u32(posting_starts_, i);
        const std::uint32_t end = load_u32(posting_starts_, i + std::size_t{1});
        if (begin >= end || end > postings) return damaged("a PDQ code has no entry");
        if (i > 0 && !index::comes_before(hamming_.code(i - 1), hamming_.code(i))) {
            return damaged("PDQ codes are out of order");
        }
        for (std::uint32_t j = begin; j < end; ++j) {
            const std::uint32_t entry = posting(j);
            const bool sound = entry < header_.entries && (j == begin || entry > posting(j - 1)) &&
                               packed_entry(entry).has(PackedEntry::kHasPdq);
            if (!sound) return damaged("a PDQ code names a wrong entry");
        }
    }
    return ok();
}

Status IndexSegment::verify_quarantined() const {
    for (std::uint32_t i = 0; i < header_.pdq_quarantined; ++i) {
        const std::uint32_t entry = quarantined_entry(i);
        if (entry >= header_.entries || !packed_entry(entry).has(PackedEntry::kHasPdq)) {
            return damaged("a quarantined PDQ code names a wrong entry");
        }
        if (i == 0) continue;
        const index::Code previous = quarantined_code(i - 1);
        const index::Code code = quarantined_code(i);
        const bool ordered = index::comes_before(previous, code) ||
                             (previous == code && quarantined_entry(i - 1) < entry);
        if (!ordered) return damaged("quarantined PDQ codes are out of order");
    }
    return ok();
}

Status IndexSegment::verify_entries() const {
    const auto all = CAIRN_TRY(texts());
    for (std::uint32_t number = 0; number < header_.entries; ++number) {
        const PackedEntry packed = packed_entry(number);
        const bool sound = packed.verdict <= static_cast<std::uint8_t>(Verdict::ignorable) &&
                           packed.category_name <= all->size() && packed.series <= all->size() &&
                           packed.pdq_quality <= 100;
        if (!sound) return fail(Errc::corrupt_data, "list index: entry {} is damaged", number);
    }
    return ok();
}

}  // namespace cairn::hashlist
