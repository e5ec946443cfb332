#include "audit/signing_key_file.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "crypto/base64.h"
#include "crypto/secret.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kPrefix = "PRIVATE+KEY+";
constexpr std::size_t kKeyFileBytesMax = 1024;
constexpr std::size_t kSeedBytes = crypto::SigningKey::kSeedSize;

std::string format_key(const NamedKey& key, const crypto::SecretKey& seed) {
    ByteVector secret{static_cast<std::uint8_t>(key.type)};
    secret.insert(secret.end(), seed.bytes().begin(), seed.bytes().end());
    return fmt::format(
        "{}{}+{}+{}\n",
        kPrefix,
        key.name,
        hex_encode(key.verifier().id()),
        crypto::base64_encode(secret)
    );
}

Error malformed(std::string_view why) {
    return fail(Errc::corrupt_data, "not a private key of a log or witness: {}", why);
}

Result<NamedKey> parse_key(std::string_view text) {
    if (!text.starts_with(kPrefix) || !text.ends_with('\n')) return malformed("another form");
    text.remove_prefix(kPrefix.size());
    text.remove_suffix(1);
    // Base64 may hold a plus, names and ids do not.
    const auto name_end = text.find('+');
    const auto id_end =
        name_end == std::string_view::npos ? name_end : text.find('+', name_end + 1);
    if (id_end == std::string_view::npos) return malformed("name, id and key wanted");
    const auto secret = crypto::base64_decode_array<kSeedBytes + 1>(text.substr(id_end + 1));
    if (!secret) return malformed("the key has another length");
    const auto type = static_cast<SignatureType>(secret->front());
    if (type != SignatureType::ed25519 && type != SignatureType::cosignature_v1) {
        return malformed("of a type that this program cannot sign with");
    }
    const std::span<const std::uint8_t, kSeedBytes> seed(secret->data() + 1, kSeedBytes);
    NamedKey key{std::string(text.substr(0, name_end)), type, crypto::SigningKey::from_seed(seed)};
    CAIRN_TRY(check_key_name(key.name));
    const std::string_view id = text.substr(name_end + 1, id_end - name_end - 1);
    if (hex_encode(key.verifier().id()) != id) return malformed("its id is not that of the key");
    return key;
}

Status write_new(const std::string& path, std::string_view text) {
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd && errno == EEXIST) {
        return fail(Errc::conflict, "{}: exists already; a key is never written over", path);
    }
    if (!fd) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    auto written = write_all(fd.get(), as_bytes(text));
    if (written && ::fsync(fd.get()) != 0) written = fail(Errc::io, "{}", errno_text(errno));
    if (!written) {
        ::unlink(path.c_str());
        return std::move(written).error().with_context(path);
    }
    const auto slash = path.rfind('/');
    return sync_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

}  // namespace

VerifierKey NamedKey::verifier() const {
    // Only a name that was checked gets here.
    return *VerifierKey::create(name, type, key.public_key());
}

Result<NamedKey> create_signing_key_file(
    const std::string& path, const std::string& name, SignatureType type
) {
    CAIRN_TRY(check_key_name(name));
    const crypto::SecretKey seed = crypto::SecretKey::random();
    NamedKey key{name, type, crypto::SigningKey::from_seed(seed.bytes())};
    CAIRN_TRY(write_new(path, format_key(key, seed)));
    return key;
}

Result<NamedKey> read_signing_key_file(const std::string& path) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(
            Errc::permission_denied, "{}: others may read it; run `chmod 600 {}`", path, path
        );
    }
    ByteVector text(kKeyFileBytesMax);
    const std::size_t size = CAIRN_TRY(read_at(fd.get(), 0, text));
    text.resize(size);
    auto key = parse_key(as_text(text));
    if (!key) return std::move(key).error().with_context(path);
    return key;
}

}  // namespace cairn::audit
