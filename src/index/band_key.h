#pragma once

#include <cstddef>
#include <cstdint>

#include "index/band_plan.h"
#include "index/code.h"

namespace cairn::index {

/// Reads one band of a code: its key and the bits that follow it.
class BandKey {
public:
    BandKey(const BandPlan& plan, std::size_t band) : bits_(plan.bands()[band].key_bits) {
        for (std::size_t i = 0; i < band; ++i) position_ += plan.bands()[i].width;
    }

    std::size_t buckets() const { return std::size_t{1} << bits_; }
    std::uint32_t key(const Code& code) const {
        return static_cast<std::uint32_t>(window(code, position_) >> (64 - bits_));
    }
    std::uint16_t residual(const Code& code) const {
        return static_cast<std::uint16_t>(window(code, position_) >> (64 - kResidualBits - bits_));
    }

private:
    std::size_t position_ = 0;
    unsigned bits_;
};

}  // namespace cairn::index
