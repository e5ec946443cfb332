#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "network/source.h"

namespace cairn::network {

/// The table of sources and their versions (sources.db). One thread at a time.
class SourceRegistry {
public:
    /// Opens or makes the file.
    static Result<std::unique_ptr<SourceRegistry>> open(const std::string& path);

    /// All versions, by name and then by time.
    Result<std::vector<SourceVersion>> versions();

    /// Runs `work` as the only one who changes the registry and the files it names.
    Status change(const std::function<Status()>& work) { return database_->transaction(work); }
    // Within change().
    Result<std::optional<SourceVersion>> version_at(const std::string& name, UtcTime valid_from);
    Status insert(const SourceVersion& version);
    /// Of all versions, or of the one from that time; how many there were.
    Result<std::int64_t> remove(const std::string& name, std::optional<UtcTime> valid_from);
    /// What the installed files of a source were like when they were taken in.
    Status set_stamp(const std::string& name, const std::string& stamp);

    /// Empty when they never were.
    Result<std::string> stamp(const std::string& name);

private:
    explicit SourceRegistry(std::unique_ptr<db::Database> database)
        : database_(std::move(database)) {}

    std::unique_ptr<db::Database> database_;
};

}  // namespace cairn::network
