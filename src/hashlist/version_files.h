#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "hashlist/list_folder.h"
#include "hashlist/list_registry_store.h"
#include "hashlist/segmented_index.h"

namespace cairn::hashlist {

/// An index file that is being written and has no name yet.
struct NewFile {
    std::string name;
    AtomicFile file;

    int fd() const { return file.fd(); }
};

/// The files of list versions in the store's folder.
class VersionFiles {
public:
    VersionFiles(const ListFolder& folder, const crypto::SecretKey& key)
        : folder_(folder), key_(key) {}

    /// Errc::not_found when a file is gone.
    Result<std::shared_ptr<const SegmentedIndex>> open(const RegistryVersion& version) const;
    /// Every byte against the registry, and every order, offset and number.
    Status verify(const RegistryVersion& version) const;

    Result<NewFile> begin_index(const std::string& version_id) const;
    /// What the registry shall say of a file that is written; it is on disk afterwards, so that
    /// giving it its name takes no time.
    Result<RegistrySegment> finish_index(const NewFile& file, const IndexHeader& header) const;

    /// Adds to each segment's withdrawn entries; `entries` has one list for each segment.
    Status withdraw(
        RegistryVersion& version,
        const SegmentedIndex& index,
        const std::vector<std::vector<std::uint32_t>>& entries,
        const std::string& version_id
    ) const;
    /// The same for one segment without withdrawn entries. Nothing is written for none.
    Status withdraw_from(
        RegistrySegment& segment,
        const crypto::Tag128& content,
        std::vector<std::uint32_t> entries,
        const std::string& version_id
    ) const;

    /// Opens the version and enters what it holds into its info.
    Status count(RegistryVersion& version) const;

private:
    std::vector<SegmentedIndex::Files> paths_of(const RegistryVersion& version) const;
    Status verify_file(const std::string& name, const std::string& sha256) const;

    const ListFolder& folder_;
    crypto::SecretKey key_;
};

}  // namespace cairn::hashlist
