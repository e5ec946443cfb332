#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "hashlist/list_store.h"

namespace cairn::hashlist {

/// A list version as the registry keeps it.
struct RegistryVersion {
    std::int64_t number = 0;  ///< of the version in this store
    ListInfo info;
    std::string file_name;    ///< inside the store's folder
    std::string file_sha256;  ///< of the index file, hex
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
    Result<std::vector<std::string>> file_names();
    Result<std::int64_t> next_number();
    /// Makes `version` the current one of its list and forgets all but the last versions of it.
    Status switch_to(const RegistryVersion& version);
    /// Forgets a list with all its versions.
    Status remove(const std::string& name);

private:
    explicit ListRegistry(std::unique_ptr<db::Database> database)
        : database_(std::move(database)) {}
    Status check_key(const crypto::SecretKey& key);
    Status insert(const RegistryVersion& version);

    std::unique_ptr<db::Database> database_;
};

}  // namespace cairn::hashlist
