#include "client/server_accounts.h"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"
#include "client/server_address.h"
#include "json/strict.h"

namespace cairn::client {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;

Status check_guarded(const std::string& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0 || (info.st_mode & 077U) == 0) return ok();
    return fail(
        Errc::permission_denied,
        "{}: holds what signs you in, and others may read it: run `chmod 600` on it, then "
        "`cairn logout --everywhere` if somebody might have",
        file
    );
}

std::string text_in(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<ServerAccount> account_of(const Json& one) {
    if (!one.is_object()) return fail(Errc::corrupt_data, "a server that is none");
    const auto address = parse_server_address(text_in(one, "address"));
    if (!address) return fail(Errc::corrupt_data, "a server without an address");
    return ServerAccount{
        .address = *address,
        .trust_pem = text_in(one, "trust"),
        .agency = text_in(one, "agency"),
        .login = text_in(one, "login"),
        .token = text_in(one, "token")};
}

auto at(std::string_view address) {
    return [address](const ServerAccount& account) { return account.address == address; };
}

Error unknown(std::string_view address) {
    return fail(
        Errc::not_found,
        "{}: not a server you signed in to; `cairn server list` shows them",
        address
    );
}

}  // namespace

Result<ServerAccounts> ServerAccounts::open(std::string file) {
    ServerAccounts accounts(std::move(file));
    CAIRN_TRY(check_guarded(accounts.file_));
    const auto bytes = read_file(accounts.file_, kFileBytesMax);
    if (!bytes && bytes.error().code == Errc::not_found) return accounts;
    if (!bytes) return Error(bytes.error());
    const auto damaged = [&accounts] {
        return fail(
            Errc::corrupt_data,
            "{}: damaged: remove it and sign in again with `cairn login`",
            accounts.file_
        );
    };
    const auto whole = json::parse_object(accounts.file_, as_text(*bytes));
    if (!whole || !whole->contains("servers") || !(*whole)["servers"].is_array()) return damaged();
    for (const auto& one : (*whole)["servers"]) {
        auto account = account_of(one);
        if (!account) return damaged();
        accounts.accounts_.push_back(*std::move(account));
    }
    accounts.usual_ = text_in(*whole, "usual");
    return accounts;
}

const ServerAccount* ServerAccounts::find(std::string_view address) const {
    const auto found = std::find_if(accounts_.begin(), accounts_.end(), at(address));
    return found == accounts_.end() ? nullptr : &*found;
}

void ServerAccounts::put(ServerAccount account) {
    const auto found = std::find_if(accounts_.begin(), accounts_.end(), at(account.address));
    if (found != accounts_.end()) {
        *found = std::move(account);
    } else {
        accounts_.push_back(std::move(account));
    }
}

Status ServerAccounts::choose(std::string_view address) {
    if (find(address) == nullptr) return unknown(address);
    usual_ = address;
    return ok();
}

Status ServerAccounts::remove(std::string_view address) {
    if (std::erase_if(accounts_, at(address)) == 0) return unknown(address);
    if (usual_ == address) usual_.clear();
    return ok();
}

Status ServerAccounts::save() const {
    nlohmann::ordered_json servers = nlohmann::ordered_json::array();
    for (const ServerAccount& account : accounts_) {
        servers.push_back(
            {{"address", account.address},
             {"trust", account.trust_pem},
             {"agency", account.agency},
             {"login", account.login},
             {"token", account.token}}
        );
    }
    const nlohmann::ordered_json whole = {{"usual", usual_}, {"servers", std::move(servers)}};
    std::error_code error;
    const auto folder = std::filesystem::path(file_).parent_path();
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Errc::io, "{}: {}", folder.string(), error.message());
    AtomicFile file = CAIRN_TRY(AtomicFile::create(file_, 0600));
    const std::string text = whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    CAIRN_TRY(file.write(as_bytes(text)));
    return file.commit();
}

}  // namespace cairn::client
