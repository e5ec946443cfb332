#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access/gate.h"
#include "hashlist/list_store.h"

namespace cairn::jobs {

/// Where the agencies' lists lie: a folder for each, made at its first use, under a key of its own,
/// so that one agency's lists neither show to another nor can be compared with them. Thread-safe.
class ListFolders {
public:
    /// `root` is there; `key` lies elsewhere.
    ListFolders(std::string root, const crypto::SecretKey& key)
        : root_(std::move(root)), key_(key) {}

    Result<std::shared_ptr<hashlist::ListStore>> of(const access::AgencyId& agency);

private:
    const std::string root_;
    const crypto::SecretKey key_;
    std::mutex mutex_;
    std::map<access::AgencyId, std::shared_ptr<hashlist::ListStore>> open_;
};

/// How many entries one version of a list has that another has not.
struct ListChanges {
    std::uint64_t added = 0;
    std::uint64_t withdrawn = 0;
    std::uint64_t changed = 0;
    std::uint64_t unchanged = 0;
};

/// The hash lists of the actor's agency. No digest and no code ever comes out (M5). Imports and
/// checks of large lists take minutes, on the calling thread; the options tell of their progress.
class AgencyLists {
public:
    AgencyLists(access::Gate& gate, ListFolders& folders) : gate_(gate), folders_(folders) {}

    /// By name.
    Result<std::vector<hashlist::ListInfo>> list(
        const access::Actor& actor, const access::Ground& ground
    );
    /// The versions that are kept, the one in force first. Errc::not_found names the lists.
    Result<std::vector<hashlist::ListInfo>> show(
        const access::Actor& actor, const access::Ground& ground, const std::string& name
    );
    /// All or nothing; the same content again changes nothing.
    Result<hashlist::ImportReport> import(
        const access::Actor& actor,
        const access::Ground& ground,
        const hashlist::ImportOptions& options
    );
    Result<hashlist::UpdateReport> update(
        const access::Actor& actor,
        const access::Ground& ground,
        const hashlist::UpdateOptions& options
    );
    /// Reads all files of the version in force and compares them with their checksums.
    Status verify(
        const access::Actor& actor, const access::Ground& ground, const std::string& name
    );
    Result<hashlist::ListStatistics> statistics(
        const access::Actor& actor, const access::Ground& ground, const std::string& name
    );
    /// Both by their version ids.
    Result<ListChanges> difference(
        const access::Actor& actor,
        const access::Ground& ground,
        const std::string& name,
        const std::string& before,
        const std::string& after
    );
    /// Scans that began with it go on with what they hold open, but cannot be resumed.
    Status remove(
        const access::Actor& actor, const access::Ground& ground, const std::string& name
    );

private:
    /// What is put on record instead of the list's name.
    Result<access::Act> act_on(
        const access::Actor& actor,
        const access::Ground& ground,
        access::OperationId operation,
        const std::string& name
    );

    access::Gate& gate_;
    ListFolders& folders_;
};

}  // namespace cairn::jobs
