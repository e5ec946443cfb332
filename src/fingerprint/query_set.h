#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fingerprint/pdq.h"

namespace cairn::fingerprint {

/// Which versions of a picture are asked for. A list holds the hash of an original; a copy that
/// was turned, cropped or framed is found by asking for what the original may have looked like.
enum class QuerySet : std::uint8_t {
    upright,  ///< record, oriented, complement
    turns,    ///< also the seven other turns
    wide,     ///< also paddings, crops, tilts, and the picture without its border
};

std::string_view name_of(QuerySet set);
std::optional<QuerySet> query_set_from(std::string_view name);

/// How the picture that was asked for differs from the record.
struct VariantId {
    /// The values are stored in catalogues: never renumbered.
    enum class Kind : std::uint8_t {
        record = 0,
        oriented = 1,    ///< turned as the EXIF tag says
        complement = 2,  ///< photographic negative
        rendering = 3,   ///< transparency shown otherwise
        turn = 4,        ///< amount: the Turn
        pad = 5,         ///< edges repeated beyond the sides; amount: per mille of the side
        crop = 6,        ///< cut off at the sides; amount: per mille of the side
        trim = 7,        ///< even border cut away; amount: 0, or kEvenTrim
        tilt = 8,        ///< amount: tenths of a degree, clockwise above zero
    };

    /// The border cut at opposite sides alike.
    static constexpr std::int16_t kEvenTrim = 1;

    static constexpr std::uint8_t kLeft = 1;
    static constexpr std::uint8_t kRight = 2;
    static constexpr std::uint8_t kTop = 4;
    static constexpr std::uint8_t kBottom = 8;

    Kind kind = Kind::record;
    std::int16_t amount = 0;
    std::uint8_t sides = 0;  ///< of pad and crop: which, 0 for all four; else 0
    auto operator<=>(const VariantId&) const = default;

    /// For storing: the kind in the low 8 bits, then 8 bits of sides and 16 of the amount.
    std::uint32_t packed() const;
    /// Nothing for numbers that packed() never gives.
    static std::optional<VariantId> from_packed(std::uint32_t packed);
};

/// In words fit for a report: "record", "rotate90", "padded left 2.5 %", "tilted -1 degrees".
std::string text_of(const VariantId& id);

/// One version of a picture to ask for.
struct QueryVariant {
    VariantId id;
    PdqHash hash;
};

}  // namespace cairn::fingerprint
