#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::config {

inline constexpr std::size_t kDocumentBytesMax = 1U << 20U;
/// Dots and brackets outside of comment lines: each nests at most one level, and tables are
/// destroyed by recursion.
inline constexpr std::size_t kNestingMarksMax = 1000;
/// Levels that are kept; deeper values are left out.
inline constexpr int kDepthMax = 6;
inline constexpr std::size_t kSyntaxProblemsMax = 20;

/// Where something stands in a file; both count from 1. Columns count characters.
struct Place {
    unsigned line = 0;
    unsigned column = 0;
    auto operator<=>(const Place&) const = default;
};

struct Member;

/// A value of a TOML document. Dates and times are kept as nothing but their kind.
struct Node {
    enum class Kind : std::uint8_t { table, array, text, whole_number, decimal, truth, time };

    Kind kind = Kind::table;
    Place place;
    std::string text;
    std::int64_t number = 0;
    std::vector<Member> members;  ///< of a table
    std::vector<Node> elements;   ///< of an array
};

struct Member {
    std::string key;
    Place place;
    Node value;
};

struct SyntaxProblem {
    Place place;
    std::string reason;
};

/// What a text says as far as it can be read, and what cannot be read.
struct Document {
    Node root;
    std::vector<SyntaxProblem> problems;  ///< empty: the whole text was read
};

/// Reads TOML 1.0 (toml++). A line that cannot be read is left out, with its section when it is
/// the head of one, and the rest is read, so that all mistakes are found at once. O(n) for each
/// problem, of which there are at most kSyntaxProblemsMax.
Document parse_document(std::string_view text);

}  // namespace cairn::config
