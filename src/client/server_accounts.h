#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::client {

/// What is remembered of one server.
struct ServerAccount {
    std::string address;    ///< as parse_server_address() gives it
    std::string trust_pem;  ///< certificates to trust in place of the system's; empty: the system's
    std::string agency;
    std::string login;
    std::string token;  ///< of the session; empty: signed out. Has no place in messages
};

/// The servers that this user knows, in one file that nobody else may read. Two programs that
/// change it at once: the later one wins.
class ServerAccounts {
public:
    /// No file is no servers. Errc::permission_denied for a file that others may read,
    /// corrupt_data for one that holds something else.
    static Result<ServerAccounts> open(std::string file);

    const std::vector<ServerAccount>& all() const { return accounts_; }
    /// Of the server that commands mean when they name none; empty: none.
    const std::string& usual() const { return usual_; }
    /// Null: not known. Valid until the next change.
    const ServerAccount* find(std::string_view address) const;

    /// In place of the one with the same address.
    void put(ServerAccount account);
    /// Errc::not_found.
    Status choose(std::string_view address);
    Status remove(std::string_view address);
    /// Writes the file and its folder; the file appears whole or not at all.
    Status save() const;

private:
    explicit ServerAccounts(std::string file) : file_(std::move(file)) {}

    std::string file_;
    std::vector<ServerAccount> accounts_;
    std::string usual_;
};

}  // namespace cairn::client
