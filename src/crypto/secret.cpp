#include "crypto/secret.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"

namespace cairn::crypto {
namespace {

constexpr std::size_t kHexDigits = 2 * SecretKey::kSize;
constexpr std::size_t kSecretTextBytesMax = 4096;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kMacBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

/// Without the system's generator no secret can be made: nothing sensible is left to do.
void start_sodium() {
    static const int kStarted = sodium_init();
    if (kStarted < 0) std::abort();
}

std::array<std::uint8_t, kNonceBytes> nonce_for(const SecretKey& key, Bytes plain, Bytes context) {
    const SecretKey nonce_key = key.derive("seal nonce");
    std::array<std::uint8_t, kNonceBytes> nonce{};
    crypto_generichash_state state;
    const Bytes secret = nonce_key.bytes();
    crypto_generichash_init(&state, secret.data(), secret.size(), nonce.size());
    // The length first: no other pair of context and plain text gives the same bytes.
    ByteWriter length;
    length.u64_le(context.size());
    for (const Bytes part : {Bytes(length.bytes()), context, plain}) {
        crypto_generichash_update(&state, part.data(), part.size());
    }
    crypto_generichash_final(&state, nonce.data(), nonce.size());
    return nonce;
}

Result<SecretKey> parse_key(const std::string& path, std::string_view text, FileGuard guard) {
    const bool whole = text.size() == kHexDigits && guard == FileGuard::service_manager;
    const bool framed = whole || (text.size() == kHexDigits + 1 && text.back() == '\n');
    auto bytes = hex_decode_array<SecretKey::kSize>(text.substr(0, kHexDigits));
    if (!framed || !bytes) {
        return fail(
            Errc::corrupt_data,
            "{}: not a key file (64 hex digits and a newline wanted); restore it from its backup, "
            "what was sealed with it cannot be read with another key",
            path
        );
    }
    SecretKey key = SecretKey::from_bytes(*bytes);
    wipe(*bytes);
    return key;
}

/// Regular and closed to everybody but its owner, unless somebody else guards it.
Status check_guard(const std::string& path, int fd, FileGuard guard) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    if (!S_ISREG(info.st_mode)) {
        return fail(Errc::invalid_argument, "{}: not a regular file; make it one", path);
    }
    if (guard == FileGuard::service_manager) return ok();
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(
            Errc::permission_denied,
            "{}: mode {:04o} lets others at the secret; run: chmod 600 {}",
            path,
            info.st_mode & 07777U,
            path
        );
    }
    return ok();
}

std::string random_suffix() {
    std::array<std::uint8_t, 8> bytes{};
    random_bytes(bytes);
    return hex_encode(bytes);
}

}  // namespace

SecretKey SecretKey::random() {
    SecretKey key;
    random_bytes(key.bytes_);
    return key;
}

SecretKey SecretKey::from_bytes(std::span<const std::uint8_t, kSize> bytes) {
    SecretKey key;
    std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
    return key;
}

SecretKey::~SecretKey() {
    wipe(bytes_);
}

SecretKey SecretKey::derive(std::string_view purpose) const {
    const Bytes text = as_bytes(purpose);
    SecretKey key;
    crypto_generichash(
        key.bytes_.data(), kSize, text.data(), text.size(), bytes_.data(), bytes_.size()
    );
    return key;
}

Result<SecretKey> read_key_file(const std::string& path, FileGuard guard) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    CAIRN_TRY(check_guard(path, fd.get(), guard));
    std::array<std::uint8_t, kHexDigits + 2> text{};  // one more than fits, to see longer files
    const std::size_t count = CAIRN_TRY(read_at(fd.get(), 0, text));
    auto key = parse_key(path, as_text(Bytes(text).first(count)), guard);
    wipe(text);
    return key;
}

SecretText::~SecretText() {
    wipe(bytes_);
}

Result<SecretText> read_secret_text(const std::string& path, FileGuard guard) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    CAIRN_TRY(check_guard(path, fd.get(), guard));
    std::array<std::uint8_t, kSecretTextBytesMax + 1> buffer{};
    const std::size_t count = CAIRN_TRY(read_at(fd.get(), 0, buffer));
    std::string_view text = as_text(Bytes(buffer).first(count));
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const Bytes bytes = as_bytes(text);
    SecretText secret(ByteVector(bytes.begin(), bytes.end()));
    wipe(buffer);
    if (count > kSecretTextBytesMax) {
        return fail(Errc::limit_exceeded, "{}: a secret has at most 4,096 bytes", path);
    }
    if (secret.view().empty()) {
        return fail(Errc::corrupt_data, "{}: is empty; write the secret into it", path);
    }
    return secret;
}

Result<SecretKey> create_key_file(const std::string& path) {
    const SecretKey key = SecretKey::random();
    std::string text = hex_encode(key.bytes()) + '\n';
    // link() refuses an existing name where rename() would replace it: of two processes that
    // make the key at once one wins and the other is told.
    const std::string staged = path + "." + random_suffix();
    AtomicFile file = CAIRN_TRY(AtomicFile::create(staged, S_IRUSR | S_IWUSR));
    const Status written = file.write(as_bytes(text));
    wipe(text);
    if (!written) return Error(written.error()).with_context(path);
    CAIRN_TRY(file.commit());
    const int failed = ::link(staged.c_str(), path.c_str()) == 0 ? 0 : errno;
    ::unlink(staged.c_str());
    if (failed == EEXIST) return fail(Errc::conflict, "{}: exists already", path);
    if (failed != 0) return fail(Errc::io, "{}: {}", path, errno_text(failed));
    const auto slash = path.rfind('/');
    CAIRN_TRY(sync_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1)));
    return key;
}

Prf128::Prf128(const SecretKey& key) {
    static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(key_));
    std::copy_n(key.bytes().begin(), key_.size(), key_.begin());
}

Tag128 Prf128::operator()(Bytes input) const {
    static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(Tag128));
    Tag128 tag;
    crypto_shorthash_siphashx24(tag.data(), input.data(), input.size(), key_.data());
    return tag;
}

ByteVector expand(const SecretKey& key, std::size_t count) {
    const SecretKey stream_key = key.derive("expand");
    const std::array<std::uint8_t, crypto_stream_chacha20_NONCEBYTES> nonce{};
    ByteVector out(count);
    if (out.empty()) return out;  // libsodium wants a pointer even for nothing
    crypto_stream_chacha20(out.data(), out.size(), nonce.data(), stream_key.bytes().data());
    return out;
}

ByteVector seal(const SecretKey& key, Bytes plain, Bytes context) {
    const auto nonce = nonce_for(key, plain, context);
    const SecretKey box_key = key.derive("seal box");
    ByteVector box(nonce.begin(), nonce.end());
    box.resize(kNonceBytes + plain.size() + kMacBytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        box.data() + kNonceBytes,
        nullptr,
        plain.data(),
        plain.size(),
        context.data(),
        context.size(),
        nullptr,
        nonce.data(),
        box_key.bytes().data()
    );
    return box;
}

Result<ByteVector> unseal(const SecretKey& key, Bytes box, Bytes context) {
    if (box.size() < kNonceBytes + kMacBytes) {
        return fail(Errc::corrupt_data, "sealed box of {} bytes is too short", box.size());
    }
    const SecretKey box_key = key.derive("seal box");
    const Bytes nonce = box.first(kNonceBytes);
    const Bytes sealed = box.subspan(kNonceBytes);
    ByteVector plain(sealed.size() - kMacBytes);
    const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain.data(),
        nullptr,
        nullptr,
        sealed.data(),
        sealed.size(),
        context.data(),
        context.size(),
        nonce.data(),
        box_key.bytes().data()
    );
    if (opened != 0) {
        return fail(Errc::corrupt_data, "sealed box was altered or the key is another");
    }
    return plain;
}

void wipe(MutableBytes bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
    sodium_memzero(text.data(), text.size());
}

void random_bytes(MutableBytes out) {
    start_sodium();
    randombytes_buf(out.data(), out.size());
}

Tag256 keyed_digest(const SecretKey& key, Bytes input) {
    Tag256 tag;
    crypto_generichash(
        tag.data(), tag.size(), input.data(), input.size(), key.bytes().data(), SecretKey::kSize
    );
    return tag;
}

bool equal_in_constant_time(Bytes a, Bytes b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cairn::crypto
