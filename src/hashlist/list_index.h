#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "fingerprint/pdq.h"
#include "hashlist/list_entry.h"

namespace cairn::hashlist {

enum class DigestKind : std::uint8_t { md5, sha1, sha256 };
inline constexpr std::size_t kDigestKinds = 3;

/// An entry that names a file by one or more of its digests.
struct DigestHit {
    std::uint32_t entry = 0;
    bool md5 = false;
    bool sha1 = false;
    bool sha256 = false;
};

struct PdqHit {
    std::uint32_t entry = 0;
    int distance = 0;
    auto operator<=>(const PdqHit&) const = default;
};

/// One immutable list version, memory-mapped read-only. Every answer is exact: equal to brute
/// force over the entries in force. Thread-safe. File format: docs/formats.md.
class ListIndex {
public:
    /// A single index file. Checks header, bounds and that `key` is the right one
    /// (Errc::permission_denied otherwise); Errc::corrupt_data or unsupported (other format
    /// version) with the reason. Constant cost.
    static Result<std::shared_ptr<const ListIndex>> open(
        const std::string& path, const crypto::SecretKey& key
    );
    virtual ~ListIndex() = default;

    /// Entries that list any of the three digests, by entry id. A digest that is all zero is not
    /// known and not asked. A posting whose longer digest
    /// disagrees (MD5 equal, SHA-1 or SHA-256 known and different) is not a hit.
    virtual std::vector<DigestHit> find(const crypto::Digests& digests) const = 0;
    /// Entries within `radius` (0..31) of `code`, sorted by distance then entry. Callers keep to
    /// the quality floor on their side; entries below it are not in the index.
    std::vector<PdqHit> find(const fingerprint::PdqCode& code, int radius) const {
        return find_batch({&code, 1}, radius).front();
    }
    /// The same for each of many codes, faster than one after another; answers in their order.
    virtual std::vector<std::vector<PdqHit>> find_batch(
        std::span<const fingerprint::PdqCode> codes, int radius
    ) const = 0;
    virtual Result<ListEntry> entry(std::uint32_t id) const = 0;

    /// Entries in force. Their numbers may be higher: withdrawn ones keep theirs until a merge.
    virtual std::uint64_t entry_count() const = 0;
    /// Digests of the entries in force. O(withdrawn entries).
    virtual std::array<std::uint64_t, kDigestKinds> digest_counts() const = 0;
    /// PDQ codes that are searched, counted file by file, withdrawn ones until a merge.
    virtual std::uint64_t pdq_count() const = 0;
    virtual std::uint64_t file_size_bytes() const = 0;
    /// Checks every section's checksum and every offset and id. O(file size).
    virtual Status verify() const = 0;
};

}  // namespace cairn::hashlist
