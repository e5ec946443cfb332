#pragma once

#include <cstring>

#include "base/bytes.h"

namespace cairn::hashlist {

/// Number `index` of an array of 32-bit numbers as they lie in a file.
inline std::uint32_t load_u32(Bytes array, std::size_t index) {
    const Bytes bytes = array.subspan(index * sizeof(std::uint32_t), sizeof(std::uint32_t));
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

}  // namespace cairn::hashlist
