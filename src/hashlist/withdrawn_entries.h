#pragma once

#include <vector>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace cairn::hashlist {

/// The entries of one index file that no longer match. Small beside the file; docs/formats.md
/// describes how it is stored.
class WithdrawnEntries {
public:
    WithdrawnEntries() = default;
    /// `entries` in any order, each once or more often.
    explicit WithdrawnEntries(std::vector<std::uint32_t> entries);

    bool contains(std::uint32_t entry) const;
    std::uint64_t count() const { return entries_.size(); }
    /// Ascending.
    const std::vector<std::uint32_t>& entries() const { return entries_; }

    /// `content` is that of the index file's header: the two belong together.
    ByteVector encode(const crypto::Tag128& content) const;
    /// Refuses what is damaged, of another index file, or names an entry it does not have.
    static Result<WithdrawnEntries> decode(
        Bytes bytes, const crypto::Tag128& content, std::uint64_t entries_in_file
    );

private:
    std::vector<std::uint32_t> entries_;
};

}  // namespace cairn::hashlist
