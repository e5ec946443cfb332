#pragma once

#include <functional>
#include <memory>
#include <string>

#include "hashlist/entry_merger.h"
#include "hashlist/entry_row.h"
#include "hashlist/index_file.h"
#include "hashlist/list_entry.h"

namespace cairn::hashlist {

/// Builds one list index from rows: add() them, then merge(), then write(). Memory is bounded
/// whatever the number of rows; temporary data goes to `folder`, encrypted. The same rows, in any
/// order, and the same key give the same file, byte for byte.
class ListBuilder {
public:
    /// Says whether a merged row goes into the file, and may complete it.
    using RowFilter = std::function<Result<bool>(EntryRow&)>;

    /// `name` is that of the list: it goes into the keys.
    ListBuilder(std::string folder, const crypto::SecretKey& list_key, std::string_view name);

    Status add(const EntryRow& row) { return merger_.add(row); }
    TextTable& texts() { return texts_; }

    /// Merges rows and computes the version id: SHA-256 of kind, scheme and the plain sorted
    /// rows, the same in every installation. `filter` comes after that and may be empty.
    Status merge(ListKind kind, std::string_view scheme, const RowFilter& filter = {});
    const crypto::Sha256& version_id() const { return version_id_; }
    std::uint64_t entries() const { return shuffled_->count(); }
    std::uint64_t merged() const { return merger_.merged(); }
    std::uint64_t hash_conflicts() const { return merger_.hash_conflicts(); }

    /// Writes the index to `fd`, an empty file open for reading and writing.
    Result<IndexHeader> write(int fd);

private:
    std::string folder_;
    crypto::Tag128 salt_;
    IndexKeys keys_;
    EntryMerger merger_;
    TextTable texts_;
    crypto::Sha256 version_id_{};
    /// Rows behind their tag: sorted by it, their order says nothing about their digests.
    std::unique_ptr<RecordSorter> shuffled_;
};

}  // namespace cairn::hashlist
