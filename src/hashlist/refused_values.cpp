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
// Codes of photographs have 128 (pdq.md section 5), of altered copies in public samples 112 to 140.
constexpr int kBitsUsualMin = 112;
constexpr int kBitsUsualMax = 144;
/// By chance a code has such a run once in 300 million.
constexpr int kEqualWordsMax = 2;

int bits_set(const fingerprint::PdqCode& code) {
    int bits = 0;
    for (const std::uint64_t word : code.words) bits += std::popcount(word);
    return bits;
}

int longest_run_of_words(const fingerprint::PdqCode& code) {
    constexpr std::size_t kWords = 16;
    int longest = 0;
    int run = 0;
    std::uint16_t previous = 0;
    for (std::size_t i = 0; i < kWords; ++i) {
        const auto word = static_cast<std::uint16_t>(code.words[i / 4] >> (16 * (i % 4)));
        run = i > 0 && word == previous ? run + 1 : 1;
        longest = std::max(longest, run);
        previous = word;
    }
    return longest;
}

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
    const int bits = bits_set(code);
    return bits < kBitsSetMin || bits > kBitsSetMax;
}

bool is_suspicious(const fingerprint::PdqCode& code) {
    const int bits = bits_set(code);
    return bits < kBitsUsualMin || bits > kBitsUsualMax ||
           longest_run_of_words(code) > kEqualWordsMax;
}

}  // namespace cairn::hashlist
