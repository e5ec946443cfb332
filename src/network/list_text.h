#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utc_time.h"
#include "network/range_table.h"

namespace cairn::network {

// The text formats of lists: UTF-8, lines end with LF or CRLF, a line that begins with `#` is a
// comment. The first line that cannot be understood refuses the whole list: a list of which a part
// is wrong says wrong things of people. Errc::invalid_argument names the line, the reason and the
// cure.

/// One network, address, range or autonomous system ("AS64500") a line, and behind it classes by
/// their names; `usual` where a line names none. `#` and `;` begin a comment anywhere.
Status read_networks(std::string_view text, ClassSet usual, RangeTableBuilder& into);

/// What a column of a list of ranges holds.
enum class Column : std::uint8_t {
    network,        ///< "192.0.2.0/24"
    first,          ///< an address, or an IPv4 address as a decimal number
    last,           ///< the same
    country,        ///< two letters
    system,         ///< "64500" or "AS64500"
    operator_name,  ///< of the autonomous system
    classes,        ///< names of classes, separated by blanks
    skipped,
};

/// "network", "first", "last", "country", "asn", "operator", "class"; "-" for skipped.
std::optional<Column> column_from(std::string_view name);
/// Reads "first,last,country". Errc::invalid_argument unless they name each range once.
Result<std::vector<Column>> parse_columns(std::string_view text);

/// Values separated by commas, semicolons or tabs, in quotes where they hold one. Without
/// `columns` the first line names them; with them a first line without an address is a heading
/// and passed over.
Status read_ranges(
    std::string_view text, const std::vector<Column>& columns, RangeTableBuilder& into
);

/// When a list was made by its own words, as those of tor-geoipdb have them in a comment:
/// "# Generated: Thu, 25 Jun 2026 04:33:59 GMT".
std::optional<UtcTime> generated_at(std::string_view text);

}  // namespace cairn::network
