#include "codec/reducer.h"

#include <algorithm>

namespace cairn::codec {
namespace {

/// Cells of a side lie between this and twice as many, or are single pixels.
constexpr std::uint32_t kCellsMin = 256;
static_assert(kSmallSideMax == 2 * kCellsMin - 1);

/// Rows of 8-bit samples that 16-bit sums hold.
constexpr std::uint32_t kRowsMax = 257;

// 0.299, 0.587 and 0.114 of 2^16.
constexpr std::uint32_t kLumaBits = 16;
constexpr std::uint64_t kRedShare = 19595;
constexpr std::uint64_t kGreenShare = 38470;
constexpr std::uint64_t kBlueShare = 7471;
static_assert(kRedShare + kGreenShare + kBlueShare == std::uint64_t{1} << kLumaBits);

std::uint32_t cell_size(std::uint32_t side) {
    return std::max(side / kCellsMin, 1U);
}

}  // namespace

Reducer::Reducer(
    std::uint32_t width, std::uint32_t height, std::uint32_t channels, std::uint8_t* out
)
    : small_{width, height, cell_size(width), cell_size(height), 0},
      columns_((width + small_.cell_width - 1) / small_.cell_width),
      channels_(channels),
      out_(out),
      column_sums_(std::size_t{width} * channels),
      cell_sums_(columns_) {}

void Reducer::push_row(const std::uint8_t* pixels) {
    add(pixels, channels_);
}

void Reducer::push_luma(const std::uint8_t* luma) {
    add(luma, 1);
}

void Reducer::add(const std::uint8_t* row, std::uint32_t channels) {
    if (channels != folded_channels_) fold();
    folded_channels_ = channels;
    const std::size_t samples = std::size_t{small_.source_width} * channels;
    std::uint16_t* sums = column_sums_.data();
    for (std::size_t i = 0; i < samples; ++i) {
        sums[i] = static_cast<std::uint16_t>(sums[i] + row[i]);
    }
    ++rows_in_cells_;
    if (++rows_in_sums_ == kRowsMax) fold();
    if (rows_in_cells_ == small_.cell_height) emit();
}

/// Moves the sums of columns into those of cells.
void Reducer::fold() {
    if (rows_in_sums_ == 0) return;
    std::uint16_t* sums = column_sums_.data();
    for (std::uint32_t cell = 0; cell < columns_; ++cell) {
        const std::uint32_t first = cell * small_.cell_width;
        const std::uint32_t end = std::min(first + small_.cell_width, small_.source_width);
        if (folded_channels_ == 1) {
            std::uint64_t sum = 0;
            for (std::uint32_t x = first; x < end; ++x) sum += sums[x];
            cell_sums_[cell] += sum << kLumaBits;
            continue;
        }
        std::uint64_t red = 0;
        std::uint64_t green = 0;
        std::uint64_t blue = 0;
        for (std::size_t x = first; x < end; ++x) {
            red += sums[3 * x];
            green += sums[3 * x + 1];
            blue += sums[3 * x + 2];
        }
        cell_sums_[cell] += kRedShare * red + kGreenShare * green + kBlueShare * blue;
    }
    std::fill(column_sums_.begin(), column_sums_.end(), std::uint16_t{0});
    rows_in_sums_ = 0;
}

/// Finishes a row of cells.
void Reducer::emit() {
    fold();
    for (std::uint32_t cell = 0; cell < columns_; ++cell) {
        const std::uint32_t first = cell * small_.cell_width;
        const std::uint32_t pixels = std::min(small_.cell_width, small_.source_width - first);
        const std::uint64_t count = (std::uint64_t{pixels} * rows_in_cells_) << kLumaBits;
        *out_++ = static_cast<std::uint8_t>((cell_sums_[cell] + count / 2) / count);
    }
    std::fill(cell_sums_.begin(), cell_sums_.end(), 0);
    rows_in_cells_ = 0;
}

SmallPicture Reducer::finish() {
    if (rows_in_cells_ > 0) emit();
    return small_;
}

}  // namespace cairn::codec
