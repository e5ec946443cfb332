#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hashlist/list_record.h"
#include "hashlist/text_source.h"

namespace cairn::hashlist {

/// What a column of separated values holds.
enum class Column : std::uint8_t {
    ignored,
    md5,
    sha1,
    sha256,
    sha512,
    pdq,
    photodna,
    pdq_quality,
    size,
    category,
    series,
    verdict,
    tags,
    baseline,
    signal_type,
    signal
};

/// How to read one file of separated values.
struct CsvDialect {
    std::string format;  ///< "csv", "icse", "threatexchange", "hma", "nsrl-v2"
    char separator = ',';
    bool has_header = true;
    /// Rows with too few or too many values are read as far as they go instead of refused.
    bool ragged_rows = false;
    std::vector<Column> columns;

    bool has(Column column) const;
};

/// Tells the dialect from a file's first line; nothing when no column of it names a fingerprint.
std::optional<CsvDialect> recognise_csv(std::string_view first_line);
/// ThreatExchange's file form without header: `indicator,descriptor id,time,tags`.
std::optional<CsvDialect> recognise_descriptor_rows(std::string_view first_line);

/// `type_of_64` tells what 64 hex digits are where the row itself does not.
Status read_csv(
    TextSource& source, const CsvDialect& dialect, HashType type_of_64, RecordSink& sink
);

/// What a name in a type column stands for: "md5", "HASH_PDQ", "video_sha256"; nothing for kinds
/// that are no hash of ours, such as "url".
std::optional<HashType> hash_type_from(std::string_view name);
/// Digests by their number of hex digits; nothing for other lengths.
std::optional<HashType> hash_type_by_length(std::size_t hex_digits, HashType type_of_64);

}  // namespace cairn::hashlist
