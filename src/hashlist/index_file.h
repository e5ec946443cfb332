#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/fd.h"
#include "crypto/secret.h"

namespace cairn::hashlist {

// The list index file; docs/formats.md describes it byte by byte.

enum class SectionType : std::uint32_t {
    entries = 1,
    md5_records = 2,
    sha1_records = 3,
    sha256_records = 4,
    md5_directory = 5,
    sha1_directory = 6,
    sha256_directory = 7,
    pdq_codes = 8,
    pdq_posting_starts = 9,
    pdq_postings = 10,
    band_starts = 11,
    band_ids = 12,
    texts = 13,
};
inline constexpr std::size_t kSectionTypes = 13;
inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kSectionAlignment = 4096;
inline constexpr std::size_t kEntryBytes = 32;
inline constexpr std::size_t kDigestRecordBytes = 20;  ///< tag, entry id
inline constexpr std::uint64_t kEntriesMax = 0xFFFF'FFF0U;

struct Section {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t checksum = 0;  ///< XXH3-64
};

struct IndexHeader {
    crypto::Tag128 salt{};  ///< makes the keys of this file differ from those of other lists
    crypto::Tag128 key_check{};
    std::uint64_t entries = 0;
    std::array<std::uint64_t, 3> digest_records{};
    std::uint64_t pdq_codes = 0;
    std::uint64_t pdq_postings = 0;
    std::uint32_t bands = 0;  ///< 16, or 0 where PDQ codes are searched by plain scan
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

/// The prefix directory over `records` sorted tags has 2^bits + 1 starts.
unsigned directory_bits(std::uint64_t records);
std::size_t directory_slot(Bytes tag, unsigned bits);

std::uint64_t checksum_of(Bytes bytes);

/// The keys of one file, all derived from the installation's list key and the file's salt.
struct IndexKeys {
    IndexKeys(const crypto::SecretKey& list_key, const crypto::Tag128& salt);

    crypto::SecretKey file_key;
    crypto::Tag128 key_check;
    std::array<crypto::Prf128, 3> digest_prfs;  ///< MD5, SHA-1, SHA-256
    crypto::Prf128 entry_prf;
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
    /// Where the section just ended lies.
    const Section& last() const { return section_; }
    /// Writes the header with all sections in front; the writer is done.
    Status finish(IndexHeader& header);

private:
    struct Checksum;

    Status flush();

    int fd_;
    ByteVector buffer_;
    std::uint64_t file_bytes_ = 0;
    SectionType type_ = SectionType::entries;
    Section section_;
    std::array<Section, kSectionTypes> sections_{};
    std::unique_ptr<Checksum> checksum_;
};

}  // namespace cairn::hashlist
