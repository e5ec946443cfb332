#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hashlist/list_store.h"

namespace cairn::hashlist {

/// A list that follows its changes, whichever process makes them: they show within a second.
/// Readers take a snapshot and keep it as long as they need one version. Thread-safe.
class LiveList {
public:
    struct Options {
        std::chrono::milliseconds interval{200};  ///< between two looks at the registry
        /// Called in the watching thread, once for every reload that failed.
        std::function<void(const Error&)> on_error;
    };

    /// Loads the current version; an error when there is none.
    static Result<std::unique_ptr<LiveList>> open(
        const std::string& folder,
        const crypto::SecretKey& key,
        const std::string& name,
        Options options
    );
    LiveList(const LiveList&) = delete;
    LiveList& operator=(const LiveList&) = delete;
    /// Stops watching; snapshots taken stay good.
    ~LiveList();

    /// The newest version that could be loaded. Costs a lock held for a moment.
    LoadedList current() const;
    /// Why the version in force could not be loaded; nothing while all is well.
    std::optional<Error> last_error() const;

private:
    class Watcher;
    explicit LiveList(std::unique_ptr<Watcher> watcher);

    std::unique_ptr<Watcher> watcher_;
};

}  // namespace cairn::hashlist
