#include "hashlist/refused_values.h"

#include <algorithm>
#include <bit>

namespace cairn::hashlist {
namespace {

const crypto::Digests& empty_file() {
    static const crypto::Digests kEmptyFile = crypto::digest({});
    return kEmptyFile;
}

constexpr int kBitsSetMin = 64;
constexpr int kBitsSetMax = 192;

}  // namespace

bool is_of_empty_file(const crypto::Md5& md5) {
    return md5 == empty_file().md5;
}

bool is_of_empty_file(const crypto::Sha1& sha1) {
    return sha1 == empty_file().sha1;
}

bool is_of_empty_file(const crypto::Sha256& sha256) {
    return sha256 == empty_file().sha256;
}

bool is_placeholder(Bytes digest) {
    const auto all = [&](std::uint8_t value) {
        return std::all_of(digest.begin(), digest.end(), [&](auto byte) { return byte == value; });
    };
    return all(0x00) || all(0xFF);
}

bool is_degenerate(const fingerprint::PdqCode& code) {
    int bits = 0;
    for (const std::uint64_t word : code.words) bits += std::popcount(word);
    return bits < kBitsSetMin || bits > kBitsSetMax;
}

}  // namespace cairn::hashlist
