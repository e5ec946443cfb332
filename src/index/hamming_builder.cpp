#include "index/hamming_builder.h"

#include <algorithm>
#include <future>
#include <limits>

#include "index/band_key.h"

namespace cairn::index {
namespace {

/// Writes number `index` of an array of T that begins at `offset`.
template <typename T>
void store(ByteVector& out, std::uint64_t offset, std::uint64_t index, T value) {
    std::memcpy(&out[offset + index * sizeof(T)], &value, sizeof(T));
}

/// Builds one band: a counting sort of the codes by their keys, in the order of their numbers
/// where keys are equal.
class BandBuild {
public:
    BandBuild(const BandPlan& plan, Bytes codes, std::size_t band)
        : codes_(codes),
          count_(codes.size() / kCodeBytes),
          band_(band),
          link_(plan.bands()[band].link),
          layout_(layout_of(plan, count_)[band]),
          key_(plan, band),
          next_key_(plan, (band + 1) % plan.bands().size()) {}

    ByteVector run() const {
        ByteVector out(layout_.end - layout_.starts);
        std::vector<std::uint32_t> free(key_.buckets() + 1);
        for (std::size_t i = 0; i < count_; ++i) ++free[key_.key(load_code(codes_, i)) + 1];
        for (std::size_t i = 1; i < free.size(); ++i) free[i] += free[i - 1];
        std::memcpy(out.data(), free.data(), free.size() * sizeof(free[0]));
        const std::uint64_t links = layout_.links - layout_.starts;
        const std::uint64_t residuals = layout_.residuals - layout_.starts;
        // How many codes each bucket of the next band has so far: the place of the next one.
        std::vector<std::uint16_t> places(link_ == Link::next_band ? next_key_.buckets() : 0);
        for (std::size_t i = 0; i < count_; ++i) {
            const Code code = load_code(codes_, i);
            const std::uint32_t posting = free[key_.key(code)]++;
            store(out, residuals, posting, key_.residual(code));
            if (link_ == Link::next_band) {
                store(out, links, posting, places[next_key_.key(code)]++);
            } else if (band_ != 0) {
                store(out, links, posting, static_cast<std::uint32_t>(i));
            }
        }
        return out;
    }

private:
    Bytes codes_;
    std::size_t count_;
    std::size_t band_;
    Link link_;
    BandLayout layout_;
    BandKey key_;
    BandKey next_key_;
};

Status check_codes(Bytes codes) {
    const std::size_t count = codes.size() / kCodeBytes;
    if (codes.size() % kCodeBytes != 0) {
        return fail(Errc::invalid_argument, "codes of {} bytes", codes.size());
    }
    if (count > std::numeric_limits<std::uint32_t>::max()) {
        return fail(Errc::limit_exceeded, "{} codes are too many for one index", count);
    }
    for (std::size_t i = 1; i < count; ++i) {
        if (!comes_before(load_code(codes, i - 1), load_code(codes, i))) {
            return fail(Errc::invalid_argument, "code {} is not above the one before it", i);
        }
    }
    return ok();
}

}  // namespace

Status build_bands(
    const BandPlan& plan, Bytes codes, const BuildOptions& options, const BandSink& sink
) {
    CAIRN_TRY(check_codes(codes));
    const std::size_t bands = plan.bands().size();
    const std::size_t at_once = std::max(options.threads, 1U);
    for (std::size_t first = 0; first < bands; first += at_once) {
        std::vector<std::future<ByteVector>> building;
        for (std::size_t band = first; band < std::min(first + at_once, bands); ++band) {
            const auto policy = at_once > 1 ? std::launch::async : std::launch::deferred;
            building.push_back(std::async(policy, [&plan, codes, band] {
                return BandBuild(plan, codes, band).run();
            }));
        }
        for (std::future<ByteVector>& band : building) {
            const ByteVector built = band.get();
            CAIRN_TRY(sink(built));
        }
    }
    return ok();
}

Result<ByteVector> build_bands(const BandPlan& plan, Bytes codes) {
    ByteVector all;
    all.reserve(bands_bytes(plan, codes.size() / kCodeBytes));
    const auto append = [&](Bytes band) -> Status {
        all.insert(all.end(), band.begin(), band.end());
        return ok();
    };
    CAIRN_TRY(build_bands(plan, codes, BuildOptions{}, append));
    return all;
}

Status verify_tables(const HammingTables& tables) {
    Bytes left = tables.bands;
    const auto compare = [&](Bytes band) -> Status {
        if (left.size() < band.size() || !std::equal(band.begin(), band.end(), left.begin())) {
            return fail(Errc::corrupt_data, "the band tables do not belong to the codes");
        }
        left = left.subspan(band.size());
        return ok();
    };
    Status built = build_bands(tables.plan, tables.codes, BuildOptions{}, compare);
    if (!built) return fail(Errc::corrupt_data, "{}", built.error().message);
    if (!left.empty()) return fail(Errc::corrupt_data, "the band tables are too long");
    return ok();
}

}  // namespace cairn::index
