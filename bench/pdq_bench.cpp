// PDQ of JPEG files, from file to hash: Cairn in process, Cairn through the confined decoder, and
// the plain transcription of the algorithm with libjpeg in process, which stands in for the
// published reference. Every row does the whole corpus once per iteration.
//
//   pdq_bench                     all rows
//   pdq_bench --check             only compares the hashes of all three over the corpus
#include <cstdio>
#include <cstring>

#include <benchmark/benchmark.h>

#include "bench/jpeg_corpus.h"
#include "codec/picture.h"
#include "fingerprint/picture_reader.h"
#include "support/pdq_oracle.h"

namespace cairn::bench {
namespace {

using fingerprint::PdqHash;
using fingerprint::PixelView;

PixelView view_of(const DecodedJpeg& picture) {
    return {.pixels = picture.pixels, .width = picture.width, .height = picture.height};
}

PdqHash oracle_whole(const JpegFile& file) {
    const DecodedJpeg picture = decode_plainly(file.bytes);
    return test::oracle_hash(view_of(picture));
}

/// What decode_picture() puts in the store, as a view.
PixelView decode_samples(const codec::Input& input, MutableBytes store) {
    PixelView view;
    const auto decoded = codec::decode_picture(
        input, codec::Format::jpeg, {}, store, {.take = [&](const codec::Frame& frame) -> Status {
            const std::size_t size = std::size_t{frame.width} * frame.height * frame.channels;
            view = {store.first(size), frame.width, frame.height, frame.channels};
            return ok();
        }}
    );
    if (!decoded) std::abort();
    return view;
}

PdqHash cairn_whole(const JpegFile& file, MutableBytes store) {
    return pdq_hash(decode_samples(codec::Input(file.fd.get(), file.bytes.size()), store));
}

std::unique_ptr<fingerprint::PictureReader> make_reader() {
    auto reader = fingerprint::PictureReader::create({
        .decoder_program = std::string(CAIRN_BIN_DIR) + "/cairn-decoder",
        .decoders = 1,
    });
    if (!reader) std::abort();
    return std::move(*reader);
}

PdqHash confined_whole(const JpegFile& file, fingerprint::PictureReader& reader) {
    const auto picture = reader.read(file.fd.get(), file.bytes.size(), fingerprint::FileType::jpeg);
    if (!picture) std::abort();
    return picture->frames[0].record;
}

/// Per-picture figures of a row.
void report(benchmark::State& state) {
    const auto& files = jpeg_corpus();
    const auto pictures = static_cast<double>(files.size());
    state.counters["per_picture"] = benchmark::Counter(
        pictures, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert
    );
    state.counters["pictures_per_s"] =
        benchmark::Counter(pictures, benchmark::Counter::kIsIterationInvariantRate);
}

void BM_WholeOracle(benchmark::State& state) {
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) benchmark::DoNotOptimize(oracle_whole(file));
    }
    report(state);
}

void BM_WholeInProcess(benchmark::State& state) {
    ByteVector store(codec::kStoreBytesMin);
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            benchmark::DoNotOptimize(cairn_whole(file, store));
        }
    }
    report(state);
}

void BM_WholeConfined(benchmark::State& state) {
    const auto reader = make_reader();
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            benchmark::DoNotOptimize(confined_whole(file, *reader));
        }
    }
    report(state);
}

void BM_StepRead(benchmark::State& state) {
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            const codec::Input input(file.fd.get(), file.bytes.size());
            benchmark::DoNotOptimize(input.read_all(std::size_t{64} << 20U));
        }
    }
    report(state);
}

void BM_StepDecodeOracle(benchmark::State& state) {
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            benchmark::DoNotOptimize(decode_plainly(file.bytes));
        }
    }
    report(state);
}

void BM_StepDecodeAndSample(benchmark::State& state) {
    ByteVector store(codec::kStoreBytesMin);
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            benchmark::DoNotOptimize(decode_samples(codec::Input(Bytes(file.bytes)), store));
        }
    }
    report(state);
}

/// 512x512 samples of one picture of the corpus.
test::OraclePixels samples() {
    const DecodedJpeg picture = decode_plainly(jpeg_corpus().front().bytes);
    return test::oracle_shrink(view_of(picture));
}

void BM_HashOracle(benchmark::State& state) {
    const test::OraclePixels picture = samples();
    for (auto _ : state) benchmark::DoNotOptimize(test::oracle_hash(picture.view()));
}

void BM_HashCairn(benchmark::State& state) {
    const test::OraclePixels picture = samples();
    for (auto _ : state) benchmark::DoNotOptimize(pdq_hash(picture.view()));
}

void BM_HashCairnEightTurns(benchmark::State& state) {
    const test::OraclePixels picture = samples();
    for (auto _ : state) benchmark::DoNotOptimize(pdq_true_turns(picture.view()));
}

BENCHMARK(BM_WholeOracle)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_WholeInProcess)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_WholeConfined)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_StepRead)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_StepDecodeOracle)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_StepDecodeAndSample)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_HashOracle)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_HashCairn)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_HashCairnEightTurns)->Unit(benchmark::kMicrosecond);

/// Speed says nothing unless the answers are the same.
bool hashes_agree() {
    ByteVector store(codec::kStoreBytesMin);
    const auto reader = make_reader();
    bool agree = true;
    std::uint64_t pixels = 0;
    for (const JpegFile& file : jpeg_corpus()) {
        const PdqHash wanted = oracle_whole(file);
        pixels += file.pixels;
        if (cairn_whole(file, store) == wanted && confined_whole(file, *reader) == wanted) continue;
        std::fprintf(stderr, "%s: other hash than the oracle\n", file.path.c_str());
        agree = false;
    }
    const std::size_t count = jpeg_corpus().size();
    if (count == 0) return false;
    std::fprintf(
        stderr,
        "%zu pictures, mean %.2f megapixels, hashes %s\n",
        count,
        static_cast<double>(pixels) / static_cast<double>(count) * 1e-6,
        agree ? "agree" : "DIFFER"
    );
    return agree;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
    if (!cairn::bench::hashes_agree()) return 1;
    if (argc == 2 && std::strcmp(argv[1], "--check") == 0) return 0;
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
