#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

namespace cairn::http {

using Moment = std::chrono::steady_clock::time_point;

/// Gives `burst` at once and `rate` each second. One thread at a time.
class TokenBucket {
public:
    TokenBucket(double burst, double rate) : burst_(burst), rate_(rate), tokens_(burst) {}

    bool take(Moment now);

private:
    double burst_;
    double rate_;
    double tokens_;
    Moment last_{};
};

/// Those that are counted as one client: an IPv4 address, or the first 64 bits of an IPv6 address.
struct Network {
    std::uint64_t prefix = 0;
    bool is_ipv6 = false;
    bool operator==(const Network&) const = default;
};

struct NetworkLimits {
    std::size_t connections_max = 0;
    double burst = 0;
    double rate = 0;
};

/// Connections and requests of each network. Thread-safe.
class Networks {
public:
    /// Networks without connections that are remembered; beyond it, those unused longest go.
    static constexpr std::size_t kRememberedMax = std::size_t{1} << 16;

    explicit Networks(const NetworkLimits& limits, std::size_t remembered_max = kRememberedMax)
        : limits_(limits), remembered_max_(remembered_max) {}

    /// False when it has as many connections as it may; else disconnect() belongs to it.
    bool connect(const Network& network);
    void disconnect(const Network& network);
    /// Whether a connected network may make another request.
    bool take(const Network& network, Moment now);
    std::size_t size() const;

private:
    struct Hash {
        std::size_t operator()(const Network& network) const;
    };
    struct Entry {
        TokenBucket bucket;
        std::size_t connections = 0;
        std::list<Network>::iterator unused{};  ///< while there are no connections
    };

    const NetworkLimits limits_;
    const std::size_t remembered_max_;
    mutable std::mutex mutex_;
    std::unordered_map<Network, Entry, Hash> entries_;
    std::list<Network> unused_;  ///< the longest unused first
};

}  // namespace cairn::http
