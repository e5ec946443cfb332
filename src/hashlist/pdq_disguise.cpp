#include "hashlist/pdq_disguise.h"

#include <numeric>
#include <utility>

namespace cairn::hashlist {
namespace {

std::uint64_t word_at(Bytes bytes, std::size_t index) {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{bytes[8 * index + i]} << (8 * i);
    return word;
}

}  // namespace

PdqDisguise::PdqDisguise(const crypto::SecretKey& key) {
    const ByteVector mask = crypto::expand(key.derive("pdq mask"), 32);
    for (std::size_t i = 0; i < mask_.words.size(); ++i) mask_.words[i] = word_at(mask, i);
    // Fisher-Yates. The remainder of 64 bits by at most 256 is even to 2^-56.
    const ByteVector draws = crypto::expand(key.derive("pdq permutation"), 8 * kBits);
    std::iota(target_.begin(), target_.end(), std::uint8_t{0});
    for (std::size_t i = kBits - 1; i > 0; --i) {
        std::swap(target_[i], target_[word_at(draws, i) % (i + 1)]);
    }
}

fingerprint::PdqCode PdqDisguise::operator()(const fingerprint::PdqCode& code) const {
    fingerprint::PdqCode out = mask_;
    for (std::size_t i = 0; i < kBits; ++i) {
        const std::uint64_t bit = code.words[i / 64] >> (i % 64) & 1U;
        out.words[target_[i] / 64] ^= bit << (target_[i] % 64);
    }
    return out;
}

}  // namespace cairn::hashlist
