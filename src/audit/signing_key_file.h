#pragma once

#include <string>

#include "audit/signed_note.h"

namespace cairn::audit {

/// A private key under its name: a log's (Ed25519) or a witness's (cosignature/v1).
struct NamedKey {
    std::string name;
    SignatureType type = SignatureType::ed25519;
    crypto::SigningKey key;

    /// What is given to those who verify.
    VerifierKey verifier() const;
};

/// Makes a new random key and its file, mode 0600, durable before it returns. Errc::conflict when
/// the path exists, Errc::invalid_argument for what is no name of a key.
Result<NamedKey> create_signing_key_file(
    const std::string& path, const std::string& name, SignatureType type
);

/// Reads one line "PRIVATE+KEY+name+id+base64(type byte | seed)", as other programs for signed
/// notes write it. Refuses a file that others may read, with the cure.
Result<NamedKey> read_signing_key_file(const std::string& path);

}  // namespace cairn::audit
