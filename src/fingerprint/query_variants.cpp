#include "fingerprint/query_variants.h"

#include <algorithm>
#include <utility>

#include "fingerprint/border.h"
#include "fingerprint/pdq_transform.h"

namespace cairn::fingerprint {
namespace {

using Kind = VariantId::Kind;

constexpr std::uint32_t kSideMin = 5;

constexpr std::uint8_t kLeft = VariantId::kLeft;
constexpr std::uint8_t kRight = VariantId::kRight;
constexpr std::uint8_t kTop = VariantId::kTop;
constexpr std::uint8_t kBottom = VariantId::kBottom;

/// Paddings and crops (docs/accuracy.md says what they find). Padding a cropped copy by about as
/// much as it lost brings PDQ's bits back; cutting finds copies to which something was added:
/// narrow borders on all sides, broader bars on one. Those that show the same rows stand together,
/// for these are sampled once.
constexpr std::array<VariantId, 31> kEdges = {{
    {Kind::pad, 25, kLeft},
    {Kind::pad, 25, kRight},
    {Kind::pad, 50, kLeft},
    {Kind::pad, 50, kRight},
    {Kind::pad, 111, kLeft},
    {Kind::pad, 111, kRight},
    {Kind::pad, 35, kLeft | kRight},
    {Kind::crop, 75, kLeft},
    {Kind::crop, 75, kRight},
    {Kind::pad, 35, kTop | kLeft},
    {Kind::pad, 35, kTop | kRight},
    {Kind::pad, 35, kBottom | kLeft},
    {Kind::pad, 35, kBottom | kRight},
    {Kind::pad, 35, kTop | kBottom},
    {Kind::pad, 25, kTop},
    {Kind::pad, 25, kBottom},
    {Kind::pad, 50, kTop},
    {Kind::pad, 50, kBottom},
    {Kind::pad, 111, kTop},
    {Kind::pad, 111, kBottom},
    {Kind::crop, 75, kTop},
    {Kind::crop, 75, kBottom},
    {Kind::pad, 10},
    {Kind::pad, 20},
    {Kind::pad, 28},
    {Kind::pad, 40},
    {Kind::pad, 56},
    {Kind::pad, 88},
    {Kind::crop, 10},
    {Kind::crop, 25},
    {Kind::crop, 50},
}};

/// An angle in tenths of a degree with its sine and cosine, written down so that no mathematical
/// library can make two machines differ.
struct Tilt {
    std::int16_t tenths;
    double sine;
    double cosine;
};
constexpr std::array<Tilt, 4> kTilts = {{
    {-30, -0.052335956242943828, 0.99862953475457383},
    {-12, -0.020942419883356957, 0.9997806834748455},
    {12, 0.020942419883356957, 0.9997806834748455},
    {30, 0.052335956242943828, 0.99862953475457383},
}};

class VariantCollector {
public:
    explicit VariantCollector(const GreyPicture& picture) : picture_(picture), sampler_(picture) {}

    void add_turns() {
        std::array<PdqPair, 4> orders;
        // Those that are not mirrored downwards last: what follows begins with that window.
        for (const std::size_t order : {2U, 3U, 0U, 1U}) {
            const AxisWindow across{.mirrored = order % 2 == 1};
            const AxisWindow down{.mirrored = order >= 2};
            orders[order] = pdq_hash_matrix(sampler_.window(across, down));
        }
        const auto turns = arrange_turns(orders);
        for (std::size_t i = 1; i < kTurnCount; ++i) {
            out_.push_back({{Kind::turn, static_cast<std::int16_t>(i)}, turns[i]});
        }
    }

    void add_edges() {
        for (const VariantId& id : kEdges) {
            const double part = (id.kind == Kind::pad ? id.amount : -id.amount) / 1000.0;
            const auto at = [&](std::uint8_t side) {
                return id.sides == 0 || (id.sides & side) != 0 ? part : 0;
            };
            add(id,
                {.before = at(kLeft), .behind = at(kRight)},
                {.before = at(kTop), .behind = at(kBottom)});
        }
    }

    void add_tilts() {
        for (const Tilt& tilt : kTilts) {
            const PdqMatrix matrix = sampler_.tilted(tilt.sine, tilt.cosine);
            out_.push_back({{Kind::tilt, tilt.tenths}, pdq_hash_matrix(matrix).as_is});
        }
    }

    void add_trimmed() {
        const auto inside = find_border(picture_);
        if (!inside) return;
        add({Kind::trim}, inside->across, inside->down);
        // Borders are mostly even; an edge of the picture that looks like one is mostly not.
        const AxisWindow across = even(inside->across);
        const AxisWindow down = even(inside->down);
        if (across == inside->across && down == inside->down) return;
        add({Kind::trim, VariantId::kEvenTrim}, across, down);
    }

    std::vector<QueryVariant> take() { return std::move(out_); }

private:
    /// The same cut at both ends: the smaller one.
    static AxisWindow even(const AxisWindow& window) {
        const double cut = std::max(window.before, window.behind);
        return {.before = cut, .behind = cut};
    }

    void add(const VariantId& id, const AxisWindow& across, const AxisWindow& down) {
        out_.push_back({id, pdq_hash_matrix(sampler_.window(across, down)).as_is});
    }

    const GreyPicture& picture_;
    VariantSampler sampler_;
    std::vector<QueryVariant> out_;
};

}  // namespace

std::vector<QueryVariant> query_variants(const GreyPicture& picture, QuerySet set) {
    if (set == QuerySet::upright) return {};
    if (picture.across.length < kSideMin || picture.down.length < kSideMin) return {};
    VariantCollector collector(picture);
    collector.add_turns();
    if (set == QuerySet::wide) {
        collector.add_edges();
        collector.add_tilts();
        collector.add_trimmed();
    }
    return collector.take();
}

ByteVector luma_of(const PixelView& picture) {
    const std::size_t count = std::size_t{picture.width} * picture.height;
    if (picture.channels == 1) return {picture.pixels.begin(), picture.pixels.end()};
    ByteVector luma(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* pixel = picture.pixels.data() + 3 * i;
        // 0.299, 0.587 and 0.114 of 2^16.
        const std::uint32_t sum = 19595U * pixel[0] + 38470U * pixel[1] + 7471U * pixel[2];
        luma[i] = static_cast<std::uint8_t>((sum + 32768U) >> 16U);
    }
    return luma;
}

}  // namespace cairn::fingerprint
