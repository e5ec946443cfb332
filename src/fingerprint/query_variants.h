#pragma once

#include <vector>

#include "fingerprint/query_set.h"
#include "fingerprint/variant_sampler.h"

namespace cairn::fingerprint {

/// The versions that `set` asks for beyond record, oriented and complement, sampled from a grey
/// picture of the record's pixels. None for pictures too small to be hashed.
std::vector<QueryVariant> query_variants(const GreyPicture& picture, QuerySet set);

/// Luma of a picture's pixels, rounded to 8 bits.
ByteVector luma_of(const PixelView& picture);

}  // namespace cairn::fingerprint
