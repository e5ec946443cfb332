#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "crypto/digest.h"
#include "crypto/secret.h"

namespace cairn::crypto {
namespace {

ByteVector some_bytes(std::size_t count) {
    std::array<std::uint8_t, SecretKey::kSize> seed{};
    return expand(SecretKey::from_bytes(seed), count);
}

void report(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * state.range(0));
    state.SetItemsProcessed(state.iterations());
}

void BM_OneDigest(benchmark::State& state, const char* name) {
    const ByteVector bytes = some_bytes(static_cast<std::size_t>(state.range(0)));
    EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
    for (auto _ : state) {
        EVP_DigestInit_ex2(context, md, nullptr);
        EVP_DigestUpdate(context, bytes.data(), bytes.size());
        EVP_DigestFinal_ex(context, out.data(), nullptr);
        benchmark::DoNotOptimize(out);
    }
    EVP_MD_CTX_free(context);
    EVP_MD_free(md);
    report(state);
}

void BM_AllThree(benchmark::State& state) {
    const ByteVector bytes = some_bytes(static_cast<std::size_t>(state.range(0)));
    DigestStream stream;
    for (auto _ : state) {
        stream.update(bytes);
        benchmark::DoNotOptimize(stream.finish());
    }
    report(state);
}

constexpr std::int64_t kSmall = 1'000;
constexpr std::int64_t kMedium = 100'000;
constexpr std::int64_t kLarge = 64'000'000;

BENCHMARK_CAPTURE(BM_OneDigest, md5, "MD5")->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK_CAPTURE(BM_OneDigest, sha1, "SHA1")->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK_CAPTURE(BM_OneDigest, sha256, "SHA256")->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(BM_AllThree)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);

}  // namespace
}  // namespace cairn::crypto
