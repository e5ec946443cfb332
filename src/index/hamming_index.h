#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "index/band_plan.h"
#include "index/code.h"
#include "index/isa.h"

namespace cairn::index {

/// The tables that hamming_builder.h builds, borrowed, for instance from a mapped file.
struct HammingTables {
    BandPlan plan;
    Bytes codes;  ///< 32 bytes each, distinct, sorted by their bytes; best aligned to 64
    Bytes bands;  ///< bands_bytes() long; empty for a plan without bands
};

/// How an index answers where its tables could.
enum class Method : unsigned char {
    fastest,  ///< by the tables or by a scan, whichever is faster
    tables,   ///< by the tables, for tests and benchmarks
};

/// Finds the codes near a code. Every answer is exact, the same that comparing with all codes
/// gives. A view: it borrows the bytes and may be copied; all methods may be called from any
/// number of threads. Contents are not trusted: damaged tables give wrong answers, never a read
/// outside them.
class HammingIndex {
public:
    /// Checks lengths only, O(1); invalid_argument where they disagree, unsupported for an `isa`
    /// that this processor lacks.
    static Result<HammingIndex> open(
        HammingTables tables, Isa isa = best_isa(), Method method = Method::fastest
    );

    std::uint32_t size() const { return count_; }
    Code code(std::uint32_t number) const { return load_code(tables_.codes, number); }
    const HammingTables& tables() const { return tables_; }

    /// Every code within `radius` of `query`, nearest first, equal distances by code. Uses the
    /// tables up to kTableRadius, else scans.
    std::vector<CodeHit> search(const Code& query, int radius) const;

    /// search() for each of many queries, faster than one after another; answers in their order.
    std::vector<std::vector<CodeHit>> search_batch(std::span<const Code> queries, int radius) const;

    /// Some code within `radius`, or nothing where there is none; the same one every time.
    std::optional<CodeHit> search_any(const Code& query, int radius) const;

    /// The first `count` of search(query, radius_max).
    std::vector<CodeHit> nearest(const Code& query, std::size_t count, int radius_max) const;

    /// What one query at kTableRadius would have to look at.
    struct Cost {
        std::uint64_t probes = 0;      ///< buckets
        std::uint64_t candidates = 0;  ///< postings in them
    };
    Cost cost_of(const Code& query) const;

private:
    friend class BlockSearch;

    struct BandView {
        unsigned position = 0;  ///< of the band's first bit
        unsigned key_bits = 0;
        std::uint16_t own_mask = 0;  ///< the bits of a residual that belong to the band itself
        Link link = Link::code;
        const std::uint8_t* starts = nullptr;
        const std::uint8_t* links = nullptr;
        const std::uint8_t* residuals = nullptr;
    };

    HammingIndex(HammingTables tables, Isa isa, Method method);

    void search_block(
        std::span<const Code> queries, int radius, std::span<std::vector<CodeHit>> answers
    ) const;
    bool is_scanned(std::size_t queries, int radius) const;

    HammingTables tables_;
    Isa isa_;
    Method method_;
    std::uint32_t count_ = 0;
    std::vector<BandView> bands_;
    Thresholds thresholds_;
};

}  // namespace cairn::index
