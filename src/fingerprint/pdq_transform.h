#pragma once

#include <array>

#include "fingerprint/pdq_filter.h"

namespace cairn::fingerprint {

/// Cosine coefficients, row by row: [i * 16 + j] is vertical frequency i+1, horizontal j+1.
using PdqCoefficients = std::array<float, 256>;

/// Every float is the one the plain recipe gives.
PdqCoefficients pdq_transform(const PdqMatrix& matrix);
/// As pdq_transform, on any processor; for tests.
PdqCoefficients pdq_transform_portable(const PdqMatrix& matrix);

/// 0..100: how much neighbours of the 64x64 matrix differ.
int pdq_quality(const PdqMatrix& matrix);

/// One bit a coefficient: above the lower median.
PdqCode pdq_bits(const PdqCoefficients& coefficients);

/// The coefficients that the reference takes for those of the turned picture.
PdqCoefficients pdq_turned(const PdqCoefficients& coefficients, Turn turn);

/// Hash of a picture and of its transpose from its 64x64 matrix.
PdqPair pdq_hash_matrix(const PdqMatrix& matrix);

}  // namespace cairn::fingerprint
