#include "api/housekeeper.h"

#include "identity/housekeeping.h"
#include "oversight/act_index.h"

namespace cairn::api {
namespace {

using namespace std::chrono_literals;

constexpr auto kFollowEvery = 1s;
constexpr auto kWitnessesEvery = 60s;
constexpr auto kHouseEvery = 60s;
/// Between two transactions of the index others write.
constexpr auto kFollowPause = 5ms;
/// How often it looks whether it is to stop.
constexpr auto kLookEvery = 50ms;

}  // namespace

Result<audit::WitnessPolicy> witness_policy(const config::Audit& settings) {
    audit::WitnessPolicy policy{.witnesses = {}, .needed = settings.witnesses_required};
    for (const config::Witness& witness : settings.witnesses) {
        auto key = CAIRN_TRY(audit::VerifierKey::parse(witness.key));
        policy.witnesses.push_back(std::move(key));
    }
    return policy;
}

Result<std::unique_ptr<Housekeeper>> Housekeeper::start(const Parts& parts) {
    auto foundation = CAIRN_TRY(Foundation::open(parts.resources));
    auto keeper = std::unique_ptr<Housekeeper>(new Housekeeper(parts, std::move(foundation)));
    for (const config::Witness& one : parts.resources.configuration.audit.witnesses) {
        auto key = CAIRN_TRY(audit::VerifierKey::parse(one.key));
        keeper->witnesses_.push_back({.key = std::move(key), .address = one.address});
    }
    keeper->thread_ = std::thread([raw = keeper.get()] { raw->run(); });
    return keeper;
}

Housekeeper::Housekeeper(const Parts& parts, Foundation foundation)
    : parts_(parts),
      foundation_(std::move(foundation)),
      web_(web_options(parts.resources.configuration.fetch)) {}

Housekeeper::~Housekeeper() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void Housekeeper::run() {
    Clock::time_point follow{};
    Clock::time_point witnesses{};
    Clock::time_point house{};
    const auto due = [](Clock::time_point& next, std::chrono::seconds every) {
        if (Clock::now() < next) return false;
        next = Clock::now() + every;
        return true;
    };
    while (!stopping_) {
        if (due(follow, kFollowEvery)) follow_log();
        if (!witnesses_.empty() && due(witnesses, kWitnessesEvery)) ask_witnesses();
        if (due(house, kHouseEvery)) keep_house();
        std::this_thread::sleep_for(kLookEvery);
    }
}

void Housekeeper::tell(std::string_view event, const Error& error) {
    parts_.log.write(LogLevel::error, event, {{"reason", error.message}});
}

void Housekeeper::follow_log() {
    while (!stopping_) {
        const auto entered = oversight::follow_logs(*foundation_.records);
        if (!entered) return tell("log_not_followed", entered.error());
        if (*entered == 0) return;
        std::this_thread::sleep_for(kFollowPause);
    }
}

void Housekeeper::ask_witnesses() {
    const auto reports = oversight::refresh_witnesses(
        *foundation_.records,
        parts_.resources.configuration.installation.name,
        witnesses_,
        web_,
        parts_.resources.clock
    );
    if (!reports) return tell("witnesses_not_asked", reports.error());
    for (const oversight::WitnessReport& report : *reports) {
        if (report.outcome) continue;
        parts_.log.write(
            LogLevel::warning,
            "witness_silent",
            {{"witness", report.name}, {"reason", report.outcome.error().message}}
        );
    }
}

void Housekeeper::keep_house() {
    const Status written = parts_.resources.audit_queue.health();
    if (!written) tell("audit_not_written", written.error());
    const auto report = identity::keep_house(
        *foundation_.gate, parts_.resources.limits.session, parts_.resources.limits.break_glass
    );
    for (const Error& error : report.failures) tell("house_not_kept", error);
    parts_.events.close_ended();
}

Result<std::unique_ptr<WitnessGuard>> WitnessGuard::open(
    const config::Configuration& configuration, const cairn::Clock& clock
) {
    auto policy = CAIRN_TRY(witness_policy(configuration.audit));
    auto records = CAIRN_TRY(db::Database::open(configuration.database, {}));
    return std::unique_ptr<WitnessGuard>(new WitnessGuard(
        std::move(records), configuration.installation.name, std::move(policy), clock
    ));
}

bool WitnessGuard::witnessed() {
    const std::lock_guard lock(mutex_);
    return watch_.witnessed();
}

}  // namespace cairn::api
