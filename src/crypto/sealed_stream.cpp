#include "crypto/sealed_stream.h"

#include <cassert>

#include <sodium.h>

namespace cairn::crypto {

static_assert(kStreamHeaderBytes == crypto_secretstream_xchacha20poly1305_HEADERBYTES);
static_assert(kSealedPieceExtraBytes == crypto_secretstream_xchacha20poly1305_ABYTES);
static_assert(SecretKey::kSize == crypto_secretstream_xchacha20poly1305_KEYBYTES);

namespace {

/// Wiped when destroyed: it holds the stream's key.
struct Wiped {
    crypto_secretstream_xchacha20poly1305_state state{};

    Wiped() = default;
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { sodium_memzero(&state, sizeof(state)); }
};

}  // namespace

struct StreamSealer::State {
    Wiped wiped;
    StreamHeader header{};
};

StreamSealer::StreamSealer(const SecretKey& key) : state_(std::make_unique<State>()) {
    crypto_secretstream_xchacha20poly1305_init_push(
        &state_->wiped.state, state_->header.data(), key.bytes().data()
    );
}
StreamSealer::StreamSealer(StreamSealer&&) noexcept = default;
StreamSealer::~StreamSealer() = default;

const StreamHeader& StreamSealer::header() const {
    return state_->header;
}

void StreamSealer::seal(Bytes piece, bool is_last, MutableBytes out) {
    assert(out.size() == piece.size() + kSealedPieceExtraBytes);
    const unsigned char tag = is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                      : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    crypto_secretstream_xchacha20poly1305_push(
        &state_->wiped.state, out.data(), nullptr, piece.data(), piece.size(), nullptr, 0, tag
    );
}

struct StreamOpener::State {
    Wiped wiped;
};

StreamOpener::StreamOpener(const SecretKey& key, const StreamHeader& header)
    : state_(std::make_unique<State>()) {
    // Fails for no header there is: it is a nonce.
    crypto_secretstream_xchacha20poly1305_init_pull(
        &state_->wiped.state, header.data(), key.bytes().data()
    );
}
StreamOpener::StreamOpener(StreamOpener&&) noexcept = default;
StreamOpener::~StreamOpener() = default;

Result<bool> StreamOpener::open(Bytes sealed, MutableBytes out) {
    unsigned char tag = 0;
    const bool opened = sealed.size() == out.size() + kSealedPieceExtraBytes &&
                        crypto_secretstream_xchacha20poly1305_pull(
                            &state_->wiped.state,
                            out.data(),
                            nullptr,
                            &tag,
                            sealed.data(),
                            sealed.size(),
                            nullptr,
                            0
                        ) == 0;
    if (!opened) {
        return fail(Errc::corrupt_data, "a sealed stream was altered, or its key is another");
    }
    return tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
}

}  // namespace cairn::crypto
