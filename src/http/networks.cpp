#include "http/networks.h"

#include <algorithm>

namespace cairn::http {

bool TokenBucket::take(Moment now) {
    const std::chrono::duration<double> gone = now - last_;
    tokens_ = std::min(burst_, tokens_ + rate_ * std::max(gone.count(), 0.0));
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

std::size_t Networks::Hash::operator()(const Network& network) const {
    return std::hash<std::uint64_t>()(network.prefix ^ (network.is_ipv6 ? ~std::uint64_t{0} : 0));
}

bool Networks::connect(const Network& network) {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] =
        entries_.try_emplace(network, Entry{TokenBucket(limits_.burst, limits_.rate)});
    Entry& entry = at->second;
    if (entry.connections >= limits_.connections_max) {
        if (is_new) entries_.erase(at);
        return false;
    }
    if (!is_new && entry.connections == 0) unused_.erase(entry.unused);
    ++entry.connections;
    return true;
}

void Networks::disconnect(const Network& network) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(network);
    if (at == entries_.end() || --at->second.connections > 0) return;
    at->second.unused = unused_.insert(unused_.end(), network);
    if (unused_.size() > remembered_max_) {
        entries_.erase(unused_.front());
        unused_.pop_front();
    }
}

bool Networks::take(const Network& network, Moment now) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(network);
    return at != entries_.end() && at->second.bucket.take(now);
}

std::size_t Networks::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

}  // namespace cairn::http
