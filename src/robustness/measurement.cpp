#include "robustness/measurement.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "base/fd.h"
#include "robustness/alterations.h"
#include "robustness/copy_tally.h"
#include "robustness/originals.h"

namespace cairn::robustness {
namespace {

using fingerprint::kPdqQualityMin;

/// Does `work` for 0..count-1 in `jobs` threads and tells how many are done. What a piece of work
/// throws becomes its error; the errors come in order.
class Workers {
public:
    Workers(std::size_t count, unsigned jobs) : errors_(count), jobs_(jobs) {}

    void run(
        std::string_view stage,
        const OnProgress& on_progress,
        const std::function<Status(std::size_t)>& work
    ) {
        on_progress(stage, 0, errors_.size());
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < jobs_; ++i) {
            threads.emplace_back([&] {
                for (std::size_t at = next_++; at < errors_.size(); at = next_++) {
                    errors_[at] = guarded(work, at);
                    const std::lock_guard lock(mutex_);
                    on_progress(stage, ++done_, errors_.size());
                }
            });
        }
    }

    /// For each piece of work its error, or nothing.
    const std::vector<std::optional<Error>>& errors() const { return errors_; }

private:
    static std::optional<Error> guarded(
        const std::function<Status(std::size_t)>& work, std::size_t at
    ) {
        try {
            auto done = work(at);
            if (done) return std::nullopt;
            return std::move(done).error();
        } catch (const std::exception& failure) {
            return fail(Errc::internal, "{}", failure.what());
        }
    }

    std::vector<std::optional<Error>> errors_;
    unsigned jobs_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::size_t done_ = 0;
};

class Measurer {
public:
    Measurer(
        fingerprint::PictureReader& reader,
        const Collection& collection,
        const MeasureOptions& options,
        const OnProgress& on_progress
    )
        : reader_(reader),
          artworks_(collection.artworks),
          options_(options),
          on_progress_(on_progress) {
        if (options_.limit > 0 && options_.limit < artworks_.size()) {
            artworks_.resize(options_.limit);
        }
        out_.problems = collection.problems;
        out_.alterations.resize(alterations().size());
    }

    Result<Measurement> run() {
        const auto start = std::chrono::steady_clock::now();
        hash_originals();
        if (known_.empty()) {
            return fail(
                Errc::not_found,
                "no picture can be used: {} of low PDQ quality, {} not read{}; name folders with "
                "photographs",
                out_.low_quality,
                out_.problems.size(),
                out_.problems.empty() ? "" : " (" + out_.problems.front().reason + ")"
            );
        }
        alter_originals();
        const auto end = std::chrono::steady_clock::now();
        out_.seconds = std::chrono::duration<double>(end - start).count();
        return std::move(out_);
    }

private:
    static bool usable(const Original& original) {
        return original.record.quality >= kPdqQualityMin;
    }

    /// The records of all originals. Their pixels are not kept: they are made again when their
    /// turn comes, so that memory does not grow with the collection.
    void hash_originals() {
        std::vector<std::vector<KnownOriginal>> known(artworks_.size());
        std::vector<std::size_t> low_quality(artworks_.size());
        Workers workers(artworks_.size(), options_.jobs);
        workers.run("originals", on_progress_, [&](std::size_t at) -> Status {
            const auto originals = CAIRN_TRY(load_originals(artworks_[at].path, options_.crops));
            for (const Original& original : originals) {
                if (usable(original)) {
                    known[at].push_back({at, name_of(at, original), original.record.code});
                } else {
                    ++low_quality[at];
                }
            }
            return ok();
        });
        for (std::size_t at = 0; at < artworks_.size(); ++at) {
            note(at, workers.errors()[at]);
            out_.low_quality += low_quality[at];
            out_.artworks += known[at].empty() ? 0U : 1U;
            known_.insert(known_.end(), known[at].begin(), known[at].end());
        }
        out_.originals = known_.size();
    }

    void alter_originals() {
        std::vector<CopyTally> tallies(artworks_.size());
        Workers workers(artworks_.size(), options_.jobs);
        workers.run("copies", on_progress_, [&](std::size_t at) { return alter(at, tallies[at]); });
        for (std::size_t at = 0; at < artworks_.size(); ++at) {
            // One that could not be loaded is noted already.
            if (!tallies[at].empty()) note(at, workers.errors()[at]);
            tallies[at].add_to(out_);
        }
        finish_means(out_);
    }

    Status alter(std::size_t at, CopyTally& tally) {
        const auto originals = CAIRN_TRY(load_originals(artworks_[at].path, options_.crops));
        for (std::size_t part = 0; part < originals.size(); ++part) {
            const Original& original = originals[part];
            if (!usable(original)) continue;
            tally.begin({at, name_of(at, original), original.record.code}, known_);
            const std::uint64_t seed = at * (kCropsMax + 1) + part + 1;
            for (std::size_t i = 0; i < alterations().size(); ++i) {
                const auto copy = CAIRN_TRY(read_copy(alterations()[i], original.raster, seed));
                tally.add(i, copy);
            }
            tally.end();
        }
        return ok();
    }

    Result<fingerprint::PictureFingerprint> read_copy(
        const Alteration& alteration, const Raster& original, std::uint64_t seed
    ) {
        const Raster copy = alteration.make(original, seed);
        const ByteVector bytes = CAIRN_TRY(encode(copy, alteration.encoding));
        const Fd fd = CAIRN_TRY(make_memory_file("cairn-bench"));
        CAIRN_TRY(write_all(fd.get(), bytes));
        auto read = reader_.read(fd.get(), bytes.size(), fingerprint::sniff(bytes));
        if (!read) return std::move(read).error().with_context(alteration.text);
        return read;
    }

    std::string name_of(std::size_t at, const Original& original) const {
        return artworks_[at].path + " (" + original.part + ")";
    }

    void note(std::size_t at, const std::optional<Error>& error) {
        if (error) out_.problems.push_back({artworks_[at].path, error->message});
    }

    fingerprint::PictureReader& reader_;
    std::vector<Artwork> artworks_;
    MeasureOptions options_;
    const OnProgress& on_progress_;
    std::vector<KnownOriginal> known_;
    Measurement out_;
};

}  // namespace

Result<Measurement> measure(
    fingerprint::PictureReader& reader,
    const Collection& collection,
    const MeasureOptions& options,
    const OnProgress& on_progress
) {
    Measurer measurer(reader, collection, options, on_progress);
    return measurer.run();
}

}  // namespace cairn::robustness
