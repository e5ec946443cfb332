#pragma once

#include <memory>
#include <string_view>

#include <nlohmann/json.hpp>

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace cairn::api {

enum class LogLevel : std::uint8_t { info, warning, error };

/// What a server tells its operator: one JSON object a line on standard error, with time and level.
/// Never who asked, what for, nor anything of a request but its id and operation: who did what
/// stands in the audit log, which not everybody may read. Thread-safe; never waits for the reader.
class ServerLog {
public:
    ServerLog();
    ~ServerLog();

    void write(LogLevel level, std::string_view event, const nlohmann::ordered_json& fields = {});

private:
    std::shared_ptr<spdlog::details::thread_pool> threads_;
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace cairn::api
