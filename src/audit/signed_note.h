#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/utc_time.h"
#include "crypto/signature.h"

namespace cairn::audit {

inline constexpr std::size_t kNoteBytesMax = 64U * 1024U;
/// Verifiers must take 16; a note with this many more is nobody's.
inline constexpr std::size_t kNoteSignaturesMax = 100;
inline constexpr std::size_t kKeyNameBytesMax = 255;

/// Assigned type bytes (C2SP signed-note). Other bytes are kept as they are.
enum class SignatureType : std::uint8_t {
    ed25519 = 0x01,         ///< Ed25519 over the note's text
    cosignature_v1 = 0x04,  ///< Ed25519 with the time of a witness (C2SP tlog-cosignature)
};

using KeyId = std::array<std::uint8_t, 4>;

/// A name of a key: UTF-8, not empty, without white space of any script, control characters and
/// plus.
Status check_key_name(std::string_view name);

/// First four bytes of SHA-256(name | newline | type | public key).
KeyId key_id(std::string_view name, SignatureType type, Bytes public_key);

/// A public key under its name: "name+8 hex digits of the id+base64(type byte | key)".
class VerifierKey {
public:
    static Result<VerifierKey> create(
        std::string name, SignatureType type, const crypto::PublicKey& key
    );
    /// Keys of any type are read; only Ed25519 and cosignature/v1 keys can verify.
    static Result<VerifierKey> parse(std::string_view text);

    const std::string& name() const { return name_; }
    SignatureType type() const { return type_; }
    const KeyId& id() const { return id_; }
    Bytes public_key() const { return public_key_; }
    std::string text() const;

    auto operator<=>(const VerifierKey&) const = default;

private:
    VerifierKey() = default;

    std::string name_;
    SignatureType type_ = SignatureType::ed25519;
    KeyId id_{};
    ByteVector public_key_;
};

/// One signature line.
struct NoteSignature {
    std::string name;
    KeyId id{};
    ByteVector signature;  ///< what follows the key id
    auto operator<=>(const NoteSignature&) const = default;
};

/// A text and its signatures, not verified.
struct SignedNote {
    std::string text;  ///< ends with a newline
    std::vector<NoteSignature> signatures;
    auto operator<=>(const SignedNote&) const = default;
};

/// Takes notes apart; refuses what breaks the format or the limits above.
Result<SignedNote> parse_note(std::string_view note);
/// The inverse of parse_note.
std::string format_note(const SignedNote& note);

/// An em dash, the name, base64 of key id and signature, and a newline.
std::string format_signature_line(const NoteSignature& signature);
/// One or more signature lines and nothing else: what a witness answers.
Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view lines);

/// Signs a note's text, which must end with a newline.
NoteSignature sign_note(
    std::string_view text, const std::string& name, const crypto::SigningKey& key
);
/// cosignature/v1 over a checkpoint's text: "as of `time_s`, this is the largest consistent tree".
NoteSignature cosign_note(
    std::string_view text,
    const std::string& name,
    const crypto::SigningKey& key,
    std::uint64_t time_s
);

/// A signature that holds.
struct VerifiedSignature {
    std::size_t key = 0;       ///< which of the keys given
    std::uint64_t time_s = 0;  ///< POSIX time of a cosignature; 0 for other types
    auto operator<=>(const VerifiedSignature&) const = default;
};

/// Clocks differ by less: a cosignature that is dated further ahead is refused.
inline constexpr std::chrono::minutes kDatedAheadMax{5};
bool is_dated_ahead(std::uint64_t time_s, UtcTime now);

/// The signatures by the keys given, each key once (a cosigner's latest), by key. Signatures by
/// other keys are ignored. Errc::unauthenticated when one by a known key fails, or none is by a
/// known key; Errc::unsupported when a known key's type cannot be verified.
Result<std::vector<VerifiedSignature>> verify_note(
    const SignedNote& note, std::span<const VerifierKey> keys
);

}  // namespace cairn::audit
