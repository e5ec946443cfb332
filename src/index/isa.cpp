#include "index/isa.h"

namespace cairn::index {

bool is_supported(Isa isa) {
    switch (isa) {
        case Isa::plain:
            return true;
#if defined(__x86_64__)
        case Isa::avx2:
            return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
        case Isa::avx512:
            return is_supported(Isa::avx2) && __builtin_cpu_supports("avx512f") != 0 &&
                   __builtin_cpu_supports("avx512bw") != 0 &&
                   __builtin_cpu_supports("avx512bitalg") != 0 &&
                   __builtin_cpu_supports("avx512vpopcntdq") != 0;
#else
        case Isa::avx2:
        case Isa::avx512:
            return false;
#endif
    }
    return false;
}

Isa best_isa() {
    if (is_supported(Isa::avx512)) return Isa::avx512;
    return is_supported(Isa::avx2) ? Isa::avx2 : Isa::plain;
}

std::string_view name_of(Isa isa) {
    switch (isa) {
        case Isa::plain:
            return "plain";
        case Isa::avx2:
            return "AVX2";
        case Isa::avx512:
            return "AVX-512";
    }
    return "unknown";
}

}  // namespace cairn::index
