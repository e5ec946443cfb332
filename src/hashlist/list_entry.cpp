#include "hashlist/list_entry.h"

#include <array>
#include <cstddef>

namespace cairn::hashlist {
namespace {

constexpr std::array<std::string_view, 3> kKindNames = {"illegal", "indicative", "ignore"};
constexpr std::array<std::string_view, 9> kVerdictNames = {
    "illegal",
    "exploitive",
    "animated",
    "unmapped",
    "alert",
    "comparison",
    "uncategorized",
    "non_pertinent",
    "ignorable"};

template <typename Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(ListKind kind) {
    return kKindNames.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(Verdict verdict) {
    return kVerdictNames.at(static_cast<std::size_t>(verdict));
}

std::optional<ListKind> list_kind_from(std::string_view name) {
    return find_name<ListKind>(kKindNames, name);
}

std::optional<Verdict> verdict_from(std::string_view name) {
    return find_name<Verdict>(kVerdictNames, name);
}

Weight weight_of(ListKind kind, Verdict verdict) {
    if (kind == ListKind::ignore) return Weight::ignored;
    switch (verdict) {
        case Verdict::non_pertinent:
        case Verdict::ignorable:
            return Weight::ignored;
        case Verdict::alert:
        case Verdict::comparison:
        case Verdict::uncategorized:
            return Weight::indicative;
        case Verdict::illegal:
        case Verdict::exploitive:
        case Verdict::animated:
        case Verdict::unmapped:
            break;
    }
    return kind == ListKind::illegal ? Weight::counts : Weight::indicative;
}

}  // namespace cairn::hashlist
