#pragma once

#include <array>

#include "crypto/secret.h"
#include "hashlist/entry_row.h"
#include "hashlist/index_file.h"

namespace cairn::hashlist {

/// What an index file keeps of an entry beside its fingerprints. In the file it is masked under
/// the entry's number: exact sizes would tell which files a list names.
struct PackedEntry {
    static constexpr std::uint8_t kHasMd5 = 1;
    static constexpr std::uint8_t kHasSha1 = 2;
    static constexpr std::uint8_t kHasSha256 = 4;
    static constexpr std::uint8_t kHasPdq = 8;
    static constexpr std::uint8_t kHasCategory = 16;
    static constexpr std::uint8_t kHasQuality = 32;

    std::uint64_t size_bytes = 0;
    std::int64_t category = 0;
    std::uint32_t category_name = 0;  ///< number in the texts section, from 1; 0 is empty
    std::uint32_t series = 0;
    std::uint8_t flags = 0;
    std::uint8_t verdict = 0;
    std::uint8_t pdq_quality = 0;

    /// All but the texts.
    static PackedEntry from(const EntryRow& row);
    bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    /// The digests it has, as a DigestKind numbers them.
    bool has_digest(std::size_t kind) const { return has(static_cast<std::uint8_t>(1U << kind)); }

    std::array<std::uint8_t, kEntryBytes> encode(const crypto::Prf128& prf, std::uint32_t id) const;
    /// `bytes` are kEntryBytes long.
    static PackedEntry decode(const crypto::Prf128& prf, std::uint32_t id, Bytes bytes);
};

}  // namespace cairn::hashlist
