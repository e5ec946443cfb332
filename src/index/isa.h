#pragma once

#include <string_view>

namespace cairn::index {

/// The instruction sets the inner loops are written for; all give the same answers.
enum class Isa : unsigned char {
    plain,   ///< any processor
    avx2,    ///< AVX2 and POPCNT
    avx512,  ///< AVX-512 with BITALG and VPOPCNTDQ
};

/// True when this processor can run it.
bool is_supported(Isa isa);
/// The best one this processor can run.
Isa best_isa();
std::string_view name_of(Isa isa);

}  // namespace cairn::index
