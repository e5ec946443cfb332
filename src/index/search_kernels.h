#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "index/code.h"
#include "index/isa.h"

namespace cairn::index {

/// The postings of one bucket and how their residuals are judged.
struct ResidualRange {
    const std::uint8_t* residuals;  ///< of the whole band, kReadableBytes or more behind the last
    std::uint32_t begin;
    std::uint32_t end;
    std::uint16_t query;     ///< the residual of the query
    std::uint16_t own_mask;  ///< the bits of it that belong to the band itself
    std::uint16_t own_max;   ///< so many of these may differ
    std::uint16_t both_max;  ///< and so many of all
    std::uint16_t unit;      ///< these two are handed on to the survivors
    std::uint16_t weight;
};

/// A posting whose residual is near enough.
struct Survivor {
    std::uint32_t position = 0;
    std::uint16_t unit = 0;
    std::uint16_t weight = 0;
};

/// A code to be compared with a query in full.
struct Candidate {
    std::uint32_t code = 0;
    std::uint32_t query = 0;
};

/// A code within the radius of one of several queries.
struct BlockHit {
    std::uint32_t query = 0;
    CodeHit hit;
};

/// The inner loops of the index for one instruction set.
struct SearchKernels {
    /// Writes the survivors of all ranges to `out`, which has room for all postings; their number.
    std::size_t (*filter)(std::span<const ResidualRange> ranges, Survivor* out);
    /// Appends the candidates within `radius`. Their code numbers are below the number of codes.
    void (*verify)(
        Bytes codes,
        std::span<const Candidate> candidates,
        std::span<const Code> queries,
        int radius,
        std::vector<BlockHit>& hits
    );
};
const SearchKernels& search_kernels(Isa isa);

}  // namespace cairn::index
