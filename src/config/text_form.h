#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace cairn::config {

/// What a text setting holds.
enum class TextForm : std::uint8_t {
    path,              ///< made absolute
    database,          ///< a path, or a URL of PostgreSQL without a password
    host_like_name,    ///< such as cairn.example.org/audit
    label,             ///< what people call something
    identifier,        ///< what a program calls something
    file_name,         ///< a file in a folder that is named elsewhere
    witness_key,       ///< name+id+base64 of a cosignature/v1 key
    https_address,     ///< https without query and fragment (OpenID Connect Discovery 1.0, 3)
    redirect_address,  ///< https, or http to this very machine
    network_address,   ///< of a network interface, or all of them: 192.0.2.1, ::
    tls_version,       ///< 1.2 or 1.3
    nats_address,      ///< nats://host:port or tls://host:port, several with commas
    host_name,
};

/// What is wrong with a value. Never says the value, which may be a secret in the wrong place.
struct Fault {
    std::string reason;
    std::string cure;
};

/// `text` as it is to be used, or its fault. Relative paths begin in `folder`.
std::variant<std::string, Fault> form_text(
    TextForm form, std::string_view text, const std::string& folder
);

}  // namespace cairn::config
