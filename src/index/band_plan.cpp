#include "index/band_plan.h"

#include <algorithm>
#include <bit>

#include "index/code.h"

namespace cairn::index {
namespace {

constexpr std::uint64_t kAlignment = 64;

std::uint64_t aligned(std::uint64_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

Status check_band(const Band& band, const Band& next, std::size_t number) {
    if (band.threshold < 0 || band.threshold > kThresholdMax) {
        return fail(
            Errc::invalid_argument,
            "band {}: threshold {} is not 0 to {}",
            number,
            band.threshold,
            kThresholdMax
        );
    }
    if (band.key_bits < 1 || band.key_bits > kKeyBitsMax || band.key_bits > band.width) {
        return fail(
            Errc::invalid_argument,
            "band {}: a key of {} bits does not suit a band of {}",
            number,
            band.key_bits,
            band.width
        );
    }
    const unsigned own = band.width - unsigned{band.key_bits};
    if (own > kResidualBits || own + next.width < kResidualBits) {
        return fail(
            Errc::invalid_argument,
            "band {}: the {} bits behind the key are not of it and the next band",
            number,
            kResidualBits
        );
    }
    if (band.link == Link::next_band && (number == 0 || own + next.key_bits > kResidualBits)) {
        return fail(Errc::invalid_argument, "band {}: cannot lead to the next band", number);
    }
    return ok();
}

// Why sixteen bands. A query costs cache misses: one for the start of each bucket asked, one for
// each 64 bytes of residuals in it, one of the page table for each bucket. Per unit of (threshold
// + 1) a band of threshold 0 (8 bits) asks 1 bucket but reads 1/256 of all postings, threshold 1
// (16 bits) 8.5 buckets and 1/7,700, threshold 2 (24 bits) 57 to 100 buckets and less. At 10
// million codes that is 272 buckets of 5 lines for 16 bands, against 1,700 of 2 lines for 11; at
// 100 million 272 of 48 against 2,342 of 2. Median of one query on the same busy machine, 4 KiB
// pages, in microseconds: 10 million codes 32 (16 bands), 58 (14), 77 (13), 118 (11); 30 million
// 81, -, 132, 203; 100 million 619, -, -, 420.
constexpr std::size_t kBandCount = 16;
constexpr std::uint8_t kBandWidth = 16;
/// From here on eleven bands: where the curves of 30 and 100 million cross.
constexpr std::uint64_t kElevenFrom = 64'000'000;
constexpr std::uint8_t kElevenKeyBits = 21;
/// Keys are as long as leaves a bucket 8 to 16 postings: longer ones cost more starts, shorter ones
/// more postings (measured from 3,000 to 1 million codes; above that the band has no more bits).
constexpr std::uint64_t kBucketMin = 8;
/// From here on two bands of 15 lead to codes, the others to the next band: 98 bytes per code
/// instead of 124.
constexpr std::uint64_t kLinkedFrom = 4'000'000;
constexpr std::size_t kLinkedRun = 5;

}  // namespace

Result<BandPlan> BandPlan::make(std::vector<Band> bands) {
    std::size_t bits = 0;
    int covered = 0;
    for (std::size_t i = 0; i < bands.size(); ++i) {
        CAIRN_TRY(check_band(bands[i], bands[(i + 1) % bands.size()], i));
        bits += bands[i].width;
        covered += bands[i].threshold + 1;
    }
    if (bits != kCodeBits) {
        return fail(Errc::invalid_argument, "bands of {} bits, not {}", bits, kCodeBits);
    }
    if (covered != kTableRadius + 1) {
        return fail(
            Errc::invalid_argument,
            "the bands find everything within {}, not {}",
            covered - 1,
            kTableRadius
        );
    }
    return BandPlan(std::move(bands));
}

BandPlan BandPlan::for_codes(std::uint64_t codes) {
    if (codes < kScanCodesMax) return {};
    if (codes >= kElevenFrom) {
        std::vector<Band> eleven(10, Band{23, kElevenKeyBits, 2, Link::code});
        eleven.push_back({26, kElevenKeyBits, 1, Link::code});
        return BandPlan(std::move(eleven));
    }
    const unsigned fitting = static_cast<unsigned>(std::bit_width(codes / kBucketMin)) - 1;
    const auto key_bits = std::min(static_cast<std::uint8_t>(fitting), kBandWidth);
    std::vector<Band> bands(kBandCount, Band{kBandWidth, key_bits, 1, Link::code});
    for (std::size_t i = 0; codes >= kLinkedFrom && i < bands.size(); ++i) {
        if (i % kLinkedRun != 0 || i + 1 == bands.size()) bands[i].link = Link::next_band;
    }
    return BandPlan(std::move(bands));
}

std::uint64_t probes_of(unsigned key_bits, int threshold) {
    std::uint64_t values = 0;
    std::uint64_t of_weight = 1;  // C(key_bits, weight)
    for (unsigned weight = 0; static_cast<int>(weight) <= threshold; ++weight) {
        values += of_weight;
        of_weight = weight < key_bits ? of_weight * (key_bits - weight) / (weight + 1) : 0;
    }
    return values;
}

Thresholds thresholds_of(const BandPlan& plan) {
    const std::span<const Band> bands = plan.bands();
    Thresholds thresholds{};
    for (std::size_t i = 0; i < bands.size(); ++i) {
        thresholds.back()[i] = bands[i].threshold;
    }
    // Every step takes one unit from the band where that saves the most probes, the last one of
    // several. The probes of a band grow ever faster with its threshold, hence no other way ends
    // with fewer.
    for (std::size_t radius = kTableRadius; radius > 0 && !bands.empty(); --radius) {
        const auto& larger = thresholds[radius];
        std::size_t best = 0;
        std::uint64_t saved_most = 0;
        for (std::size_t i = 0; i < bands.size(); ++i) {
            const std::uint64_t saved = probes_of(bands[i].key_bits, larger[i]) -
                                        probes_of(bands[i].key_bits, larger[i] - 1);
            if (saved < saved_most || saved == 0) continue;
            best = i;
            saved_most = saved;
        }
        thresholds[radius - 1] = larger;
        --thresholds[radius - 1][best];
    }
    return thresholds;
}

std::vector<BandLayout> layout_of(const BandPlan& plan, std::uint64_t codes) {
    std::vector<BandLayout> layouts;
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < plan.bands().size(); ++i) {
        const Band& band = plan.bands()[i];
        BandLayout layout;
        layout.starts = at;
        layout.links = aligned(layout.starts + 4 * ((std::uint64_t{1} << band.key_bits) + 1));
        const std::uint64_t link_bytes = i == 0 ? 0 : band.link == Link::code ? 4 : 2;
        layout.residuals = aligned(layout.links + codes * link_bytes);
        layout.end = aligned(layout.residuals + codes * (kResidualBits / 8) + kReadableBytes);
        at = layout.end;
        layouts.push_back(layout);
    }
    return layouts;
}

std::uint64_t bands_bytes(const BandPlan& plan, std::uint64_t codes) {
    const std::vector<BandLayout> layouts = layout_of(plan, codes);
    return layouts.empty() ? 0 : layouts.back().end;
}

}  // namespace cairn::index
