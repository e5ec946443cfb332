#pragma once

#include <cstddef>
#include <cstring>

// Floats that move together. GCC and clang know the attribute on every machine and make the best
// of it; kernels are templates over the vector, compiled once for any processor and once for those
// with AVX2. Nothing here is passed or returned by value: that would depend on the processor.

namespace cairn::fingerprint {

using Four = float __attribute__((vector_size(16)));
using Eight = float __attribute__((vector_size(32)));

template <typename Vector>
inline constexpr std::size_t kFloatsOf = sizeof(Vector) / sizeof(float);

template <typename Vector>
[[gnu::always_inline]] inline void load(Vector& value, const float* from) {
    std::memcpy(&value, from, sizeof value);
}

template <typename Vector>
[[gnu::always_inline]] inline void store(const Vector& value, float* to) {
    std::memcpy(to, &value, sizeof value);
}

/// out[c * out_stride + r] = in[r * in_stride + c] for r, c in 0..3.
[[gnu::always_inline]] inline void transpose_four(
    const float* in, std::size_t in_stride, float* out, std::size_t out_stride
) {
    Four a;
    Four b;
    Four c;
    Four d;
    load(a, in);
    load(b, in + in_stride);
    load(c, in + 2 * in_stride);
    load(d, in + 3 * in_stride);
    const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    const Four first = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    const Four second = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    const Four third = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    const Four fourth = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
    store(first, out);
    store(second, out + out_stride);
    store(third, out + 2 * out_stride);
    store(fourth, out + 3 * out_stride);
}

}  // namespace cairn::fingerprint
