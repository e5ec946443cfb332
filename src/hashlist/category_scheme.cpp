#include "hashlist/category_scheme.h"

#include <array>

#include "base/text.h"

namespace cairn::hashlist {
namespace {

constexpr std::array<Category, 6> kUs20 = {{
    {0, "Non-Pertinent", Verdict::non_pertinent},
    {1, "Child Abuse Material (CAM)", Verdict::illegal},
    {2, "Child Exploitive (Non-CAM) / Age Difficult", Verdict::exploitive},
    {3, "CGI / Animation - Child Exploitive", Verdict::animated},
    {4, "Comparison Images", Verdict::comparison},
    {5, "Uncategorized", Verdict::uncategorized},
}};

constexpr std::array<Category, 6> kDhsCat = {{
    {0, "Uncategorized", Verdict::uncategorized},
    {1, "Child Exploitation (Illegal)", Verdict::illegal},
    {2, "Child Exploitation (Non-Illegal / Age Difficult)", Verdict::exploitive},
    {3, "CGI / Animation - Child Exploitive", Verdict::animated},
    {4, "Exemplar / Comparison (internal use only)", Verdict::comparison},
    {5, "Non-Pertinent", Verdict::non_pertinent},
}};

// The numeric codes of the United Kingdom are not confirmed: names only, never a verdict.
constexpr std::array<Category, 3> kUk = {{
    {std::nullopt, "A", std::nullopt},
    {std::nullopt, "B", std::nullopt},
    {std::nullopt, "C", std::nullopt},
}};

constexpr std::array<CategoryScheme, 3> kSchemes = {{
    {"us-2.0", "behaviour of public readers of VICS 2.0", Verdict::uncategorized, kUs20},
    {"dhs-cat",
     "behaviour of public readers of the older CAT-n codes",
     Verdict::uncategorized,
     kDhsCat},
    {"uk", "published glossary of grades; codes unconfirmed", Verdict::unmapped, kUk},
}};

}  // namespace

const Category* CategoryScheme::by_code(std::int64_t code) const {
    for (const Category& category : categories) {
        if (category.code == code) return &category;
    }
    return nullptr;
}

const Category* CategoryScheme::by_name(std::string_view category) const {
    const std::string wanted = lower_ascii(category);
    for (const Category& known : categories) {
        if (lower_ascii(known.name) == wanted) return &known;
    }
    return nullptr;
}

std::span<const CategoryScheme> category_schemes() {
    return kSchemes;
}

const CategoryScheme* find_scheme(std::string_view name) {
    for (const CategoryScheme& scheme : kSchemes) {
        if (scheme.name == name) return &scheme;
    }
    return nullptr;
}

std::string scheme_names() {
    std::string names;
    for (const CategoryScheme& scheme : kSchemes) {
        if (!names.empty()) names += ", ";
        names += scheme.name;
    }
    return names;
}

}  // namespace cairn::hashlist
