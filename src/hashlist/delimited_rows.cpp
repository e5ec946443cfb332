#include "hashlist/delimited_rows.h"

#include <algorithm>

namespace cairn::hashlist {
namespace {

/// Whether a quoted value is open at the end of `line`, given whether one was at its start.
bool ends_inside_quotes(std::string_view line, char separator, bool inside) {
    bool value_start = true;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (inside && c == '"') {
            const bool closes = i + 1 == line.size() || line[i + 1] == separator;
            if (closes) {
                inside = false;
            } else if (line[i + 1] == '"') {
                ++i;
            }
        } else if (!inside && c == '"' && value_start) {
            inside = true;
        }
        value_start = !inside && c == separator;
    }
    return inside;
}

}  // namespace

Status DelimitedRows::join_quoted_lines(std::string_view first) {
    joined_ = first;
    bool inside = ends_inside_quotes(first, separator_, false);
    while (inside) {
        const auto more = CAIRN_TRY(lines_.next());
        if (!more || more->too_long || joined_.size() + more->text.size() > kRowBytesMax) {
            return fail(
                Errc::corrupt_data, "{}: a quoted value has no closing quote", lines_.path()
            );
        }
        joined_ += '\n';
        joined_ += more->text;
        inside = ends_inside_quotes(more->text, separator_, inside);
    }
    return ok();
}

bool DelimitedRows::split(std::string_view line) {
    fields_.clear();
    while (fields_.size() < kFieldsMax) {
        const auto end = line.find(separator_);
        fields_.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return true;
        line.remove_prefix(end + 1);
    }
    return false;
}

bool DelimitedRows::split_quoted(std::string_view line) {
    fields_.clear();
    unquoted_.clear();
    unquoted_.reserve(line.size());  // views into it stay valid
    std::size_t at = 0;
    while (fields_.size() < kFieldsMax) {
        const std::size_t start = unquoted_.size();
        if (at < line.size() && line[at] == '"') {
            for (++at; at < line.size(); ++at) {
                const bool quote = line[at] == '"';
                const bool last = at + 1 == line.size();
                if (quote && (last || line[at + 1] == separator_)) break;
                if (quote && line[at + 1] == '"') ++at;
                unquoted_ += line[at];
            }
            ++at;
        } else {
            const auto end = std::min(line.find(separator_, at), line.size());
            unquoted_ += line.substr(at, end - at);
            at = end;
        }
        fields_.push_back(std::string_view(unquoted_).substr(start));
        if (at >= line.size()) return true;
        ++at;  // the separator
    }
    return false;
}

Result<std::optional<DelimitedRows::Row>> DelimitedRows::next() {
    while (true) {
        const auto line = CAIRN_TRY(lines_.next());
        if (!line) return std::optional<Row>();
        Row row{{}, {line->number, line->offset}, line->too_long};
        if (!row.over_limit) {
            if (line->text.find_first_not_of(" \t") == std::string_view::npos) continue;
            bool within_limits = true;
            if (line->text.find('"') == std::string_view::npos) {
                joined_ = line->text;
                within_limits = split(joined_);
            } else {
                CAIRN_TRY(join_quoted_lines(line->text));
                within_limits = split_quoted(joined_);
            }
            row.over_limit = !within_limits;
            if (within_limits) row.fields = fields_;
        }
        return std::optional<Row>(row);
    }
}

char separator_of(std::string_view header) {
    char best = ',';
    auto best_count = std::count(header.begin(), header.end(), best);
    for (const char candidate : {';', '\t'}) {
        const auto count = std::count(header.begin(), header.end(), candidate);
        if (count > best_count) {
            best = candidate;
            best_count = count;
        }
    }
    return best;
}

std::vector<std::string> split_header(std::string_view line, char separator) {
    std::vector<std::string> names;
    while (true) {
        const auto end = line.find(separator);
        std::string_view name = trim(line.substr(0, end));
        if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
            name = name.substr(1, name.size() - 2);
        }
        names.emplace_back(name);
        if (end == std::string_view::npos) return names;
        line.remove_prefix(end + 1);
    }
}

}  // namespace cairn::hashlist
