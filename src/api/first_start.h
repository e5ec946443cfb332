#pragma once

#include <string>
#include <vector>

#include "access/actor.h"
#include "config/configuration.h"

namespace cairn::api {

/// What an installation begins with.
struct FirstStartWishes {
    access::Profile profile{};  ///< of the installation and of its first agency
    std::string agency;
    std::string login;  ///< of the first administrator
    std::string name;
    std::string host;  ///< name of this machine, for the certificate
};

struct FirstStart {
    std::string invitation;         ///< by which the administrator sets a password
    std::vector<std::string> made;  ///< files
    bool certificate_is_own = false;
    std::string log_key;  ///< public key of the audit log, in its one line
};

/// Makes what a server needs and is not there yet: folders, keys, certificate, tables; then the
/// installation with its first agency and administrator, all or nothing. Keys and certificates that
/// are there are used as they are. Errc::conflict when the records have an installation.
Result<FirstStart> set_up(
    const config::Configuration& configuration, const FirstStartWishes& wishes
);

}  // namespace cairn::api
