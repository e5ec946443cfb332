#include "api/server_process.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "api/bounded_hasher.h"
#include "api/housekeeper.h"
#include "api/metrics_door.h"
#include "api/service.h"
#include "bus/nats_bus.h"
#include "config/secrets.h"
#include "http/static_files.h"
#include "jobs/scan_runner.h"
#include "records/schemas.h"

namespace cairn::api {
namespace {

using namespace std::chrono_literals;

/// How often a running server looks whether something is asked of it.
constexpr auto kLookEvery = 100ms;
/// Requests that began have so long to end.
constexpr auto kPatience = 20s;

/// The tables must be those of this program: they are changed by their owner, not by the server.
Status check_schemas(const config::Configuration& configuration) {
    db::Database::Options options;
    const auto records = CAIRN_TRY(db::Database::open(configuration.database, options));
    for (const db::Schema& schema : records::schemas()) {
        const int version = CAIRN_TRY(records->schema_version(schema));
        if (version == schema.newest()) continue;
        return fail(
            Errc::unsupported,
            "{}: the tables of {} are of version {}, this program needs {}; run `cairn db migrate` "
            "with the program of the newer version",
            records->name(),
            schema.name,
            version,
            schema.newest()
        );
    }
    return ok();
}

Result<crypto::SigningKey> audit_key(const config::Configuration& configuration) {
    const auto secret =
        CAIRN_TRY(config::read_secret_key(configuration.secrets, config::kAuditKeyFile));
    return crypto::SigningKey::from_seed(secret.bytes());
}

http::ServerOptions server_options(const config::Server& server, const std::string& spool_folder) {
    http::ServerOptions options;
    options.address = server.address;
    options.port = static_cast<std::uint16_t>(server.port);
    options.tls = http::TlsOptions{
        .certificate_file = server.certificate_file,
        .key_file = server.key_file,
        .lowest =
            server.lowest_tls == "1.2" ? http::TlsVersion::tls_1_2 : http::TlsVersion::tls_1_3};
    options.io_threads = server.io_threads;
    options.workers = server.workers;
    options.limits.spool_folder = spool_folder;
    return options;
}

http::ServerOptions metrics_options(const config::Server& server, const std::string& spool_folder) {
    http::ServerOptions options;
    options.port = static_cast<std::uint16_t>(server.metrics_port);
    options.workers = 1;
    options.limits.spool_folder = spool_folder;
    return options;
}

/// A name as part of a subject, in which dots separate and blanks, stars and > are not allowed.
std::string subject_part(std::string name) {
    std::ranges::replace_if(
        name, [](char c) { return c == '.' || c == '/'; }, '_'
    );
    return name;
}

/// What "nats://host:port,tls://host:port" names, as the bus wants it.
bus::NatsOptions nats_options(const config::Configuration& configuration) {
    const config::Bus& settings = configuration.bus;
    bus::NatsOptions options;
    options.subject_prefix = "cairn." + subject_part(configuration.installation.name);
    options.transport = settings.address.find("nats://") == std::string::npos
                            ? bus::NatsTransport::tls
                            : bus::NatsTransport::plain;
    options.trust_file = configuration.fetch.trust_file;
    std::string_view rest = settings.address;
    while (!rest.empty()) {
        std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        options.servers.emplace_back(one.substr(one.find("//") + 2));
    }
    if (!settings.credentials_file.empty()) {
        options.credentials_file = configuration.secrets.folder + "/" + settings.credentials_file;
    }
    return options;
}

Result<std::unique_ptr<bus::Bus>> open_bus(const config::Configuration& configuration) {
    if (configuration.bus.address.empty()) return bus::local_bus();
    return bus::nats_bus(nats_options(configuration));
}

/// The folders that may be scanned, each for the agency that is named or for all. A name of no
/// agency may be that of one which is added later, or a mistake: it is told.
Result<std::vector<jobs::ScanRoot>> scan_roots(
    const config::Configuration& configuration, ServerLog& log
) {
    const auto records = CAIRN_TRY(db::Database::open(configuration.database, {}));
    std::vector<jobs::ScanRoot> roots;
    for (const config::ScanRoot& given : configuration.scan.roots) {
        jobs::ScanRoot root{.name = given.name, .path = given.path};
        root.all_agencies = given.agency == "all";
        if (!root.all_agencies) {
            const auto agency = CAIRN_TRY(access::find_agency(*records, given.agency));
            if (!agency) {
                log.write(LogLevel::warning, "no_such_agency", {{"scan_root", given.name}});
            }
            root.agencies.push_back(given.agency);
        }
        roots.push_back(std::move(root));
    }
    return roots;
}

Status make_folder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Errc::io, "{}: {}", folder, error.message());
    return ok();
}

/// Everything of a running server, in the order in which it comes about. It goes in the reverse
/// order: nobody is left with what another took away.
class Running {
public:
    Running(
        const config::Configuration& configuration, const Surroundings& surroundings, ServerLog& log
    )
        : configuration_(configuration), surroundings_(surroundings), log_(log) {}

    Status start() {
        CAIRN_TRY(check_schemas(configuration_));
        CAIRN_TRY(open_records());
        CAIRN_TRY(open_doors());
        return start_work();
    }

    Listening listening() const {
        return {
            .address = configuration_.server.address,
            .port = server_->port(),
            .metrics_port = metrics_server_ ? metrics_server_->port() : std::uint16_t{0}};
    }

    void reload_certificate() {
        const Status reloaded = server_->reload_tls();
        if (reloaded) return log_.write(LogLevel::info, "certificate_reloaded");
        log_.write(
            LogLevel::error, "certificate_not_reloaded", {{"reason", reloaded.error().message}}
        );
    }

    void stop() {
        server_->stop(kPatience);
        if (metrics_server_) metrics_server_->stop(0ms);
    }

private:
    Status open_records() {
        const auto master =
            CAIRN_TRY(config::read_secret_key(configuration_.secrets, config::kMasterKeyFile));
        master_.emplace(master);
        const auto list_key =
            CAIRN_TRY(config::read_secret_key(configuration_.secrets, config::kListKeyFile));
        const auto key = CAIRN_TRY(audit_key(configuration_));
        audit_queue_ = CAIRN_TRY(audit::AuditQueue::start(
            {.location = configuration_.database,
             .installation = configuration_.installation.name,
             .sign_interval = configuration_.audit.checkpoint_interval},
            key
        ));
        bus_ = CAIRN_TRY(open_bus(configuration_));
        witnesses_ = CAIRN_TRY(WitnessGuard::open(configuration_, clock_));
        CAIRN_TRY(make_folder(configuration_.data_folder + "/lists"));
        lists_.emplace(configuration_.data_folder + "/lists", list_key);
        auto roots = CAIRN_TRY(scan_roots(configuration_, log_));
        resources_.emplace(Resources{
            .configuration = configuration_,
            .limits = identity::limits_of(configuration_),
            .master = *master_,
            .audit_queue = *audit_queue_,
            .bus = *bus_,
            .lists = *lists_,
            .scan_roots = std::move(roots),
            .clock = clock_,
            .hasher = hasher_,
            .witnessed = [this] { return witnesses_->witnessed(); }});
        // One for each worker, and one for the events.
        workplaces_.emplace(*resources_, configuration_.server.workers + 1);
        // What would keep every request from being answered is told now.
        CAIRN_TRY(workplaces_->take());
        return ok();
    }

    Status open_doors() {
        const config::Server& settings = configuration_.server;
        if (!settings.web_folder.empty()) {
            auto files = CAIRN_TRY(http::StaticFiles::load(settings.web_folder));
            files_.emplace(std::move(files));
        }
        events_.emplace(*bus_, *workplaces_);
        service_.emplace(Service::Parts{
            .workplaces = *workplaces_,
            .bus = *bus_,
            .events = *events_,
            .metrics = metrics_,
            .log = log_,
            .files = [this](const http::Request& request) {
                return files_ ? files_->answer(request) : std::nullopt;
            }});
        const std::string& spool = configuration_.data_folder;
        server_ = CAIRN_TRY(http::Server::start(server_options(settings, spool), *service_));
        if (settings.metrics_port == 0) return ok();
        metrics_door_.emplace(metrics_, *server_);
        metrics_server_ =
            CAIRN_TRY(http::Server::start(metrics_options(settings, spool), *metrics_door_));
        return ok();
    }

    /// What goes on without being asked for.
    Status start_work() {
        housekeeper_ =
            CAIRN_TRY(Housekeeper::start({.resources = *resources_, .events = *events_, .log = log_}
            ));
        runner_foundation_ = CAIRN_TRY(Foundation::open(*resources_));
        runner_ = jobs::ScanRunner::start(
            {.gate = *runner_foundation_.gate,
             .connect = [this] { return db::Database::open(configuration_.database, {}); },
             .master = *master_,
             .lists = *lists_,
             .publish = [this](const bus::Event& event) { bus_->publish(event); }},
            {.roots = resources_->scan_roots,
             .program_folder = surroundings_.program_folder,
             .spool_folder = configuration_.data_folder,
             .host = surroundings_.host,
             .version = surroundings_.version}
        );
        return ok();
    }

    const config::Configuration& configuration_;
    const Surroundings& surroundings_;
    ServerLog& log_;
    SystemClock clock_;
    BoundedHasher hasher_;
    Metrics metrics_;
    std::optional<crypto::SecretKey> master_;
    std::unique_ptr<audit::AuditQueue> audit_queue_;
    std::unique_ptr<bus::Bus> bus_;
    std::unique_ptr<WitnessGuard> witnesses_;
    std::optional<jobs::ListFolders> lists_;
    std::optional<Resources> resources_;
    std::optional<Workplaces> workplaces_;
    std::optional<http::StaticFiles> files_;
    std::optional<EventFeed> events_;
    std::optional<Service> service_;
    std::unique_ptr<http::Server> server_;
    std::optional<MetricsDoor> metrics_door_;
    std::unique_ptr<http::Server> metrics_server_;
    std::unique_ptr<Housekeeper> housekeeper_;
    Foundation runner_foundation_;
    std::unique_ptr<jobs::ScanRunner> runner_;
};

}  // namespace

Status serve(
    const config::Configuration& configuration,
    const Surroundings& surroundings,
    ServerLog& log,
    Wishes& wishes,
    const std::function<void(const Listening&)>& on_ready
) {
    Running running(configuration, surroundings, log);
    CAIRN_TRY(running.start());
    on_ready(running.listening());
    while (!wishes.stop) {
        if (wishes.reload_certificate.exchange(false)) running.reload_certificate();
        std::this_thread::sleep_for(kLookEvery);
    }
    log.write(LogLevel::info, "stopping");
    running.stop();
    log.write(LogLevel::info, "stopped");
    return ok();
}

}  // namespace cairn::api
