#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "api/server_log.h"
#include "config/configuration.h"

namespace cairn::api {

/// What is asked of a running server from outside, by signals.
struct Wishes {
    std::atomic<bool> stop = false;
    std::atomic<bool> reload_certificate = false;
};

/// What a server finds around it.
struct Surroundings {
    std::string program_folder;  ///< where cairn-decoder and cairn-reader lie
    std::string host;
    std::string version;  ///< of Cairn
};

/// Where a server listens.
struct Listening {
    std::string address;
    std::uint16_t port = 0;
    std::uint16_t metrics_port = 0;  ///< 0: none
};

/// Serves an installation until it is asked to stop: opens records, log and doors, keeps house,
/// finishes what was begun at the end. `on_ready` is called once all doors are open. Errors say
/// what keeps the server from starting, with the cure.
Status serve(
    const config::Configuration& configuration,
    const Surroundings& surroundings,
    ServerLog& log,
    Wishes& wishes,
    const std::function<void(const Listening&)>& on_ready
);

}  // namespace cairn::api
