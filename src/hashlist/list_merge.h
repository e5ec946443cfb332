#pragma once

#include <memory>
#include <vector>

#include "hashlist/list_registry_store.h"
#include "hashlist/merge_source.h"

namespace cairn::hashlist {

/// Makes one index file of the files of a list version.
class ListMerge {
public:
    explicit ListMerge(std::shared_ptr<const SegmentedIndex> version)
        : version_(std::move(version)) {}

    /// Checks what it reads, and writes to `fd`, an empty file open for reading and writing.
    Result<IndexHeader> write(int fd);
    /// After write(): the entries of the new file that `now`, a later version with the same first
    /// segments, has withdrawn since.
    std::vector<std::uint32_t> withdrawn_since(const SegmentedIndex& now) const;

private:
    std::shared_ptr<const SegmentedIndex> version_;
    std::unique_ptr<MergeSource> source_;
};

/// True when updates have become many: queries ask every file.
bool needs_merge(const RegistryVersion& version);

/// True when `now` is `before` or came from it by updates alone.
bool builds_on(const RegistryVersion& now, const RegistryVersion& before);

}  // namespace cairn::hashlist
