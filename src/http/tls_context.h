#pragma once

#include <memory>

#include "http/server.h"

struct ssl_ctx_st;

namespace cairn::http {

/// Settings of TLS with the certificate and key of their files (OpenSSL, through Asio). Clients
/// may show a certificate and prove that they hold its key; nothing else about it is checked.
/// Sessions are not resumed: each connection shows its certificate anew. Errc::invalid_argument
/// when a file cannot be used.
Result<std::shared_ptr<ssl_ctx_st>> load_tls(const TlsOptions& options);

}  // namespace cairn::http
