#include "api/first_start.h"

#include <filesystem>

#include "audit/audit_log.h"
#include "audit/signed_note.h"
#include "config/secrets.h"
#include "crypto/certificate_maker.h"
#include "identity/first_administrator.h"
#include "records/schemas.h"

namespace cairn::api {
namespace {

bool is_there(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

Status make_private_folder(const std::string& folder) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (error) return fail(Errc::io, "{}: {}", folder, error.message());
    if (made) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
        if (error) return fail(Errc::io, "{}: {}", folder, error.message());
    }
    return ok();
}

Status make_keys(const config::Configuration& configuration, FirstStart& started) {
    for (const auto name : {config::kMasterKeyFile, config::kAuditKeyFile, config::kListKeyFile}) {
        const std::string path = configuration.secrets.folder + "/" + std::string(name);
        if (is_there(path)) {
            CAIRN_TRY(config::read_secret_key(configuration.secrets, name));
        } else {
            CAIRN_TRY(crypto::create_key_file(path));
            started.made.push_back(path);
        }
    }
    return ok();
}

/// The public key of the installation's log, and of those of its agencies.
Result<std::string> log_key(const config::Configuration& configuration) {
    const auto seed =
        CAIRN_TRY(config::read_secret_key(configuration.secrets, config::kAuditKeyFile));
    const auto key = crypto::SigningKey::from_seed(seed.bytes());
    const auto verifier = CAIRN_TRY(audit::VerifierKey::create(
        configuration.installation.name, audit::SignatureType::ed25519, key.public_key()
    ));
    return verifier.text();
}

Status make_certificate(
    const config::Server& server, const std::string& host, FirstStart& started
) {
    const bool has_certificate = is_there(server.certificate_file);
    if (has_certificate != is_there(server.key_file)) {
        return fail(
            Errc::conflict,
            "{} and {}: one is there, the other is not; put both there, or remove the one",
            server.certificate_file,
            server.key_file
        );
    }
    if (has_certificate) return ok();
    std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
    if (host != "localhost") hosts.push_back(host);
    const bool everywhere = server.address == "0.0.0.0" || server.address == "::";
    if (!everywhere && server.address != "127.0.0.1" && server.address != "::1") {
        hosts.push_back(server.address);
    }
    CAIRN_TRY(crypto::make_server_certificate_files(
        {.certificate = server.certificate_file, .key = server.key_file},
        hosts,
        SystemClock().now(),
        crypto::kCertificateDaysMax
    ));
    started.made.push_back(server.certificate_file);
    started.made.push_back(server.key_file);
    started.certificate_is_own = true;
    return ok();
}

Status make_tables(const config::Configuration& configuration) {
    const std::string& owner = configuration.owner_database.empty() ? configuration.database
                                                                    : configuration.owner_database;
    const auto records = CAIRN_TRY(db::Database::open(owner, {}));
    for (const db::Schema& schema : records::schemas()) CAIRN_TRY(records->migrate(schema));
    return ok();
}

Result<std::string> make_administrator(
    const config::Configuration& configuration, const FirstStartWishes& wishes
) {
    const auto records = CAIRN_TRY(db::Database::open(configuration.database, {}));
    const auto master =
        CAIRN_TRY(config::read_secret_key(configuration.secrets, config::kMasterKeyFile));
    const auto keys = CAIRN_TRY(keyring::KeyRing::open(*records, master));
    const auto log = CAIRN_TRY(audit::AuditLog::open(*records, configuration.installation.name));
    const SystemClock clock;
    const auto first = CAIRN_TRY(identity::begin_installation(
        *records,
        *keys,
        *log,
        clock,
        {.installation = configuration.installation.name,
         .profile = wishes.profile,
         .agency =
             {.name = wishes.agency,
              .profile = wishes.profile,
              .administrator_login = wishes.login,
              .administrator_name = wishes.name}}
    ));
    return first.invitation.text();
}

}  // namespace

Result<FirstStart> set_up(
    const config::Configuration& configuration, const FirstStartWishes& wishes
) {
    FirstStart started;
    CAIRN_TRY(make_private_folder(configuration.data_folder));
    CAIRN_TRY(make_private_folder(configuration.secrets.folder));
    CAIRN_TRY(make_keys(configuration, started));
    started.log_key = CAIRN_TRY(log_key(configuration));
    CAIRN_TRY(make_certificate(configuration.server, wishes.host, started));
    CAIRN_TRY(make_tables(configuration));
    started.invitation = CAIRN_TRY(make_administrator(configuration, wishes));
    return started;
}

}  // namespace cairn::api
