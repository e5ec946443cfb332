// PDQ of JPEG files, from file to hash: Cairn in process, Cairn through the confined decoder, and
// the plain transcription of the algorithm with libjpeg in process, which stands in for the
// published reference. Every row does the whole corpus once per iteration.
//
// Rows named Libjpeg are libjpeg-turbo alone; Shipped is what the reference program does for each
// file: start the converter /usr/bin/convert (ImageMagick), read its PPM from a pipe and hash that.
// It is there only where that program is installed.
//
//   pdq_bench                     all rows
//   pdq_bench --check             only compares the hashes of all three over the corpus
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/jpeg_corpus.h"
#include "codec/picture.h"
#include "fingerprint/picture_reader.h"
#include "fingerprint/query_variants.h"
#include "support/pdq_oracle.h"
#include "support/temp_dir.h"

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
PixelView decode_samples(
    const codec::Input& input, MutableBytes store, const codec::Options& options = {}
) {
    PixelView view;
    const auto decoded = codec::decode_picture(
        input,
        codec::Format::jpeg,
        options,
        store,
        {.take = [&](const codec::Frame& frame) -> Status {
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

std::unique_ptr<fingerprint::PictureReader> make_reader(
    fingerprint::QuerySet query_set = fingerprint::QuerySet::upright
) {
    auto reader = fingerprint::PictureReader::create({
        .decoder_program = std::string(CAIRN_BIN_DIR) + "/cairn-decoder",
        .decoders = 1,
        .query_set = query_set,
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

void BM_WholeConfinedWide(benchmark::State& state) {
    const auto reader = make_reader(fingerprint::QuerySet::wide);
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            benchmark::DoNotOptimize(confined_whole(file, *reader));
        }
    }
    report(state);
}

/// Starts the converter with its output in a pipe; nothing where it is not installed.
struct Converter {
    pid_t process = 0;
    Fd output;
};

/// Of Debian's imagemagick.
constexpr const char* kConverter = "/usr/bin/convert";

std::optional<Converter> start_converter(std::string from, std::string to) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    Converter converter{0, Fd(ends[0])};
    const Fd input(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    std::string program = kConverter;
    std::array<char*, 4> arguments = {program.data(), from.data(), to.data(), nullptr};
    const int failed =
        ::posix_spawn(&converter.process, kConverter, &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return std::nullopt;
    return converter;
}

bool has_converter() {
    const auto converter = start_converter("-list", "threshold");
    if (!converter) return false;
    std::array<std::uint8_t, 4096> ignored;
    while (::read(converter->output.get(), ignored.data(), ignored.size()) > 0) {
    }
    int status = 0;
    ::waitpid(converter->process, &status, 0);
    return status == 0;
}

/// PDQ as the reference program reads a file: through a converter of its own.
PdqHash shipped_whole(const std::string& path) {
    auto converter = start_converter(path, "ppm:-");
    if (!converter) std::abort();
    std::FILE* pipe = ::fdopen(converter->output.release(), "r");
    test::OraclePixels picture;
    // A comment of the picture's stands between the kind and the size.
    if (std::fscanf(pipe, "P6 ") != 0) std::abort();
    while (std::fscanf(pipe, "#%*[^\n] ") != EOF) {
        if (std::fscanf(pipe, "%u %u 255", &picture.width, &picture.height) == 2) break;
    }
    std::fgetc(pipe);
    picture.bytes.resize(std::size_t{3} * picture.width * picture.height);
    if (std::fread(picture.bytes.data(), 1, picture.bytes.size(), pipe) != picture.bytes.size()) {
        std::abort();
    }
    std::fclose(pipe);
    ::waitpid(converter->process, nullptr, 0);
    return test::oracle_hash(picture.view());
}

void BM_WholeShipped(benchmark::State& state) {
    const test::TempDir dir;  // the converter reads by name only
    std::vector<std::string> paths;
    for (const JpegFile& file : jpeg_corpus()) {
        paths.push_back(dir.write(fmt::format("{}.jpg", paths.size()), as_text(file.bytes)));
    }
    for (auto _ : state) {
        for (const std::string& path : paths) benchmark::DoNotOptimize(shipped_whole(path));
    }
    report(state);
}

void BM_Libjpeg(benchmark::State& state, PlainDecode what) {
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) decode_only(file.bytes, what);
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

void BM_StepDecodeAndSample(benchmark::State& state, const codec::Options& options) {
    ByteVector store(codec::kStoreBytesMin);
    for (auto _ : state) {
        for (const JpegFile& file : jpeg_corpus()) {
            const codec::Input input{Bytes(file.bytes)};
            benchmark::DoNotOptimize(decode_samples(input, store, options));
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

void BM_HashCairnDerivedTurns(benchmark::State& state) {
    const test::OraclePixels picture = samples();
    for (auto _ : state) benchmark::DoNotOptimize(pdq_derived_turns(picture.view()));
}

void BM_HashCairnExactTurns(benchmark::State& state) {
    const test::OraclePixels picture = samples();
    for (auto _ : state) benchmark::DoNotOptimize(pdq_true_turns(picture.view()));
}

/// The versions of a query set, from the small picture of one picture of the corpus.
void BM_Variants(benchmark::State& state, fingerprint::QuerySet set) {
    ByteVector store(codec::kStoreBytesMin);
    codec::SmallPicture small;
    const auto decoded = codec::decode_picture(
        codec::Input(Bytes(jpeg_corpus().front().bytes)),
        codec::Format::jpeg,
        {.small = true},
        store,
        {.take = [&](const codec::Frame& frame) -> Status {
            if (frame.small) small = *frame.small;
            return ok();
        }}
    );
    if (!decoded || small.source_width == 0) std::abort();
    const fingerprint::Axis across{small.source_width, small.cell_width};
    const fingerprint::Axis down{small.source_height, small.cell_height};
    const Bytes cells =
        Bytes(store).subspan(small.offset, std::size_t{across.cells()} * down.cells());
    std::size_t hashes = 0;
    for (auto _ : state) hashes = query_variants({cells, across, down}, set).size();
    state.counters["hashes"] = static_cast<double>(hashes);
}

/// Rows that do the whole corpus once an iteration.
void register_corpus_rows() {
    const auto add = [](const char* name, const std::function<void(benchmark::State&)>& row) {
        benchmark::RegisterBenchmark(name, row)->Unit(benchmark::kMillisecond)->UseRealTime();
    };
    add("WholeOracle", BM_WholeOracle);
    add("WholeInProcess", BM_WholeInProcess);
    add("WholeConfined", BM_WholeConfined);
    add("WholeConfinedWide", BM_WholeConfinedWide);
    if (has_converter()) add("WholeShipped", BM_WholeShipped);
    using benchmark::State;
    add("LibjpegRgb", [](State& state) { BM_Libjpeg(state, PlainDecode::rgb); });
    add("LibjpegGrey", [](State& state) { BM_Libjpeg(state, PlainDecode::grey); });
    add("LibjpegPlanes", [](State& state) { BM_Libjpeg(state, PlainDecode::planes); });
    add("StepRead", BM_StepRead);
    add("StepDecodeOracle", BM_StepDecodeOracle);
    add("StepDecodeAndSample", [](State& state) { BM_StepDecodeAndSample(state, {}); });
    add("StepDecodeAndSampleSmall",
        [](State& state) { BM_StepDecodeAndSample(state, {.small = true}); });
}

/// Rows on one picture.
void register_hash_rows() {
    const auto add = [](const char* name, const std::function<void(benchmark::State&)>& row) {
        benchmark::RegisterBenchmark(name, row)->Unit(benchmark::kMicrosecond);
    };
    using benchmark::State;
    using fingerprint::QuerySet;
    add("HashOracle", BM_HashOracle);
    add("HashCairn", BM_HashCairn);
    add("HashCairnDerivedTurns", BM_HashCairnDerivedTurns);
    add("HashCairnExactTurns", BM_HashCairnExactTurns);
    add("VariantsTurns", [](State& state) { BM_Variants(state, QuerySet::turns); });
    add("VariantsWide", [](State& state) { BM_Variants(state, QuerySet::wide); });
}

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
    cairn::bench::register_corpus_rows();
    cairn::bench::register_hash_rows();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
