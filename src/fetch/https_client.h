#pragma once

#include <chrono>
#include <vector>

#include "fetch/web_client.h"

namespace cairn::fetch {

/// Headers and body together.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;

struct HttpsOptions {
    std::string trust_file{};                    ///< PEM; empty: the authorities of the system
    std::string trust_pem{};                     ///< in place of a file
    std::vector<std::string> own_hosts;          ///< names that may lie in the own network
    std::chrono::milliseconds time_max{10'000};  ///< for the whole of one question
};

/// HTTPS alone, TLS 1.2 or later, with the server's certificate and name checked. Follows no
/// redirect, uses no proxy, keeps neither cookies nor connections. Connects to no address of the
/// own network, unless the host was named: an address in an answer of others must not make this
/// program ask its neighbours. Each call may run on a thread of its own.
///
/// Errc::invalid_argument for an address that will not do, permission_denied for the own network,
/// limit_exceeded for an answer that is too large, what failed with a file that was to be sent or
/// written, unavailable for all else. Messages name the
/// host, and nothing of path, fields or login.
class HttpsClient final : public WebClient, public Requester {
public:
    explicit HttpsClient(HttpsOptions options);

    Result<Answer> get(const std::string& url) override;
    Result<Answer> post_form(
        const std::string& url,
        std::span<const FormField> fields,
        const std::optional<BasicLogin>& login
    ) override;
    Result<Answer> post(
        const std::string& url, std::string_view content_type, std::string_view body
    ) override;
    Result<Answer> request(const Request& request) override;

    /// The certificate that the server shows, in PEM, whoever signed it: nothing is sent there.
    Result<std::string> show_certificate(const std::string& url);

private:
    HttpsOptions options_;
};

}  // namespace cairn::fetch
