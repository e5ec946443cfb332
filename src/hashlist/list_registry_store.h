#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "hashlist/list_store.h"

namespace cairn::hashlist {

/// The files of one segment of a list version, inside the store's folder.
struct RegistrySegment {
    std::string file_name;
    std::string file_sha256;  ///< hex
    std::uint64_t entries = 0;
    std::string withdrawn_name;  ///< "" where nothing was withdrawn
    std::string withdrawn_sha256;
    std::uint64_t withdrawn = 0;  ///< entries
};

/// A list version as the registry keeps it.
struct RegistryVersion {
    std::int64_t number = 0;  ///< of the version in this store; given by switch_to()
    ListInfo info;
    std::vector<RegistrySegment> segments;  ///< the base first
};

/// The table of lists and their versions (lists.db). One thread at a time.
class ListRegistry {
public:
    static constexpr std::size_t kVersionsKept = 3;

    /// Opens or makes the file. Errc::permission_denied when it was made with another key.
    static Result<std::unique_ptr<ListRegistry>> open(
        const std::string& path, const crypto::SecretKey& key
    );

    Result<std::vector<RegistryVersion>> current_versions();
    Result<std::optional<RegistryVersion>> current_version(const std::string& name);
    /// The versions kept of a list, newest first.
    Result<std::vector<RegistryVersion>> versions(const std::string& name);
    Result<std::optional<RegistryVersion>> version_with_id(
        const std::string& name, const std::string& version_id
    );
    /// All files that kept versions need.
    Result<std::vector<std::string>> file_names();
    /// Makes `version` the current one of its list. Forgets older forms of the same version and
    /// all but the last versions of the list.
    Status switch_to(const RegistryVersion& version);
    /// Forgets a list with all its versions.
    Status remove(const std::string& name);
    /// Changes when another connection has changed the registry.
    Result<std::int64_t> change_counter();

private:
    explicit ListRegistry(std::unique_ptr<db::Database> database)
        : database_(std::move(database)) {}
    Status check_key(const crypto::SecretKey& key);
    Result<std::int64_t> insert(const RegistryVersion& version);
    Status insert_segments(const RegistryVersion& version, std::int64_t number);

    std::unique_ptr<db::Database> database_;
};

}  // namespace cairn::hashlist
