#include "crypto/digest.h"

#include <algorithm>
#include <cstdlib>

#include <openssl/evp.h>

namespace cairn::crypto {
namespace {

/// All three digests read one piece before the next is touched, so only the first read of a
/// piece comes from memory. Fits a 32 KiB first-level cache beside the tables.
constexpr std::size_t kPieceBytes = 16U * 1024U;

/// OpenSSL fails here only without memory or without a provider that has the algorithm: neither
/// leaves a digest that could be trusted.
void require(bool done) {
    if (!done) std::abort();
}

struct MdFree {
    void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct ContextFree {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using MdPtr = std::unique_ptr<EVP_MD, MdFree>;

/// "-fips": file names by MD5 are no security claim, so a FIPS default must not refuse them.
MdPtr fetch(const char* name) {
    MdPtr md(EVP_MD_fetch(nullptr, name, "-fips"));
    require(md != nullptr);
    return md;
}

/// Fetching costs microseconds, hence once per process; immutable afterwards.
struct Algorithms {
    MdPtr md5 = fetch("MD5");
    MdPtr sha1 = fetch("SHA1");
    MdPtr sha256 = fetch("SHA256");
};

const Algorithms& algorithms() {
    static const Algorithms kAlgorithms;
    return kAlgorithms;
}

class Context {
public:
    explicit Context(const EVP_MD* md) : md_(md), context_(EVP_MD_CTX_new()) {
        require(context_ != nullptr);
        start();
    }

    void update(Bytes bytes) {
        require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }

    template <std::size_t N>
    void finish(std::array<std::uint8_t, N>& out) {
        require(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
        start();
    }

private:
    void start() { require(EVP_DigestInit_ex2(context_.get(), md_, nullptr) == 1); }

    const EVP_MD* md_;
    std::unique_ptr<EVP_MD_CTX, ContextFree> context_;
};

}  // namespace

struct DigestStream::State {
    Context md5{algorithms().md5.get()};
    Context sha1{algorithms().sha1.get()};
    Context sha256{algorithms().sha256.get()};
};

DigestStream::DigestStream() : state_(std::make_unique<State>()) {}
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;
DigestStream::~DigestStream() = default;

void DigestStream::update(Bytes bytes) {
    while (!bytes.empty()) {
        const Bytes piece = bytes.first(std::min(bytes.size(), kPieceBytes));
        state_->md5.update(piece);
        state_->sha1.update(piece);
        state_->sha256.update(piece);
        bytes = bytes.subspan(piece.size());
    }
}

Digests DigestStream::finish() {
    Digests digests;
    state_->md5.finish(digests.md5);
    state_->sha1.finish(digests.sha1);
    state_->sha256.finish(digests.sha256);
    return digests;
}

struct Sha256Stream::State {
    Context sha256{algorithms().sha256.get()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(Bytes bytes) {
    state_->sha256.update(bytes);
}

Sha256 Sha256Stream::finish() {
    Sha256 out;
    state_->sha256.finish(out);
    return out;
}

Digests digest(Bytes bytes) {
    thread_local DigestStream stream;
    stream.update(bytes);
    return stream.finish();
}

Sha256 sha256(Bytes bytes) {
    thread_local Context context(algorithms().sha256.get());
    context.update(bytes);
    Sha256 out;
    context.finish(out);
    return out;
}

}  // namespace cairn::crypto
