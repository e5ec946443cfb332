#include "fingerprint/query_set.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

namespace cairn::fingerprint {
namespace {

constexpr std::array<std::string_view, 3> kSetNames = {"upright", "turns", "wide"};

/// Tenths as people write them: "5", "2.5".
std::string tenths(int value) {
    if (value % 10 == 0) return fmt::format("{}", value / 10);
    const char* sign = value < 0 ? "-" : "";
    return fmt::format("{}{}.{}", sign, std::abs(value) / 10, std::abs(value) % 10);
}

/// "padded left and top 3.5 %", "padded 5 %".
std::string edged(std::string_view what, const VariantId& id) {
    constexpr std::array<std::string_view, 4> kSideNames = {"left", "right", "top", "bottom"};
    std::string text(what);
    bool first = true;
    for (std::size_t i = 0; i < kSideNames.size(); ++i) {
        if ((id.sides >> i & 1U) == 0) continue;
        text += first ? " " : " and ";
        text += kSideNames[i];
        first = false;
    }
    return text + ' ' + tenths(id.amount) + " %";
}

bool has_sides(VariantId::Kind kind) {
    return kind == VariantId::Kind::pad || kind == VariantId::Kind::crop;
}

}  // namespace

std::string_view name_of(QuerySet set) {
    return kSetNames[static_cast<std::size_t>(set)];
}

std::optional<QuerySet> query_set_from(std::string_view name) {
    for (std::size_t i = 0; i < kSetNames.size(); ++i) {
        if (kSetNames[i] == name) return static_cast<QuerySet>(i);
    }
    return std::nullopt;
}

std::uint32_t VariantId::packed() const {
    return static_cast<std::uint32_t>(kind) | std::uint32_t{sides} << 8U |
           std::uint32_t{static_cast<std::uint16_t>(amount)} << 16U;
}

std::optional<VariantId> VariantId::from_packed(std::uint32_t packed) {
    const std::uint32_t kind = packed & 0xFFU;
    if (kind > static_cast<std::uint32_t>(Kind::tilt)) return std::nullopt;
    VariantId id;
    id.kind = static_cast<Kind>(kind);
    id.sides = static_cast<std::uint8_t>(packed >> 8U);
    id.amount = static_cast<std::int16_t>(static_cast<std::uint16_t>(packed >> 16U));
    // All four have one form only: 0.
    constexpr std::uint8_t kSidesEnd = kLeft | kRight | kTop | kBottom;
    if (id.sides >= kSidesEnd || (id.sides != 0 && !has_sides(id.kind))) return std::nullopt;
    const bool turn_fits = id.amount >= 0 && static_cast<std::size_t>(id.amount) < kTurnCount;
    if (id.kind == Kind::turn && !turn_fits) return std::nullopt;
    return id;
}

std::string text_of(const VariantId& id) {
    using Kind = VariantId::Kind;
    switch (id.kind) {
        case Kind::record:
            return "record";
        case Kind::oriented:
            return "oriented";
        case Kind::complement:
            return "complement";
        case Kind::rendering:
            return "rendering";
        case Kind::turn:
            return std::string(name_of(static_cast<Turn>(id.amount)));
        case Kind::pad:
            return edged("padded", id);
        case Kind::crop:
            return edged("cropped", id);
        case Kind::trim:
            return id.amount == VariantId::kEvenTrim ? "border trimmed evenly" : "border trimmed";
        case Kind::tilt:
            return fmt::format("tilted {} degrees", tenths(id.amount));
    }
    return "";
}

}  // namespace cairn::fingerprint
