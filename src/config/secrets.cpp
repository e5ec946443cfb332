#include "config/secrets.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/fd.h"

namespace cairn::config {
namespace {

/// Whoever can write into the folder can put another key there.
Status check_folder(const Secrets& secrets) {
    const std::string& folder = secrets.folder;
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) {
        const Errc code = errno == ENOENT ? Errc::not_found : Errc::io;
        return fail(
            code, "{}: {}; make it with: mkdir -m 700 {}", folder, errno_text(errno), folder
        );
    }
    if (!S_ISDIR(info.st_mode)) {
        return fail(Errc::invalid_argument, "{}: not a folder; name one", folder);
    }
    if (secrets.guard == crypto::FileGuard::service_manager) return ok();
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(
            Errc::permission_denied,
            "{}: mode {:04o} lets others at the secrets; run: chmod 700 {}",
            folder,
            info.st_mode & 07777U,
            folder
        );
    }
    return ok();
}

std::string path_of(const Secrets& secrets, std::string_view file) {
    return secrets.folder + "/" + std::string(file);
}

}  // namespace

Result<crypto::SecretKey> read_secret_key(const Secrets& secrets, std::string_view file) {
    CAIRN_TRY(check_folder(secrets));
    return crypto::read_key_file(path_of(secrets, file), secrets.guard);
}

Result<crypto::SecretText> read_secret_text(const Secrets& secrets, std::string_view file) {
    CAIRN_TRY(check_folder(secrets));
    return crypto::read_secret_text(path_of(secrets, file), secrets.guard);
}

std::vector<Problem> check_secrets(const Examined& examined, const std::string& file) {
    const Secrets& secrets = examined.configuration.secrets;
    const auto given = examined.lines.find("secrets.folder");
    const unsigned line = given == examined.lines.end() ? 0 : given->second;
    std::vector<Problem> problems;
    const auto add = [&](std::string_view key, const Error& error) {
        problems.push_back({file, line, line == 0 ? 0U : 1U, std::string(key), error.message, ""});
    };
    const Status folder = check_folder(secrets);
    const bool absent = !folder && folder.error().code == Errc::not_found;
    // Without secrets there is nothing to guard yet; a file that is named must be there.
    if (absent && line == 0 && examined.configuration.sign_in.openid_connect.empty()) return {};
    if (!folder) {
        add("secrets.folder", folder.error());
        return problems;
    }
    for (const std::string_view key : {kMasterKeyFile, kAuditKeyFile, kListKeyFile}) {
        const auto read = read_secret_key(secrets, key);
        if (!read && read.error().code != Errc::not_found) add("secrets.folder", read.error());
    }
    for (const OpenIdConnect& provider : examined.configuration.sign_in.openid_connect) {
        const auto read = read_secret_text(secrets, provider.client_secret_file);
        if (!read) add("sign_in.openid_connect.client_secret_file", read.error());
    }
    return problems;
}

}  // namespace cairn::config
