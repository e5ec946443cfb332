#include "fingerprint/pdq.h"

#include <algorithm>
#include <cstring>

#include "fingerprint/pdq_transform.h"

namespace cairn::fingerprint {
namespace {

constexpr std::size_t kSide = 64;
constexpr std::uint32_t kSideMin = 5;

/// A picture of at most 512x512 pixels, made from another, and the view of it.
struct Shrunk {
    ByteVector storage;  ///< empty when the original serves
    PixelView view;
};

std::vector<std::uint32_t> source_indexes(std::uint32_t size, bool shrink, bool mirror) {
    std::vector<std::uint32_t> indexes(shrink ? kPdqSideMax : size);
    if (shrink) {
        const auto all = shrink_indexes(size);
        std::copy(all.begin(), all.end(), indexes.begin());
    } else {
        for (std::uint32_t i = 0; i < size; ++i) indexes[i] = i;
    }
    if (mirror) {
        for (std::uint32_t& index : indexes) index = size - 1 - index;
    }
    return indexes;
}

/// Copies pixels of N channels and returns the end of what was written.
template <std::size_t N>
std::uint8_t* pick(
    const std::uint8_t* row, const std::vector<std::uint32_t>& columns, std::uint8_t* out
) {
    for (const std::uint32_t x : columns) {
        std::memcpy(out, row + N * x, N);
        out += N;
    }
    return out;
}

/// The picture mirrored as asked and then shrunk as the file path does.
Shrunk shrink(const PixelView& in, bool mirror_across, bool mirror_down) {
    const bool too_large = in.width > kPdqSideMax || in.height > kPdqSideMax;
    if (!too_large && !mirror_across && !mirror_down) return {{}, in};
    const auto columns = source_indexes(in.width, too_large, mirror_across);
    const auto rows = source_indexes(in.height, too_large, mirror_down);
    Shrunk out;
    out.storage.resize(rows.size() * columns.size() * in.channels);
    std::uint8_t* put = out.storage.data();
    for (const std::uint32_t y : rows) {
        const std::uint8_t* row = in.pixels.data() + std::size_t{y} * in.width * in.channels;
        put = in.channels == 1 ? pick<1>(row, columns, put) : pick<3>(row, columns, put);
    }
    out.view = {
        out.storage,
        static_cast<std::uint32_t>(columns.size()),
        static_cast<std::uint32_t>(rows.size()),
        in.channels};
    return out;
}

bool too_small(const PixelView& picture) {
    return picture.width < kSideMin || picture.height < kSideMin;
}

/// The 64x64 matrix of a picture that needs no shrinking. The plain hash takes a 64x64 picture
/// as it stands; the derived turns of the reference always filter.
PdqMatrix matrix_of(const PixelView& picture) {
    if (picture.width == kSide && picture.height == kSide) return pdq_luma_matrix(picture);
    return pdq_filter(picture);
}

}  // namespace

std::array<std::uint32_t, 512> shrink_indexes(std::uint32_t size) {
    std::array<std::uint32_t, 512> indexes{};
    for (std::uint32_t k = 0; k < 512; ++k) {
        // The reference computes k * size / 512 in double and truncates. Both steps are exact
        // there (41 bits, a power of two), so integers give the same.
        indexes[k] = static_cast<std::uint32_t>(std::uint64_t{k} * size / 512);
    }
    return indexes;
}

PdqHash pdq_hash(const PixelView& picture) {
    return pdq_hash_pair(picture).as_is;
}

PdqPair pdq_hash_pair(const PixelView& picture) {
    if (too_small(picture)) return {};
    const Shrunk shrunk = shrink(picture, false, false);
    return pdq_hash_matrix(matrix_of(shrunk.view));
}

std::array<PdqHash, kTurnCount> pdq_true_turns(const PixelView& picture) {
    if (too_small(picture)) return {};
    const auto pair = [&](bool mirror_across, bool mirror_down) {
        return pdq_hash_pair(shrink(picture, mirror_across, mirror_down).view);
    };
    return arrange_turns(
        {pair(false, false), pair(true, false), pair(false, true), pair(true, true)}
    );
}

std::array<PdqHash, kTurnCount> arrange_turns(const std::array<PdqPair, 4>& orders) {
    const auto& [plain, across, down, both] = orders;
    std::array<PdqHash, kTurnCount> out;
    const auto set = [&out](Turn turn, const PdqHash& hash) {
        out[static_cast<std::size_t>(turn)] = hash;
    };
    set(Turn::original, plain.as_is);
    set(Turn::flip_plus1, plain.transposed);
    set(Turn::flip_y, across.as_is);
    set(Turn::rotate90, across.transposed);
    set(Turn::flip_x, down.as_is);
    set(Turn::rotate270, down.transposed);
    set(Turn::rotate180, both.as_is);
    set(Turn::flip_minus1, both.transposed);
    return out;
}

std::array<PdqHash, kTurnCount> pdq_derived_turns(const PixelView& picture) {
    if (too_small(picture)) return {};
    const PdqMatrix a = pdq_filter(shrink(picture, false, false).view);
    const PdqCoefficients b = pdq_transform(a);
    const int quality = pdq_quality(a);
    std::array<PdqHash, kTurnCount> out;
    for (std::size_t i = 0; i < kTurnCount; ++i) {
        out[i] = {pdq_bits(pdq_turned(b, static_cast<Turn>(i))), quality};
    }
    return out;
}

}  // namespace cairn::fingerprint
