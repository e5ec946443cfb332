#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "fetch/web_client.h"

namespace cairn::client {

using Json = nlohmann::json;

/// Why and on what legal ground something is asked; empty ones are left out.
struct Ground {
    std::string purpose;
    std::string authority;
    std::string approval;
};

struct ConnectionOptions {
    std::string address;  ///< as parse_server_address() gives it
    std::string token;    ///< empty: nobody is signed in
    Ground ground;
};

/// Speaks with one server. Paths begin with "/api/v1/" or "/audit/".
///
/// What the server refuses is an Error with its words: unauthenticated also says how to sign in.
/// Errc::unavailable when it cannot be reached or fails; corrupt_data when its answer is none.
class Connection {
public:
    Connection(std::unique_ptr<fetch::Requester> requester, ConnectionOptions options)
        : requester_(std::move(requester)), options_(std::move(options)) {}

    const ConnectionOptions& options() const { return options_; }
    /// From here on; sign-in changes it with every step.
    void use_token(std::string token) { options_.token = std::move(token); }
    void use_ground(Ground ground) { options_.ground = std::move(ground); }

    /// The answer as an object; null when it has no content.
    Result<Json> get(const std::string& path);
    Result<Json> post(const std::string& path);
    Result<Json> post(const std::string& path, const Json& body);
    Result<Json> put(const std::string& path, const Json& body);
    Result<Json> remove(const std::string& path);
    /// Makes something once, even if the connection is lost and the request is sent again.
    Result<Json> create(const std::string& path, const Json& body);
    /// An edit of what stands at `whole`, by a request to `path`: nothing is done if somebody else
    /// edits it at the same time, Errc::conflict (changed_meanwhile).
    Result<Json> edit(const std::string& whole, fetch::Method method, const std::string& path);
    Result<Json> edit(
        const std::string& whole, fetch::Method method, const std::string& path, const Json& body
    );
    /// Sends all of an open file.
    Result<Json> send_file(fetch::Method method, const std::string& path, int file);
    /// Writes the answer to an open file, however long it is.
    Status receive_file(const std::string& path, int file);
    /// An answer of another kind, as it is.
    Result<std::string> text(const std::string& path);
    /// The first `count_max` items of a list that comes in pages.
    Status each_item(
        const std::string& path,
        std::size_t count_max,
        const std::function<void(const Json& item)>& take
    );

private:
    fetch::Request request_to(fetch::Method method, const std::string& path) const;
    Result<fetch::Request> edit_to(
        const std::string& whole, fetch::Method method, const std::string& path
    );
    Result<fetch::Answer> ask(const fetch::Request& request);
    Result<Json> ask_json(const fetch::Request& request);
    Error problem_of(const fetch::Answer& answer) const;

    std::unique_ptr<fetch::Requester> requester_;
    ConnectionOptions options_;
};

}  // namespace cairn::client
