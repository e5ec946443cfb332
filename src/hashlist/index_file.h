#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "crypto/secret.h"
#include "index/band_plan.h"

namespace cairn::hashlist {

// The list index file; docs/formats.md describes it byte by byte.

enum class SectionType : std::uint32_t {
    row_tags = 1,
    entries = 2,
    md5_records = 3,
    sha1_records = 4,
    sha256_records = 5,
    md5_directory = 6,
    sha1_directory = 7,
    sha256_directory = 8,
    pdq_codes = 9,
    pdq_posting_starts = 10,
    pdq_postings = 11,
    pdq_bands = 12,
    pdq_quarantined = 13,
    texts = 14,
};
inline constexpr std::size_t kSectionTypes = 14;
inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kSectionAlignment = 4096;
inline constexpr std::size_t kTagBytes = sizeof(crypto::Tag128);
inline constexpr std::size_t kEntryBytes = 32;
inline constexpr std::size_t kDigestRecordBytes = 20;  ///< tag, entry id
inline constexpr std::size_t kCodeRecordBytes = 36;    ///< disguised PDQ code, entry id
inline constexpr std::uint64_t kEntriesMax = 0xFFFF'FFF0U;

struct Section {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t checksum = 0;  ///< XXH3-64
};

struct IndexHeader {
    crypto::Tag128 salt{};  ///< makes the keys of this list differ from those of other lists
    crypto::Tag128 key_check{};
    crypto::Tag128 content{};  ///< keyed digest of the row tags: names what the file holds
    std::uint64_t entries = 0;
    std::array<std::uint64_t, 3> digest_records{};
    std::uint64_t pdq_codes = 0;
    std::uint64_t pdq_postings = 0;
    std::uint64_t pdq_quarantined = 0;  ///< entries whose code is kept out of the search
    index::BandPlan plan;
    std::array<Section, kSectionTypes> sections{};

    Section& section(SectionType type) { return sections.at(static_cast<std::size_t>(type) - 1); }
    const Section& section(SectionType type) const {
        return sections.at(static_cast<std::size_t>(type) - 1);
    }

    std::array<std::uint8_t, kHeaderBytes> encode() const;
    /// Checks everything that the header alone and the file's size can tell: after it every
    /// section lies inside the file and has the length its count demands.
    static Result<IndexHeader> decode(Bytes head, std::uint64_t file_bytes);
};

std::uint64_t checksum_of(Bytes bytes);

/// What goes into the keys of every file of the list `name`, so that its files can be merged and
/// those of other lists share no bytes with them.
crypto::Tag128 list_salt(const crypto::SecretKey& list_key, std::string_view name);

/// The keys of one list, all derived from the installation's list key and the list's salt.
struct IndexKeys {
    IndexKeys(const crypto::SecretKey& list_key, const crypto::Tag128& salt);

    /// Masks the entries of one file. Belongs to the file's content: no pad serves two files
    /// that differ.
    crypto::Prf128 entry_prf(const crypto::Tag128& content) const;

    crypto::SecretKey file_key;
    crypto::Tag128 key_check;
    std::array<crypto::Prf128, 3> digest_prfs;  ///< MD5, SHA-1, SHA-256
    crypto::Prf128 row_prf;                     ///< row tags
    crypto::Prf128 content_prf;
    crypto::SecretKey text_key;
};

/// Appends sections to a new file, each aligned and checksummed.
class SectionWriter {
public:
    explicit SectionWriter(int fd);
    ~SectionWriter();
    SectionWriter(const SectionWriter&) = delete;
    SectionWriter& operator=(const SectionWriter&) = delete;

    Status begin(SectionType type);
    Status write(Bytes bytes);
    Status write_u32(std::uint32_t value) { return write_u32s({&value, 1}); }
    Status write_u32s(std::span<const std::uint32_t> values);
    Status end();
    /// Where an ended section lies. Its end may still be in memory: flush() first to read it.
    const Section& written(SectionType type) const {
        return sections_.at(static_cast<std::size_t>(type) - 1);
    }
    Status flush();
    /// Takes back `first` and all that was written after it.
    Status rewind(SectionType first);
    /// Writes the header with all sections in front; the writer is done.
    Status finish(IndexHeader& header);

private:
    struct Checksum;

    int fd_;
    ByteVector buffer_;
    std::uint64_t file_bytes_ = 0;
    SectionType type_ = SectionType::entries;
    Section section_;
    std::array<Section, kSectionTypes> sections_{};
    std::unique_ptr<Checksum> checksum_;
};

}  // namespace cairn::hashlist
