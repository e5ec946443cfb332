#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hashlist/list_record.h"
#include "hashlist/text_source.h"

namespace cairn::hashlist {

/// Reads rows of separated values (RFC 4180): quoted values may hold separators, doubled quotes
/// and line ends. A lone quote inside a value is taken literally, as some producers write it.
class DelimitedRows {
public:
    /// A quoted value over this is a lost closing quote: what follows cannot be told apart.
    static constexpr std::size_t kRowBytesMax = 1U << 20U;
    static constexpr std::size_t kFieldsMax = 1024;

    struct Row {
        std::span<const std::string_view> fields;  ///< valid until the next call of next()
        RowPosition position;
        bool over_limit;  ///< a line or its number of values is too long; no fields
    };

    DelimitedRows(LineReader& lines, char separator) : lines_(lines), separator_(separator) {}
    /// Nothing at the end; blank lines are passed over. Errc::corrupt_data when a quoted value
    /// has no end.
    Result<std::optional<Row>> next();

private:
    Status join_quoted_lines(std::string_view first);
    bool split(std::string_view line);
    bool split_quoted(std::string_view line);

    LineReader& lines_;
    char separator_;
    std::string joined_;
    std::string unquoted_;
    std::vector<std::string_view> fields_;
};

/// The separator (comma, semicolon or tab) that stands most often in a header line.
char separator_of(std::string_view header);

/// Splits one line, for looking at headers.
std::vector<std::string> split_header(std::string_view line, char separator);

}  // namespace cairn::hashlist
