#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "fingerprint/pdq.h"

namespace cairn::hashlist {

/// The 256 bits of a code are cut into 16 bands of 16. Two codes within distance 31 differ in at
/// most one bit in some band: 16 bands with at least 2 differences each would make 32.
inline constexpr std::size_t kBands = 16;
inline constexpr std::size_t kBandValues = 1U << 16U;
inline constexpr std::size_t kBandStarts = kBandValues + 1;
inline constexpr std::size_t kCodeBytes = 32;
/// Below this a plain scan is as fast and needs no tables.
inline constexpr std::uint64_t kScanCodesMax = 2'000;

/// The value of band 0..15 of a code.
std::uint16_t band_value(const fingerprint::PdqCode& code, std::size_t band);

/// A file's tables, borrowed. Contents are not trusted: a value out of range is passed over.
struct HammingTables {
    Bytes codes;        ///< 32 bytes each
    Bytes band_starts;  ///< per band kBandStarts of 32 bits; empty: search by plain scan
    Bytes band_ids;     ///< per band one 32-bit code number per code, grouped by band value
};

struct CodeHit {
    std::uint32_t code = 0;  ///< position in HammingTables::codes
    int distance = 0;
    auto operator<=>(const CodeHit&) const = default;
};

/// Every code within `radius` of `query`, each once, in no particular order. Exact for every
/// radius: beyond 31, and where the bands would give too many candidates, it scans.
std::vector<CodeHit> search(
    const HammingTables& tables, const fingerprint::PdqCode& query, int radius
);

std::uint32_t load_u32(Bytes array, std::size_t index);
fingerprint::PdqCode load_code(Bytes codes, std::size_t index);
void store_code(const fingerprint::PdqCode& code, MutableBytes out);

/// Groups code numbers by the value of one band (counting sort): starts has kBandStarts
/// elements, ids one per code. `read_codes` gives all codes in order, any number of times.
struct BandTable {
    std::vector<std::uint32_t> starts;
    std::vector<std::uint32_t> ids;
};
using CodeVisitor = std::function<void(const fingerprint::PdqCode&)>;
using CodeSource = std::function<Status(const CodeVisitor&)>;
Result<BandTable> build_band(std::uint32_t codes, std::size_t band, const CodeSource& read_codes);

}  // namespace cairn::hashlist
