#include "hashlist/live_list.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/text.h"
#include "hashlist/list_registry_store.h"

namespace cairn::hashlist {

class LiveList::Watcher {
public:
    Watcher(
        std::string name,
        Options options,
        std::unique_ptr<ListStore> store,
        std::unique_ptr<ListRegistry> registry
    )
        : name_(std::move(name)),
          options_(std::move(options)),
          store_(std::move(store)),
          registry_(std::move(registry)) {}

    /// The counter is read before the version, so that no change can fall between them.
    Status load_first() {
        counter_ = CAIRN_TRY(registry_->change_counter());
        current_ = CAIRN_TRY(store_->load_version(name_, std::nullopt));
        return ok();
    }

    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    }

    LoadedList current() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }

    std::optional<Error> last_error() const {
        const std::lock_guard lock(mutex_);
        return last_error_;
    }

private:
    void watch(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            look();
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, options_.interval, [] { return false; });
        }
    }

    void look() {
        const auto counter = registry_->change_counter();
        if (!counter) return note(Error(counter.error()));
        if (*counter == counter_ && !failed_) return;
        const Status reloaded = reload();
        if (!reloaded) return note(Error(reloaded.error()));
        counter_ = *counter;
        failed_ = false;
        const std::lock_guard lock(mutex_);
        last_error_.reset();
    }

    Status reload() {
        const auto version = CAIRN_TRY(registry_->current_version(name_));
        if (!version) {
            return fail(Errc::not_found, "list \"{}\" was removed", printable(name_));
        }
        if (version->number == number_) return ok();
        LoadedList loaded = CAIRN_TRY(store_->load_version(name_, std::nullopt));
        number_ = version->number;
        const std::lock_guard lock(mutex_);
        // The old version's files go with the last reader, perhaps this one: not under the lock.
        std::swap(current_, loaded);
        return ok();
    }

    void note(const Error& error) {
        const bool first = !failed_;
        failed_ = true;
        {
            const std::lock_guard lock(mutex_);
            last_error_ = error;
        }
        if (first && options_.on_error) options_.on_error(error);
    }

    const std::string name_;
    const Options options_;
    const std::unique_ptr<ListStore> store_;
    const std::unique_ptr<ListRegistry> registry_;
    std::int64_t counter_ = 0;
    std::int64_t number_ = 0;  ///< of the version loaded by reload()
    bool failed_ = false;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    LoadedList current_;
    std::optional<Error> last_error_;
    std::jthread thread_;  // last, so that it ends before what it uses
};

Result<std::unique_ptr<LiveList>> LiveList::open(
    const std::string& folder,
    const crypto::SecretKey& key,
    const std::string& name,
    Options options
) {
    auto store = CAIRN_TRY(ListStore::open(folder, key));
    auto registry = CAIRN_TRY(ListRegistry::open(folder + "/lists.db", key));
    auto watcher =
        std::make_unique<Watcher>(name, std::move(options), std::move(store), std::move(registry));
    CAIRN_TRY(watcher->load_first());
    watcher->start();
    return std::unique_ptr<LiveList>(new LiveList(std::move(watcher)));
}

LiveList::LiveList(std::unique_ptr<Watcher> watcher) : watcher_(std::move(watcher)) {}

LiveList::~LiveList() = default;

LoadedList LiveList::current() const {
    return watcher_->current();
}

std::optional<Error> LiveList::last_error() const {
    return watcher_->last_error();
}

}  // namespace cairn::hashlist
