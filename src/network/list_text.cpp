#include "network/list_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "base/text.h"
#include "network/limits.h"

namespace cairn::network {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kMark = "\xEF\xBB\xBF";

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Takes the first line off `rest`.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

using TakeLine = std::function<Status(std::string_view, std::uint64_t)>;

/// Gives each line that says something.
Status for_each_line(std::string_view text, const TakeLine& take) {
    if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
    for (std::uint64_t number = 1; !text.empty(); ++number) {
        std::string_view line = take_line(text);
        if (line.size() > kLineBytesMax) {
            return fail(
                Errc::limit_exceeded, "line {}: longer than {} bytes", number, kLineBytesMax
            );
        }
        line = trim(line);
        if (line.empty() || line.starts_with('#')) continue;
        auto taken = take(line, number);
        if (!taken) return std::move(taken).error().with_context(fmt::format("line {}", number));
    }
    return ok();
}

std::optional<std::uint32_t> number_from(std::string_view text) {
    std::uint32_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

/// "64500" or "AS64500"; 0 where a source knows none.
std::optional<std::uint32_t> system_from(std::string_view text) {
    if (lower_ascii(text.substr(0, 2)) == "as") text.remove_prefix(2);
    return number_from(text);
}

Result<ClassSet> parse_classes(std::string_view words) {
    ClassSet classes;
    while (!(words = trim(words)).empty()) {
        const std::string_view word = words.substr(0, words.find_first_of(kBlanks));
        words.remove_prefix(word.size());
        const auto known = class_from(word);
        if (!known || !row_of(*known).from_lists) {
            return fail(
                Errc::invalid_argument,
                "\"{}\" is no class that a list may give; those are {}",
                printable(word),
                list_class_names()
            );
        }
        classes.insert(*known);
    }
    return classes;
}

Status read_network_line(
    std::string_view line, std::uint64_t number, ClassSet usual, RangeTableBuilder& into
) {
    const std::string_view what = line.substr(0, line.find_first_of(kBlanks));
    ClassSet classes = CAIRN_TRY(parse_classes(line.substr(what.size())));
    if (classes.empty()) classes = usual;
    if (classes.empty()) {
        return fail(
            Errc::invalid_argument, "names no class; name one behind it, or one for the whole list"
        );
    }
    if (lower_ascii(what.substr(0, 2)) == "as") {
        const auto system = system_from(what);
        if (!system || *system == 0) {
            return fail(Errc::invalid_argument, "\"{}\" is no number of a system", printable(what));
        }
        return into.add_system(*system, classes);
    }
    const AddressRange range = CAIRN_TRY(parse_range(what));
    Facts facts;
    facts.classes = classes;
    return into.add(range, facts, number);
}

struct ColumnName {
    Column column;
    std::string_view name;
};
constexpr std::array kColumnNames = {
    ColumnName{Column::network, "network"},
    ColumnName{Column::first, "first"},
    ColumnName{Column::last, "last"},
    ColumnName{Column::country, "country"},
    ColumnName{Column::system, "asn"},
    ColumnName{Column::operator_name, "operator"},
    ColumnName{Column::classes, "class"},
    ColumnName{Column::skipped, "-"},
};

char separator_of(std::string_view line) {
    const auto at = line.find_first_of("\t;,");
    return at == line.npos ? ',' : line[at];
}

/// The values of a line; a value in quotes may hold separators, and quotes doubled.
Result<std::vector<std::string>> split(std::string_view line, char separator) {
    std::vector<std::string> values(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool doubled = quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"';
        if (doubled) {
            values.back() += line[++i];
        } else if (c == '"' && (quoted || trim(values.back()).empty())) {
            quoted = !quoted;
        } else if (c == separator && !quoted) {
            values.emplace_back();
        } else {
            values.back() += c;
        }
    }
    if (quoted) return fail(Errc::invalid_argument, "a quoted value has no end");
    if (values.size() > kColumnsMax) {
        return fail(Errc::limit_exceeded, "more than {} values", kColumnsMax);
    }
    return values;
}

Status check_columns(const std::vector<Column>& columns) {
    const auto count = [&](Column column) {
        return std::count(columns.begin(), columns.end(), column);
    };
    const bool twice = std::any_of(columns.begin(), columns.end(), [&](Column column) {
        return column != Column::skipped && count(column) > 1;
    });
    const bool by_network = count(Column::network) == 1;
    const bool by_ends = count(Column::first) == 1 && count(Column::last) == 1;
    const bool by_either = count(Column::first) + count(Column::last) > 0;
    if (!twice && (by_network ? !by_either : by_ends)) return ok();
    return fail(
        Errc::invalid_argument,
        "the columns must hold network, or first and last, once; besides there may be country, "
        "asn, operator, class, and - for one to be skipped"
    );
}

/// An address, or an IPv4 address as a number.
Result<Address> parse_end(std::string_view text) {
    if (const auto number = number_from(text)) return Address::from_ipv4(*number);
    return parse_address(text);
}

/// The cut keeps whole characters.
std::string operator_from(std::string_view text) {
    std::string_view kept = text.substr(0, kOperatorBytesMax);
    while (!kept.empty() && !is_utf8(kept) && kept.size() + 4 > kOperatorBytesMax) {
        kept.remove_suffix(1);
    }
    return std::string(kept);
}

/// What one line of ranges says.
struct RangeLine {
    std::optional<AddressRange> network;
    std::optional<Address> first;
    std::optional<Address> last;
    Facts facts;
};

Status take_value(Column column, std::string_view value, RangeLine& line) {
    switch (column) {
        case Column::network:
            line.network = CAIRN_TRY(parse_range(value));
            return ok();
        case Column::first:
            line.first = CAIRN_TRY(parse_end(value));
            return ok();
        case Column::last:
            line.last = CAIRN_TRY(parse_end(value));
            return ok();
        case Column::country:
            line.facts.country = country_from(value).value_or(kNoCountry);
            return ok();
        case Column::system: {
            const auto system = system_from(value);
            if (!system && !value.empty() && value != "-") {
                return fail(
                    Errc::invalid_argument, "\"{}\" is no number of a system", printable(value)
                );
            }
            line.facts.system = system.value_or(0);
            return ok();
        }
        case Column::operator_name:
            if (!is_utf8(value)) return fail(Errc::invalid_argument, "operator is not UTF-8");
            line.facts.operator_name = operator_from(value);
            return ok();
        case Column::classes:
            line.facts.classes = CAIRN_TRY(parse_classes(value));
            return ok();
        case Column::skipped:
            return ok();
    }
    return ok();
}

Result<RangeLine> parse_line(
    const std::vector<std::string>& values, const std::vector<Column>& columns
) {
    RangeLine line;
    if (values.size() != columns.size()) {
        return fail(
            Errc::invalid_argument, "{} values for {} columns", values.size(), columns.size()
        );
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        CAIRN_TRY(take_value(columns[i], trim(values[i]), line));
    }
    return line;
}

class RangeReader {
public:
    RangeReader(std::vector<Column> columns, RangeTableBuilder& into)
        : columns_(std::move(columns)), into_(into) {}

    Status take(std::string_view line, std::uint64_t number) {
        const bool first = !std::exchange(begun_, true);
        if (first) separator_ = separator_of(line);
        const auto values = CAIRN_TRY(split(line, separator_));
        if (first && columns_.empty()) return take_heading(values);
        auto parsed = parse_line(values, columns_);
        // A heading that names the columns in other words.
        if (!parsed && first && !holds_address(values)) return ok();
        if (!parsed) return std::move(parsed).error();
        if (parsed->network) return into_.add(*parsed->network, parsed->facts, number);
        const AddressRange range = CAIRN_TRY(make_range(*parsed->first, *parsed->last));
        return into_.add(range, parsed->facts, number);
    }

private:
    Status take_heading(const std::vector<std::string>& values) {
        for (const std::string& value : values) {
            const auto column = column_from(lower_ascii(trim(value)));
            if (!column) {
                return fail(
                    Errc::invalid_argument,
                    "\"{}\" is no name of a column; say what the columns hold",
                    printable(value)
                );
            }
            columns_.push_back(*column);
        }
        return check_columns(columns_);
    }

    static bool holds_address(const std::vector<std::string>& values) {
        return std::any_of(values.begin(), values.end(), [](const std::string& value) {
            const std::string_view word = trim(value);
            return number_from(word) || parse_range(word);
        });
    }

    std::vector<Column> columns_;
    RangeTableBuilder& into_;
    char separator_ = ',';
    bool begun_ = false;
};

constexpr std::array<std::string_view, 12> kMonths = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// "Thu, 25 Jun 2026 04:33:59 GMT"
std::optional<UtcTime> parse_mail_date(std::string_view text) {
    constexpr std::size_t kLength = 29;
    if (text.size() != kLength || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) {
        return std::nullopt;
    }
    const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
    if (month == kMonths.end()) return std::nullopt;
    const auto time = parse_utc(fmt::format(
        "{}-{:02}-{}T{}Z",
        text.substr(12, 4),
        month - kMonths.begin() + 1,
        text.substr(5, 2),
        text.substr(17, 8)
    ));
    if (!time) return std::nullopt;
    return *time;
}

}  // namespace

Status read_networks(std::string_view text, ClassSet usual, RangeTableBuilder& into) {
    return for_each_line(text, [&](std::string_view line, std::uint64_t number) {
        line = trim(line.substr(0, line.find_first_of("#;")));
        return line.empty() ? ok() : read_network_line(line, number, usual, into);
    });
}

std::optional<Column> column_from(std::string_view name) {
    const auto* const found =
        std::find_if(kColumnNames.begin(), kColumnNames.end(), [&](const ColumnName& one) {
            return one.name == name;
        });
    if (found == kColumnNames.end()) return std::nullopt;
    return found->column;
}

Result<std::vector<Column>> parse_columns(std::string_view text) {
    const auto names = CAIRN_TRY(split(text, ','));
    std::vector<Column> columns;
    for (const std::string& name : names) {
        const auto column = column_from(trim(name));
        if (!column) {
            return fail(Errc::invalid_argument, "\"{}\" is no name of a column", printable(name));
        }
        columns.push_back(*column);
    }
    CAIRN_TRY(check_columns(columns));
    return columns;
}

Status read_ranges(
    std::string_view text, const std::vector<Column>& columns, RangeTableBuilder& into
) {
    RangeReader reader(columns, into);
    return for_each_line(text, [&](std::string_view line, std::uint64_t number) {
        return reader.take(line, number);
    });
}

std::optional<UtcTime> generated_at(std::string_view text) {
    constexpr std::string_view kWord = "Generated:";
    while (text.starts_with('#')) {
        const std::string_view line = trim(take_line(text).substr(1));
        if (line.starts_with(kWord)) return parse_mail_date(trim(line.substr(kWord.size())));
    }
    return std::nullopt;
}

}  // namespace cairn::network
