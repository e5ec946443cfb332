#include "config/settings.h"

#include <array>

namespace cairn::config {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// The field reached by following members, as a plain function.
template <auto... members>
auto& at(Configuration& configuration) {
    return (configuration.*....*members);
}

/// An authority shorter than a day helps nobody; longer than a year it is no decision any more.
template <auto act>
constexpr DurationSetting longest() {
    return {
        at<&Configuration::authority, &Authority::longest, act>,
        days(1),
        LongestAuthority::kYear,
        DurationUnit::days};
}

constexpr std::uint32_t kPortMax = 65535;

// Floors and ceilings that protect people come from the safeguards: A7 (lock-out, idle and session
// limit), 2.5 (checkpoints), 4 (four-eyes, break-glass). The others keep values sensible.
constexpr auto kSettings = std::to_array<Setting>({
    {"data_folder",
     "Folder of everything this installation keeps: records, lists, cases.",
     TextSetting{
         at<&Configuration::data_folder>,
         TextForm::path,
         "$XDG_DATA_HOME/cairn, usually ~/.local/share/cairn",
         "/var/lib/cairn"}},
    {"database",
     "The records: a file (SQLite), or an address of PostgreSQL without a password.",
     TextSetting{
         at<&Configuration::database>,
         TextForm::database,
         "records.db in the data folder",
         "postgresql://cairn_server@/cairn?host=/run/postgresql"}},
    {"owner_database",
     "The same records as the role that owns the tables; only changes of the tables use it.",
     TextSetting{
         at<&Configuration::owner_database>,
         TextForm::database,
         "the value of database, and then the server can alter its own audit log",
         "postgresql://cairn_owner@/cairn?host=/run/postgresql"}},
    {"installation.name",
     "Name of this installation and origin of its audit log; fixed once the log has begun.",
     TextSetting{
         at<&Configuration::installation, &Installation::name>,
         TextForm::host_like_name,
         "the name of this machine",
         "cairn.example.org"}},
    {"secrets.folder",
     "Folder of master.key, audit.key, list.key and other secret files, outside the data folder.",
     TextSetting{
         at<&Configuration::secrets, &Secrets::folder>,
         TextForm::path,
         "the credentials that systemd hands over ($CREDENTIALS_DIRECTORY), else secrets beside "
         "this file",
         "/etc/cairn/secrets"}},
    {"server.address",
     "Network address on which people and programs reach this installation.",
     TextSetting{
         at<&Configuration::server, &Server::address>,
         TextForm::network_address,
         "127.0.0.1, this machine alone",
         "192.0.2.10"}},
    {"server.port",
     "Port of HTTPS on that address.",
     CountSetting{at<&Configuration::server, &Server::port>, 1, kPortMax}},
    {"server.certificate_file",
     "Certificate of the server, PEM, with those that lead to its authority.",
     TextSetting{
         at<&Configuration::server, &Server::certificate_file>,
         TextForm::path,
         "server.pem in the folder of the secrets, made by `cairn serve --init` for this machine",
         "/etc/cairn/tls/certificate.pem"}},
    {"server.key_file",
     "Private key of that certificate, PEM, mode 0600.",
     TextSetting{
         at<&Configuration::server, &Server::key_file>,
         TextForm::path,
         "server.key in the folder of the secrets, made by `cairn serve --init`",
         "/etc/cairn/tls/certificate.key"}},
    {"server.lowest_tls",
     "The lowest version of TLS that is spoken: 1.3, or 1.2 for old clients.",
     TextSetting{
         at<&Configuration::server, &Server::lowest_tls>, TextForm::tls_version, "1.3", "1.2"}},
    {"server.web_folder",
     "Folder of the web application.",
     TextSetting{
         at<&Configuration::server, &Server::web_folder>,
         TextForm::path,
         "the one that came with the program",
         "/usr/share/cairn/web"}},
    {"server.workers",
     "Requests that are worked on at once; each takes a connection to the records.",
     CountSetting{at<&Configuration::server, &Server::workers>, 1, 256}},
    {"server.io_threads",
     "Threads that wait for all connections.",
     CountSetting{at<&Configuration::server, &Server::io_threads>, 1, 64}},
    {"server.metrics_port",
     "Port on 127.0.0.1 with figures for Prometheus; 0 shows none.",
     CountSetting{at<&Configuration::server, &Server::metrics_port>, 0, kPortMax}},
    {"bus.address",
     "NATS servers through which several servers of this installation tell what changed.",
     TextSetting{
         at<&Configuration::bus, &Bus::address>,
         TextForm::nats_address,
         "none, and then there is one server",
         "tls://nats.example.org:4222"}},
    {"bus.credentials_file",
     "Name of the file in the folder of the secrets with the credentials for NATS.",
     TextSetting{
         at<&Configuration::bus, &Bus::credentials_file>,
         TextForm::file_name,
         "none",
         "nats.creds"}},
    {"fetch.trust_file",
     "Authorities, PEM, by which other servers are known.",
     TextSetting{
         at<&Configuration::fetch, &Fetch::trust_file>,
         TextForm::path,
         "those of the system",
         "/etc/cairn/authorities.pem"}},
    {"sign_in.failed_attempts_max",
     "Failed attempts to sign in before an account has to wait.",
     CountSetting{at<&Configuration::sign_in, &SignIn::failed_attempts_max>, 3, 10}},
    {"sign_in.first_delay",
     "The first wait after too many failed attempts; further ones grow.",
     DurationSetting{
         at<&Configuration::sign_in, &SignIn::first_delay>,
         minutes(10),
         hours(24),
         DurationUnit::minutes}},
    {"sign_in.idle_limit",
     "A session that nobody uses is locked after this time.",
     DurationSetting{
         at<&Configuration::sign_in, &SignIn::idle_limit>,
         minutes(1),
         minutes(30),
         DurationUnit::minutes}},
    {"sign_in.session_limit",
     "A session ends after this time, used or not.",
     DurationSetting{
         at<&Configuration::sign_in, &SignIn::session_limit>,
         hours(1),
         hours(12),
         DurationUnit::hours}},
    {"sign_in.fresh_second_factor",
     "For acts that want a fresh second factor, it may be this old.",
     DurationSetting{
         at<&Configuration::sign_in, &SignIn::fresh_second_factor>,
         minutes(1),
         minutes(10),
         DurationUnit::minutes}},
    {"four_eyes.request_limit",
     "A request that nobody decides expires after this time.",
     DurationSetting{
         at<&Configuration::four_eyes, &FourEyes::request_limit>,
         hours(1),
         days(14),
         DurationUnit::hours}},
    {"break_glass.duration",
     "How long broken glass gives access.",
     DurationSetting{
         at<&Configuration::break_glass, &BreakGlass::duration>,
         minutes(1),
         minutes(60),
         DurationUnit::minutes}},
    {"break_glass.review_limit",
     "Another person must review each use within this time.",
     DurationSetting{
         at<&Configuration::break_glass, &BreakGlass::review_limit>,
         hours(1),
         hours(24),
         DurationUnit::hours}},
    {"break_glass.reason_characters_min",
     "Characters that the written reason must have.",
     CountSetting{at<&Configuration::break_glass, &BreakGlass::reason_characters_min>, 30, 500}},
    {"authority.longest.search_cross_case",
     "To search across cases.",
     longest<&LongestAuthority::search_cross_case>()},
    {"authority.longest.export", "To export.", longest<&LongestAuthority::export_>()},
    {"authority.longest.unlock",
     "To open encrypted containers.",
     longest<&LongestAuthority::unlock>()},
    {"authority.longest.monitor", "To watch a network.", longest<&LongestAuthority::monitor>()},
    {"authority.longest.legal_request",
     "To ask a provider for records.",
     longest<&LongestAuthority::legal_request>()},
    {"authority.longest.de_pseudonymise",
     "To learn who stands behind a pseudonym.",
     longest<&LongestAuthority::de_pseudonymise>()},
    {"authority.longest.deconflict",
     "To ask whether another agency works on the same.",
     longest<&LongestAuthority::deconflict>()},
    {"authority.longest.share",
     "To share a case with another agency.",
     longest<&LongestAuthority::share>()},
    {"authority.longest.retain_longer",
     "To keep data beyond its clock.",
     longest<&LongestAuthority::retain_longer>()},
    {"authority.longest.view_media", "To view media.", longest<&LongestAuthority::view_media>()},
    {"authority.longest.follow",
     "To follow an installation or account.",
     longest<&LongestAuthority::follow>()},
    {"authority.longest.rematch",
     "To compare recorded fingerprints with another list.",
     longest<&LongestAuthority::rematch>()},
    {"authority.longest.list_publish",
     "To publish a hash list.",
     longest<&LongestAuthority::list_publish>()},
    {"authority.longest.list_export",
     "To export a hash list.",
     longest<&LongestAuthority::list_export>()},
    {"authority.longest.spread",
     "To trace how an item spread.",
     longest<&LongestAuthority::spread>()},
    {"audit.checkpoint_interval",
     "While acts are recorded, a checkpoint is signed this often.",
     DurationSetting{
         at<&Configuration::audit, &Audit::checkpoint_interval>,
         seconds(1),
         seconds(60),
         DurationUnit::seconds}},
    {"audit.witnesses_required",
     "How many of the witnesses below must co-sign a checkpoint.",
     CountSetting{at<&Configuration::audit, &Audit::witnesses_required>, 1, kGroupElementsMax}},
});

template <std::string OpenIdConnect::*member>
std::string& provider_field(Configuration& configuration, std::size_t index) {
    return configuration.sign_in.openid_connect[index].*member;
}

template <std::string Witness::*member>
std::string& witness_field(Configuration& configuration, std::size_t index) {
    return configuration.audit.witnesses[index].*member;
}

template <std::string OwnHost::*member>
std::string& own_host_field(Configuration& configuration, std::size_t index) {
    return configuration.fetch.own_hosts[index].*member;
}

template <std::string ScanRoot::*member>
std::string& scan_root_field(Configuration& configuration, std::size_t index) {
    return configuration.scan.roots[index].*member;
}

constexpr auto kOwnHostFields = std::to_array<GroupField>({
    {"name",
     "Name of the host.",
     TextForm::host_name,
     own_host_field<&OwnHost::name>,
     "sign-in.example.org"},
});

constexpr auto kScanRootFields = std::to_array<GroupField>({
    {"name",
     "What people choose it by.",
     TextForm::file_name,
     scan_root_field<&ScanRoot::name>,
     "uploads"},
    {"path",
     "The folder; nothing outside of it is read.",
     TextForm::path,
     scan_root_field<&ScanRoot::path>,
     "/srv/uploads"},
    {"agency",
     "Name of the agency that may have it scanned, or all.",
     TextForm::label,
     scan_root_field<&ScanRoot::agency>,
     "all"},
});

constexpr auto kProviderFields = std::to_array<GroupField>({
    {"name",
     "What people see on the button.",
     TextForm::label,
     provider_field<&OpenIdConnect::name>,
     "Agency account"},
    {"issuer",
     "Address of the provider, as it calls itself.",
     TextForm::https_address,
     provider_field<&OpenIdConnect::issuer>,
     "https://sign-in.example.org"},
    {"client_id",
     "What the provider calls this installation.",
     TextForm::identifier,
     provider_field<&OpenIdConnect::client_id>,
     "cairn"},
    {"client_secret_file",
     "Name of the file in the folder of the secrets that holds the client secret.",
     TextForm::file_name,
     provider_field<&OpenIdConnect::client_secret_file>,
     "openid.secret"},
    {"redirect_url",
     "Where the provider sends people back to, on this installation.",
     TextForm::redirect_address,
     provider_field<&OpenIdConnect::redirect_url>,
     "https://cairn.example.org/api/v1/sign-in/openid/return"},
});

constexpr auto kWitnessFields = std::to_array<GroupField>({
    {"name",
     "What people call it.",
     TextForm::label,
     witness_field<&Witness::name>,
     "Example agency"},
    {"address",
     "Where it takes checkpoints; add-checkpoint is appended.",
     TextForm::https_address,
     witness_field<&Witness::address>,
     "https://witness.example.net/log"},
    {"key",
     "Its verifier key, the line it publishes.",
     TextForm::witness_key,
     witness_field<&Witness::key>,
     "witness.example.net/w1+669be294+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"},
});

constexpr auto kGroups = std::to_array<Group>({
    {"fetch.own_host",
     "A host in the own network that may be asked all the same; may be repeated.",
     kOwnHostFields,
     [](const Configuration& configuration) { return configuration.fetch.own_hosts.size(); },
     [](Configuration& configuration) { configuration.fetch.own_hosts.emplace_back(); }},
    {"scan.root",
     "A folder of this machine that may be scanned through the server; may be repeated.",
     kScanRootFields,
     [](const Configuration& configuration) { return configuration.scan.roots.size(); },
     [](Configuration& configuration) { configuration.scan.roots.emplace_back(); }},
    {"sign_in.openid_connect",
     "A provider of OpenID Connect through which people may sign in; may be repeated.",
     kProviderFields,
     [](const Configuration& configuration) { return configuration.sign_in.openid_connect.size(); },
     [](Configuration& configuration) { configuration.sign_in.openid_connect.emplace_back(); }},
    {"audit.witness",
     "Another organisation that co-signs the checkpoints of the audit log; may be repeated.",
     kWitnessFields,
     [](const Configuration& configuration) { return configuration.audit.witnesses.size(); },
     [](Configuration& configuration) { configuration.audit.witnesses.emplace_back(); }},
});

constexpr auto kSections = std::to_array<Section>({
    {"installation", "What this installation is called."},
    {"secrets", "Secrets lie in files of mode 0600, one each, never in this file."},
    {"server", "The door for people and programs: HTTPS and WebSockets."},
    {"bus", "Live events between several servers of this installation."},
    {"fetch", "Questions to other servers: identity providers, witnesses."},
    {"scan", "Scans through the server."},
    {"sign_in", "Signing in. The second factor has no setting: it cannot be switched off."},
    {"four_eyes", "Acts that need a second person."},
    {"break_glass", "Access in danger to life or to a child, without waiting for permission."},
    {"authority.longest",
     "The longest time for which an authority may be given, for each act. Acts that go on by "
     "themselves, or reach people under no suspicion yet, are decided anew each quarter."},
    {"audit", "The log of all acts."},
});

}  // namespace

std::span<const Setting> settings() {
    return kSettings;
}

std::span<const Group> groups() {
    return kGroups;
}

std::span<const Section> sections() {
    return kSections;
}

std::string_view section_of(std::string_view key) {
    const auto dot = key.rfind('.');
    return dot == key.npos ? "" : key.substr(0, dot);
}

std::string_view name_in_section(std::string_view key) {
    return key.substr(key.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace cairn::config
