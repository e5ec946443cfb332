#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hashlist/index_file.h"
#include "hashlist/list_index.h"
#include "hashlist/mapping.h"
#include "hashlist/packed_entry.h"
#include "hashlist/pdq_disguise.h"
#include "index/digest_table.h"
#include "index/hamming_index.h"

namespace cairn::hashlist {

/// Digests as the files of one list know them; none for those no list may name.
using KeyedDigests = std::array<std::optional<crypto::Tag128>, kDigestKinds>;

/// One index file, memory-mapped read-only. Immutable and thread-safe. Nothing in it is trusted:
/// a damaged file gives wrong answers, never a read outside it.
class IndexSegment {
public:
    /// Constant cost: checks header, bounds and key.
    static Result<std::shared_ptr<const IndexSegment>> open(
        const std::string& path, const crypto::SecretKey& list_key
    );

    const IndexHeader& header() const { return header_; }
    const IndexKeys& keys() const { return keys_; }
    std::uint64_t file_bytes() const { return mapping_.bytes().size(); }

    KeyedDigests keyed(const crypto::Digests& digests) const;
    index::Code keyed(const fingerprint::PdqCode& code) const { return disguise_(code).words; }

    /// Entries that list any of the digests and whose longest digest agrees, by number.
    std::vector<DigestHit> find(const KeyedDigests& digests) const;
    /// Appends to the answers for each of the codes the entries within `radius` of it, in no
    /// particular order.
    void append_found(
        std::span<const index::Code> codes, int radius, std::span<std::vector<PdqHit>> answers
    ) const;
    /// Appends the numbers of all entries that list this digest, whatever else they list.
    void append_listing(
        std::size_t kind, const crypto::Tag128& tag, std::vector<std::uint32_t>& entries
    ) const;
    /// The same for a PDQ code, also one that is quarantined.
    void append_listing(const index::Code& code, std::vector<std::uint32_t>& entries) const;

    Result<ListEntry> entry(std::uint32_t number) const;

    // For walking the whole file. Numbers are below the counts of the header.
    crypto::Tag128 row_tag(std::uint32_t number) const;
    PackedEntry packed_entry(std::uint32_t number) const;
    const index::DigestTable& digests(std::size_t kind) const { return tables_.at(kind); }
    const index::HammingIndex& hamming() const { return hamming_; }
    /// The postings of a code: [begin, end), within bounds whatever the file says.
    index::RecordRange postings_of(std::uint32_t code) const;
    std::uint32_t posting(std::uint32_t position) const;
    index::Code quarantined_code(std::uint32_t position) const;
    std::uint32_t quarantined_entry(std::uint32_t position) const;

    /// By number less one. Opened when first asked for, so that opening costs the same at any
    /// size.
    using Texts = std::vector<std::string>;
    Result<std::shared_ptr<const Texts>> texts() const;

    /// Compares every section with its checksum.
    Status verify_checksums() const;
    /// The same, then every order, offset and number. O(file size).
    Status verify() const;

private:
    IndexSegment(
        Mapping mapping,
        IndexHeader header,
        IndexKeys keys,
        std::array<index::DigestTable, kDigestKinds> tables,
        index::HammingIndex hamming
    );
    static Result<std::shared_ptr<const IndexSegment>> open_mapping(
        Mapping mapping, const crypto::SecretKey& list_key
    );

    Bytes section(SectionType type) const;
    bool longest_agrees(const DigestHit& hit, const KeyedDigests& asked) const;
    Status verify_row_tags() const;
    Status verify_digests(std::size_t kind) const;
    Status verify_codes() const;
    Status verify_quarantined() const;
    Status verify_entries() const;

    Mapping mapping_;
    IndexHeader header_;
    IndexKeys keys_;
    crypto::Prf128 entry_prf_;
    PdqDisguise disguise_;
    std::array<index::DigestTable, kDigestKinds> tables_;
    index::HammingIndex hamming_;
    Bytes row_tags_;
    Bytes entries_;
    Bytes posting_starts_;
    Bytes postings_;
    Bytes quarantined_;
    mutable std::mutex texts_mutex_;
    mutable std::shared_ptr<const Texts> texts_;
};

}  // namespace cairn::hashlist
