#include "api/server_log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/utc_time.h"

namespace cairn::api {
namespace {

constexpr std::size_t kWaitingLinesMax = 8192;

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "";
}

}  // namespace

ServerLog::ServerLog() {
    threads_ = std::make_shared<spdlog::details::thread_pool>(kWaitingLinesMax, 1);
    logger_ = std::make_shared<spdlog::async_logger>(
        "server",
        std::make_shared<spdlog::sinks::stderr_sink_mt>(),
        threads_,
        spdlog::async_overflow_policy::overrun_oldest
    );
    logger_->set_pattern("%v");
}

ServerLog::~ServerLog() {
    logger_.reset();
    threads_.reset();  // writes what waits
}

void ServerLog::write(
    LogLevel level, std::string_view event, const nlohmann::ordered_json& fields
) {
    nlohmann::ordered_json line = {
        {"time", format_utc(SystemClock().now())}, {"level", name_of(level)}, {"event", event}};
    if (fields.is_object()) line.update(fields);
    using Handler = nlohmann::ordered_json::error_handler_t;
    logger_->info(line.dump(-1, ' ', false, Handler::replace));
    if (level != LogLevel::info) logger_->flush();
}

}  // namespace cairn::api
