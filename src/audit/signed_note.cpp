#include "audit/signed_note.h"

#include <algorithm>
#include <optional>

#include "audit/lines.h"
#include "base/hex.h"
#include "base/text.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t kTimeBytes = 8;
/// C2SP tlog-cosignature: times are below 2^63.
constexpr std::uint64_t kTimeMax = (std::uint64_t{1} << 63U) - 1;

/// The characters of Unicode's property White_Space that are no control characters below U+0020.
/// In valid UTF-8 a search for their bytes finds nothing else.
constexpr std::array<std::string_view, 20> kSpaces = {
    " ",
    "\xC2\x85",
    "\xC2\xA0",
    "\xE1\x9A\x80",
    "\xE2\x80\x80",
    "\xE2\x80\x81",
    "\xE2\x80\x82",
    "\xE2\x80\x83",
    "\xE2\x80\x84",
    "\xE2\x80\x85",
    "\xE2\x80\x86",
    "\xE2\x80\x87",
    "\xE2\x80\x88",
    "\xE2\x80\x89",
    "\xE2\x80\x8A",
    "\xE2\x80\xA8",
    "\xE2\x80\xA9",
    "\xE2\x80\xAF",
    "\xE2\x81\x9F",
    "\xE3\x80\x80",
};

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20U;
}

bool has_space(std::string_view name) {
    const auto holds = [name](std::string_view space) {
        return name.find(space) != std::string_view::npos;
    };
    return std::ranges::any_of(kSpaces, holds);
}

Error not_a_note(std::string_view why) {
    return fail(Errc::corrupt_data, "not a signed note: {}", why);
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
    if (!line.starts_with(kSignaturePrefix)) {
        return not_a_note("a signature line begins with an em dash and a space");
    }
    line.remove_prefix(kSignaturePrefix.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return not_a_note("a signature line lacks its signature");
    const std::string_view name = line.substr(0, space);
    if (const Status checked = check_key_name(name); !checked) {
        return not_a_note(checked.error().message);
    }
    const auto bytes = crypto::base64_decode(line.substr(space + 1));
    if (!bytes || bytes->size() <= std::tuple_size_v<KeyId>) {
        return not_a_note("a signature is not base64 of a key id and more");
    }
    NoteSignature signature;
    signature.name = name;
    std::copy_n(bytes->begin(), signature.id.size(), signature.id.begin());
    signature.signature.assign(bytes->begin() + signature.id.size(), bytes->end());
    return signature;
}

std::string cosigned_message(std::string_view text, std::uint64_t time_s) {
    return fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
}

std::uint64_t big_endian(Bytes bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = (value << 8U) | byte;
    return value;
}

bool verify_ed25519(const VerifierKey& key, std::string_view message, Bytes signature) {
    if (signature.size() != std::tuple_size_v<crypto::Signature>) return false;
    crypto::Signature fixed{};
    std::copy(signature.begin(), signature.end(), fixed.begin());
    const auto public_key =
        crypto::PublicKey::from_bytes(key.public_key().first<crypto::PublicKey::kSize>());
    return crypto::verify(public_key, as_bytes(message), fixed);
}

/// The time of a cosignature that holds.
std::optional<std::uint64_t> verify_cosignature(
    const VerifierKey& key, std::string_view text, Bytes signature
) {
    if (signature.size() < kTimeBytes) return std::nullopt;
    const std::uint64_t time_s = big_endian(signature.first(kTimeBytes));
    const std::string message = cosigned_message(text, time_s);
    const bool holds = verify_ed25519(key, message, signature.subspan(kTimeBytes));
    return holds && time_s <= kTimeMax ? std::optional(time_s) : std::nullopt;
}

/// The time; 0 where the type has none.
Result<std::uint64_t> verify_signature(
    const VerifierKey& key, std::string_view text, Bytes signature
) {
    const std::uint64_t no_time = 0;
    switch (key.type()) {
        case SignatureType::ed25519:
            if (verify_ed25519(key, text, signature)) return no_time;
            break;
        case SignatureType::cosignature_v1:
            if (const auto time_s = verify_cosignature(key, text, signature)) return *time_s;
            break;
        default:
            return fail(
                Errc::unsupported,
                "{}: signatures of type {} cannot be verified by this version",
                key.name(),
                static_cast<unsigned>(key.type())
            );
    }
    return fail(
        Errc::unauthenticated, "{}: the signature does not fit the text; it was altered", key.name()
    );
}

}  // namespace

Status check_key_name(std::string_view name) {
    if (name.empty()) return fail(Errc::invalid_argument, "key name is empty");
    if (name.size() > kKeyNameBytesMax) {
        return fail(Errc::limit_exceeded, "key name is over {} bytes", kKeyNameBytesMax);
    }
    const bool refused = !is_utf8(name) || name.find('+') != std::string_view::npos ||
                         std::ranges::any_of(name, is_control) || has_space(name);
    if (!refused) return ok();
    return fail(
        Errc::invalid_argument, "key name has a space, a plus, a control character or is not UTF-8"
    );
}

KeyId key_id(std::string_view name, SignatureType type, Bytes public_key) {
    const auto type_byte = static_cast<std::uint8_t>(type);
    crypto::Sha256Stream stream;
    stream.update(as_bytes(name));
    stream.update(as_bytes("\n"));
    stream.update(Bytes(&type_byte, 1));
    stream.update(public_key);
    const crypto::Sha256 digest = stream.finish();
    KeyId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

Result<VerifierKey> VerifierKey::create(
    std::string name, SignatureType type, const crypto::PublicKey& key
) {
    CAIRN_TRY(check_key_name(name));
    VerifierKey made;
    made.name_ = std::move(name);
    made.type_ = type;
    made.public_key_.assign(key.bytes().begin(), key.bytes().end());
    made.id_ = key_id(made.name_, type, made.public_key_);
    return made;
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
    constexpr std::size_t kIdDigits = 2 * std::tuple_size_v<KeyId>;
    const auto refused = [](std::string_view why) {
        return fail(Errc::invalid_argument, "not a verifier key (name+id+key): {}", why);
    };
    if (text.size() > kNoteBytesMax) return refused("too long");
    const auto plus = text.find('+');
    const auto second = plus + 1 + kIdDigits;
    if (plus == std::string_view::npos || second >= text.size() || text[second] != '+') {
        return refused("two plus signs with eight hex digits between are missing");
    }
    VerifierKey key;
    key.name_ = text.substr(0, plus);
    if (const Status checked = check_key_name(key.name_); !checked) {
        return refused(checked.error().message);
    }
    const auto bytes = crypto::base64_decode(text.substr(second + 1));
    if (!bytes || bytes->size() < 2) return refused("no base64 of a type and a key");
    key.type_ = static_cast<SignatureType>(bytes->front());
    key.public_key_.assign(bytes->begin() + 1, bytes->end());
    const bool is_ed25519 =
        key.type_ == SignatureType::ed25519 || key.type_ == SignatureType::cosignature_v1;
    if (is_ed25519 && key.public_key_.size() != crypto::PublicKey::kSize) {
        return refused("an Ed25519 key has 32 bytes");
    }
    key.id_ = key_id(key.name_, key.type_, key.public_key_);
    if (text.substr(plus + 1, kIdDigits) != hex_encode(key.id_)) {
        return refused("the id is not that of the name and the key; copy it again");
    }
    return key;
}

std::string VerifierKey::text() const {
    ByteVector typed = {static_cast<std::uint8_t>(type_)};
    typed.insert(typed.end(), public_key_.begin(), public_key_.end());
    return fmt::format("{}+{}+{}", name_, hex_encode(id_), crypto::base64_encode(typed));
}

Result<SignedNote> parse_note(std::string_view note) {
    if (note.size() > kNoteBytesMax) {
        return fail(Errc::limit_exceeded, "signed note is over {} bytes", kNoteBytesMax);
    }
    const auto unwanted = [](char c) { return is_control(c) && c != '\n'; };
    if (!is_utf8(note) || std::ranges::any_of(note, unwanted)) {
        return not_a_note("not UTF-8 without control characters");
    }
    const auto gap = note.rfind("\n\n");
    if (gap == std::string_view::npos) {
        return not_a_note("the empty line before the signatures is missing");
    }
    SignedNote parsed;
    parsed.text = note.substr(0, gap + 1);
    parsed.signatures = CAIRN_TRY(parse_signature_lines(note.substr(gap + 2)));
    return parsed;
}

std::string format_note(const SignedNote& note) {
    std::string text = note.text + '\n';
    for (const NoteSignature& signature : note.signatures) {
        text += format_signature_line(signature);
    }
    return text;
}

std::string format_signature_line(const NoteSignature& signature) {
    ByteVector bytes(signature.id.begin(), signature.id.end());
    bytes.insert(bytes.end(), signature.signature.begin(), signature.signature.end());
    return fmt::format("{}{} {}\n", kSignaturePrefix, signature.name, crypto::base64_encode(bytes));
}

Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view lines) {
    std::vector<NoteSignature> signatures;
    LineReader reader(lines);
    do {
        const auto line = reader.next();
        if (!line) return not_a_note("no signature, or the last line has no end");
        NoteSignature signature = CAIRN_TRY(parse_signature_line(*line));
        signatures.push_back(std::move(signature));
        if (signatures.size() > kNoteSignaturesMax) {
            return fail(
                Errc::limit_exceeded, "signed note has over {} signatures", kNoteSignaturesMax
            );
        }
    } while (!reader.at_end());
    return signatures;
}

NoteSignature sign_note(
    std::string_view text, const std::string& name, const crypto::SigningKey& key
) {
    const crypto::Signature signature = key.sign(as_bytes(text));
    const crypto::PublicKey public_key = key.public_key();
    return {
        name,
        key_id(name, SignatureType::ed25519, public_key.bytes()),
        ByteVector(signature.begin(), signature.end())};
}

NoteSignature cosign_note(
    std::string_view text,
    const std::string& name,
    const crypto::SigningKey& key,
    std::uint64_t time_s
) {
    const crypto::Signature signature = key.sign(as_bytes(cosigned_message(text, time_s)));
    const crypto::PublicKey public_key = key.public_key();
    ByteVector payload;
    for (std::size_t i = 0; i < kTimeBytes; ++i) {
        payload.push_back(static_cast<std::uint8_t>(time_s >> (8 * (kTimeBytes - 1 - i))));
    }
    payload.insert(payload.end(), signature.begin(), signature.end());
    return {
        name, key_id(name, SignatureType::cosignature_v1, public_key.bytes()), std::move(payload)};
}

bool is_dated_ahead(std::uint64_t time_s, UtcTime now) {
    const UtcTime latest = std::min(now, UtcTime::max() - kDatedAheadMax) + kDatedAheadMax;
    const auto latest_s = std::chrono::floor<std::chrono::seconds>(latest).time_since_epoch();
    return latest_s.count() < 0 || time_s > static_cast<std::uint64_t>(latest_s.count());
}

Result<std::vector<VerifiedSignature>> verify_note(
    const SignedNote& note, std::span<const VerifierKey> keys
) {
    std::vector<std::optional<std::uint64_t>> latest(keys.size());
    for (const NoteSignature& signature : note.signatures) {
        const auto known = std::ranges::find_if(keys, [&](const VerifierKey& key) {
            return key.name() == signature.name && key.id() == signature.id;
        });
        if (known == keys.end()) continue;
        const auto time_s = CAIRN_TRY(verify_signature(*known, note.text, signature.signature));
        auto& newest = latest[static_cast<std::size_t>(known - keys.begin())];
        newest = std::max(newest.value_or(0), time_s);
    }
    std::vector<VerifiedSignature> verified;
    for (std::size_t key = 0; key < latest.size(); ++key) {
        if (latest[key]) verified.push_back({key, *latest[key]});
    }
    if (verified.empty()) {
        return fail(Errc::unauthenticated, "the note is signed by none of the keys that are known");
    }
    return verified;
}

}  // namespace cairn::audit
