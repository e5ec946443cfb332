#include "config/toml_document.h"

#include <algorithm>
#include <optional>
#include <set>

#include <toml++/toml.h>

#include "base/text.h"

namespace cairn::config {
namespace {

constexpr std::size_t kReasonBytesMax = 200;

Place place_of(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

Node convert(const toml::node& node, int depth);

Node convert_table(const toml::table& table, int depth) {
    Node out;
    if (depth >= kDepthMax) return out;
    for (const auto& [key, value] : table) {
        out.members.push_back(
            {std::string(key.str()), place_of(key.source()), convert(value, depth + 1)}
        );
    }
    return out;
}

Node convert_array(const toml::array& array, int depth) {
    Node out;
    out.kind = Node::Kind::array;
    if (depth >= kDepthMax) return out;
    for (const toml::node& element : array) out.elements.push_back(convert(element, depth + 1));
    return out;
}

Node convert_value(const toml::node& node) {
    Node out;
    if (const auto* text = node.as_string()) {
        out.kind = Node::Kind::text;
        out.text = text->get();
    } else if (const auto* number = node.as_integer()) {
        out.kind = Node::Kind::whole_number;
        out.number = number->get();
    } else if (node.is_floating_point()) {
        out.kind = Node::Kind::decimal;
    } else if (node.is_boolean()) {
        out.kind = Node::Kind::truth;
    } else {
        out.kind = Node::Kind::time;
    }
    return out;
}

Node convert(const toml::node& node, int depth) {
    Node out;
    if (const auto* table = node.as_table()) {
        out = convert_table(*table, depth);
    } else if (const auto* array = node.as_array()) {
        out = convert_array(*array, depth);
    } else {
        out = convert_value(node);
    }
    out.place = place_of(node.source());
    return out;
}

/// A text whose lines can be blanked without moving the others.
class Lines {
public:
    explicit Lines(std::string_view text) : text_(text) {
        begins_.push_back(0);
        for (std::size_t i = 0; i < text_.size(); ++i) {
            if (text_[i] == '\n') begins_.push_back(i + 1);
        }
    }

    const std::string& text() const { return text_; }
    std::size_t count() const { return begins_.size(); }
    /// Line `index` from 0, without its end.
    std::string_view line(std::size_t index) const {
        const bool last = index + 1 == begins_.size();
        const std::size_t end = last ? text_.size() : begins_[index + 1] - 1;
        return std::string_view(text_).substr(begins_[index], end - begins_[index]);
    }
    char first_character(std::size_t index) const {
        const std::string_view text = line(index);
        const auto first = text.find_first_not_of(" \t\r");
        return first == text.npos ? ' ' : text[first];
    }
    /// Line `index`, and the section below it when it is the head of one.
    void blank(std::size_t index) {
        const bool head = first_character(index) == '[';
        blank_line(index);
        while (head && ++index < count() && first_character(index) != '[') blank_line(index);
    }

private:
    void blank_line(std::size_t index) {
        const std::size_t length = line(index).size();
        std::fill_n(text_.begin() + static_cast<std::ptrdiff_t>(begins_[index]), length, ' ');
    }

    std::string text_;
    std::vector<std::size_t> begins_;
};

bool nests_too_much(const Lines& lines) {
    std::size_t marks = 0;
    for (std::size_t i = 0; i < lines.count(); ++i) {
        if (lines.first_character(i) == '#') continue;
        const auto is_mark = [](char c) { return c == '.' || c == '[' || c == '{'; };
        marks += static_cast<std::size_t>(std::ranges::count_if(lines.line(i), is_mark));
    }
    return marks > kNestingMarksMax;
}

std::optional<SyntaxProblem> read_into(Node& root, const std::string& text) {
    try {
        root = convert(toml::parse(text), 0);
        return std::nullopt;
    } catch (const toml::parse_error& error) {
        std::string reason = printable(error.description().substr(0, kReasonBytesMax));
        constexpr std::string_view kPrefix = "Error while parsing ";
        if (reason.starts_with(kPrefix)) reason.erase(0, kPrefix.size());
        return SyntaxProblem{place_of(error.source()), "not TOML: " + reason};
    }
}

/// Blanks the lines that are not UTF-8.
void check_encoding(Lines& lines, std::vector<SyntaxProblem>& problems) {
    for (std::size_t i = 0; i < lines.count() && problems.size() < kSyntaxProblemsMax; ++i) {
        if (is_utf8(lines.line(i))) continue;
        problems.push_back({{static_cast<unsigned>(i + 1), 1}, "the line is not UTF-8"});
        lines.blank(i);
    }
}

Document refused(std::string reason) {
    Document document;
    document.problems.push_back({{1, 1}, std::move(reason)});
    return document;
}

}  // namespace

Document parse_document(std::string_view text) {
    if (text.size() > kDocumentBytesMax) return refused("the file is larger than 1 MiB");
    Lines lines(text);
    if (nests_too_much(lines)) {
        return refused("more than 1,000 dots and brackets: this is no configuration");
    }
    Document document;
    check_encoding(lines, document.problems);
    std::set<std::size_t> blanked;
    while (document.problems.size() < kSyntaxProblemsMax) {
        auto problem = read_into(document.root, lines.text());
        if (!problem) break;
        const std::size_t line = std::clamp<std::size_t>(problem->place.line, 1, lines.count()) - 1;
        // Something reaches over the lines, such as an open quotation: no more can be told.
        if (!blanked.insert(line).second) break;
        document.problems.push_back(*std::move(problem));
        lines.blank(line);
    }
    return document;
}

}  // namespace cairn::config
