#include <benchmark/benchmark.h>

#include "support/temp_dir.h"
#include "vault/sealed_file.h"

namespace cairn::vault {
namespace {

constexpr std::size_t kFileBytes = std::size_t{64} << 20;

/// The limit: the bare cipher over the same bytes, in memory.
void BM_BareCipher(benchmark::State& state) {
    const ByteVector bytes(kPieceBytes, 7);
    ByteVector sealed(kPieceBytes + crypto::kSealedPieceExtraBytes);
    for (auto _ : state) {
        crypto::StreamSealer sealer(crypto::SecretKey::random());
        for (std::size_t at = 0; at < kFileBytes; at += kPieceBytes) {
            sealer.seal(bytes, false, sealed);
        }
        benchmark::DoNotOptimize(sealed.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kFileBytes));
}
BENCHMARK(BM_BareCipher)->Unit(benchmark::kMillisecond);

/// Three digests, the cipher, and the file; with the sync that makes it durable.
void BM_SealedFileIn(benchmark::State& state) {
    const test::TempDir dir;
    const ByteVector bytes(kPieceBytes, 7);
    int number = 0;
    for (auto _ : state) {
        auto writer = SealedFileWriter::create(dir.path().string(), crypto::SecretKey::random());
        for (std::size_t at = 0; at < kFileBytes; at += kPieceBytes) {
            if (!writer || !writer->write(bytes)) state.SkipWithError("not written");
        }
        const std::string name = fmt::format("{}", ++number);
        if (!writer->finish() || !writer->publish(name)) state.SkipWithError("not published");
        state.PauseTiming();
        std::filesystem::remove(dir / name);
        state.ResumeTiming();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kFileBytes));
}
BENCHMARK(BM_SealedFileIn)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_SealedFileOut(benchmark::State& state) {
    const test::TempDir dir;
    const auto key = crypto::SecretKey::random();
    auto writer = SealedFileWriter::create(dir.path().string(), key);
    const ByteVector bytes(kFileBytes, 7);
    if (!writer || !writer->write(bytes) || !writer->finish() || !writer->publish("a")) {
        state.SkipWithError("not written");
    }
    for (auto _ : state) {
        auto reader = SealedFileReader::open(dir / "a", key);
        while (reader) {
            const auto piece = reader->next();
            if (!piece || !*piece) break;
            benchmark::DoNotOptimize((*piece)->data());
        }
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kFileBytes));
}
BENCHMARK(BM_SealedFileOut)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace cairn::vault
