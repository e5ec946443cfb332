#pragma once

#include <span>
#include <vector>

#include "fingerprint/query_set.h"

namespace cairn::scan {

/// Query variants as a catalogue keeps them: for each its packed id (4 bytes), the four words of
/// its code (8 bytes each) and its quality (1), little-endian.
ByteVector encode_variants(std::span<const fingerprint::QueryVariant> variants);
/// Errc::corrupt_data for anything that encode_variants() never gives.
Result<std::vector<fingerprint::QueryVariant>> decode_variants(Bytes stored);

}  // namespace cairn::scan
