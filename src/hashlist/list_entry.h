#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::hashlist {

/// What a whole list is for.
enum class ListKind : std::uint8_t {
    illegal,     ///< entries count by their verdict
    indicative,  ///< legal material that matters only beside illegal material
    ignore,      ///< known good; lowers the order of work, never hides another match
};

/// What a scheme's table makes of a category, in order of precedence (first wins when several
/// lists name one file).
enum class Verdict : std::uint8_t {
    illegal,
    exploitive,
    animated,
    unmapped,
    alert,
    comparison,
    uncategorized,
    non_pertinent,
    ignorable
};

std::string_view name_of(ListKind kind);
std::string_view name_of(Verdict verdict);
std::optional<ListKind> list_kind_from(std::string_view name);
std::optional<Verdict> verdict_from(std::string_view name);

/// What a match counts as, from the kind of its list and the entry's verdict.
enum class Weight : std::uint8_t {
    counts,      ///< a match in its own right
    indicative,  ///< shown beside matches that count, never alone
    ignored,     ///< known good
};
Weight weight_of(ListKind kind, Verdict verdict);

/// One known file or picture, as its list describes it.
struct ListEntry {
    std::uint32_t id = 0;  ///< position in the files of its list version; a merge changes it
    /// The same for this entry in every version of its list in this installation: 64 bits of a
    /// keyed function of the row.
    std::uint64_t reference = 0;
    Verdict verdict = Verdict::unmapped;
    std::optional<std::int64_t> category;  ///< the list's own code, exactly as read
    std::string category_name;             ///< from the scheme's table, or the list's own word
    std::string series;
    std::optional<std::uint64_t> size_bytes;
    std::optional<int> pdq_quality;
};

}  // namespace cairn::hashlist
