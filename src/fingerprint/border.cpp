#include "fingerprint/border.h"

#include <cmath>

namespace cairn::fingerprint {
namespace {

constexpr double kDeviationMax = 6;
constexpr double kMeanDifferenceMax = 12;

/// Cells [first, end) of one side.
struct Span {
    std::size_t first = 0;
    std::size_t end = 0;
    std::size_t size() const { return end - first; }
};

class BorderFinder {
public:
    explicit BorderFinder(const GreyPicture& picture)
        : cells_(picture.cells),
          width_(picture.across.cells()),
          across_{0, picture.across.cells()},
          down_{0, picture.down.cells()} {}

    /// True when something was peeled. Each pair of sides once: behind the border of a dark picture
    /// a second pass would take the picture's own edge for another border.
    bool run() {
        bool rows = peel(down_, across_, width_, 1);
        const bool columns = peel(across_, down_, 1, width_);
        // Bars of another colour at the sides hide those above and below.
        if (columns && !rows) rows = peel(down_, across_, width_, 1);
        return rows || columns;
    }

    const Span& across() const { return across_; }
    const Span& down() const { return down_; }

private:
    struct Line {
        double mean = 0;
        double deviation = 0;
    };

    /// Statistics of one line of cells.
    Line line(std::size_t start, const Span& along, std::size_t step) const {
        std::uint64_t sum = 0;
        std::uint64_t squares = 0;
        for (std::size_t i = along.first; i < along.end; ++i) {
            const std::uint32_t cell = cells_[start + i * step];
            sum += cell;
            squares += cell * cell;
        }
        const auto count = static_cast<double>(along.size());
        const double mean = static_cast<double>(sum) / count;
        const double variance = static_cast<double>(squares) / count - mean * mean;
        return {mean, std::sqrt(std::max(variance, 0.0))};
    }

    /// How many lines, `stride` apart, look like the outermost one, from `from` in steps of
    /// `direction`.
    std::size_t even_lines(
        std::size_t from,
        std::ptrdiff_t direction,
        std::size_t count_max,
        const Span& along,
        std::size_t stride,
        std::size_t step
    ) const {
        const double outermost = line(from * stride, along, step).mean;
        std::size_t count = 0;
        auto at = static_cast<std::ptrdiff_t>(from);
        while (count < count_max) {
            const Line here = line(static_cast<std::size_t>(at) * stride, along, step);
            const bool alike = std::abs(here.mean - outermost) <= kMeanDifferenceMax;
            if (here.deviation > kDeviationMax || !alike) break;
            ++count;
            at += direction;
        }
        return count;
    }

    /// Peels both ends of `side`.
    bool peel(Span& side, const Span& along, std::size_t stride, std::size_t step) const {
        const std::size_t most = side.size() - 1;
        std::size_t before = even_lines(side.first, 1, most, along, stride, step);
        const std::size_t rest = most - before;
        std::size_t behind = even_lines(side.end - 1, -1, rest, along, stride, step);
        // The line behind the border shows some of it.
        if (before > 0) ++before;
        if (behind > 0) ++behind;
        if (before + behind == 0 || before + behind >= side.size()) return false;
        side.first += before;
        side.end -= behind;
        return true;
    }

    Bytes cells_;
    std::size_t width_;
    Span across_;
    Span down_;
};

AxisWindow window_of(const Axis& axis, const Span& span) {
    AxisWindow window;
    window.before = -static_cast<double>(span.first) / axis.extent();
    // The last cell may be cut, so that nothing behind it means its real end.
    if (span.end < axis.cells()) window.behind = static_cast<double>(span.end) / axis.extent() - 1;
    return window;
}

bool enough_remains(const AxisWindow& window) {
    return 1 + window.before + window.behind >= 0.25;
}

}  // namespace

std::optional<Inside> find_border(const GreyPicture& picture) {
    BorderFinder finder(picture);
    if (!finder.run()) return std::nullopt;
    const Inside inside{
        window_of(picture.across, finder.across()), window_of(picture.down, finder.down())};
    if (!enough_remains(inside.across) || !enough_remains(inside.down)) return std::nullopt;
    return inside;
}

}  // namespace cairn::fingerprint
