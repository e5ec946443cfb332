#include "hashlist/csv_reader.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "base/text.h"
#include "hashlist/delimited_rows.h"

namespace cairn::hashlist {
namespace {

struct ColumnName {
    std::string_view name;
    Column column;
};

/// Lower case without blanks, '-' and '_'.
constexpr std::array kColumnNames = {
    ColumnName{"md5", Column::md5},
    ColumnName{"sha1", Column::sha1},
    ColumnName{"sha256", Column::sha256},
    ColumnName{"sha512", Column::sha512},
    ColumnName{"pdq", Column::pdq},
    ColumnName{"photodna", Column::photodna},
    ColumnName{"pdqquality", Column::pdq_quality},
    ColumnName{"quality", Column::pdq_quality},
    ColumnName{"size", Column::size},
    ColumnName{"filesize", Column::size},
    ColumnName{"mediasize", Column::size},
    ColumnName{"category", Column::category},
    ColumnName{"series", Column::series},
    ColumnName{"seriesname", Column::series},
    ColumnName{"verdict", Column::verdict},
    ColumnName{"tags", Column::tags},
    ColumnName{"baseline", Column::baseline},
    ColumnName{"signaltype", Column::signal_type},
    ColumnName{"signalstr", Column::signal},
};

Column column_of(std::string_view name) {
    std::string plain = lower_ascii(trim(name));
    std::erase_if(plain, [](char c) { return c == ' ' || c == '-' || c == '_'; });
    for (const ColumnName& known : kColumnNames) {
        if (known.name == plain) return known.column;
    }
    return Column::ignored;
}

bool names_a_hash(Column column) {
    return column == Column::md5 || column == Column::sha1 || column == Column::sha256 ||
           column == Column::sha512 || column == Column::pdq || column == Column::signal;
}

std::optional<HashType> hash_type_of(Column column) {
    switch (column) {
        case Column::md5:
            return HashType::md5;
        case Column::sha1:
            return HashType::sha1;
        case Column::sha256:
            return HashType::sha256;
        case Column::sha512:
            return HashType::sha512;
        case Column::pdq:
            return HashType::pdq;
        case Column::photodna:
            return HashType::photodna;
        default:
            return std::nullopt;
    }
}

bool has_word(std::string_view text, std::string_view word) {
    while (!text.empty()) {
        const auto end = text.find(' ');
        if (text.substr(0, end) == word) return true;
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return false;
}

/// Turns rows into records by the dialect's columns.
class RowParser {
public:
    RowParser(const CsvDialect& dialect, HashType type_of_64, RecordSink& sink)
        : dialect_(dialect),
          type_of_64_(type_of_64),
          exchange_(dialect.format == "threatexchange"),
          sink_(sink) {}

    Status take(const DelimitedRows::Row& row) {
        if (row.over_limit) {
            sink_.refuse(row.position, "limit");
            return ok();
        }
        if (row.fields.size() != dialect_.columns.size()) {
            if (!dialect_.ragged_rows) {
                sink_.refuse(row.position, "columns");
                return ok();
            }
            sink_.warn("columns");
        }
        record_.clear();
        record_.position = row.position;
        type_ = std::nullopt;
        signal_ = {};
        type_named_ = false;
        disputed_ = false;
        negative_ = false;
        if (dialect_.has(Column::baseline)) take_baseline("");  // the row may be too short
        const std::size_t count = std::min(row.fields.size(), dialect_.columns.size());
        for (std::size_t i = 0; i < count; ++i) take_value(dialect_.columns[i], row.fields[i]);
        if (negative_) {
            sink_.skip("negative_class");
            return ok();
        }
        if (type_named_ && !type_) {
            sink_.skip("skipped_type");
            return ok();
        }
        take_signal();
        if (disputed_) record_.verdict = Verdict::unmapped;
        return sink_.accept(record_);
    }

private:
    void take_value(Column column, std::string_view text) {
        if (const auto type = hash_type_of(column)) {
            take_hash(record_, *type, text, sink_);
            return;
        }
        switch (column) {
            case Column::size:
                take_size(record_, text, sink_);
                return;
            case Column::series:
                record_.series = trim(text);
                return;
            case Column::category:
                take_category_value(trim(text));
                return;
            case Column::pdq_quality:
                take_quality(trim(text));
                return;
            case Column::verdict:
                take_verdict(trim(text));
                return;
            case Column::tags:
                disputed_ |= exchange_ && has_word(text, "disputed");
                return;
            case Column::baseline:
                take_baseline(text);
                return;
            case Column::signal:
                signal_ = trim(text);
                return;
            case Column::signal_type:
                type_named_ = true;
                type_ = hash_type_from(text);
                return;
            default:
                return;
        }
    }

    /// ThreatExchange states an opinion, not a category: only the first class stands for the
    /// category the operator names.
    void take_category_value(std::string_view text) {
        if (!exchange_) {
            take_category(record_, text);
        } else if (text == "NEGATIVE_CLASS") {
            negative_ = true;
        } else if (text != "POSITIVE_CLASS" && !text.empty()) {
            record_.category_name = text;
            disputed_ = true;
        }
    }

    void take_quality(std::string_view text) {
        if (text.empty()) return;
        const auto quality = whole_number(text);
        if (quality && *quality >= 0 && *quality <= 100) {
            record_.pdq_quality = static_cast<int>(*quality);
        } else {
            sink_.warn("bad_quality");
        }
    }

    void take_verdict(std::string_view text) {
        if (text.empty()) return;
        record_.verdict = verdict_from(lower_ascii(text));
        if (!record_.verdict) sink_.warn("bad_verdict");
    }

    /// INTERPOL's baseline is a criterion of its own: what meets it is illegal everywhere.
    void take_baseline(std::string_view text) {
        const auto flag = flag_value(text);
        if (!flag && !trim(text).empty()) sink_.warn("bad_flag");
        const bool baseline = flag.value_or(false);
        record_.verdict = baseline ? Verdict::illegal : Verdict::exploitive;
        record_.category_name = baseline ? "ICSE baseline" : "ICSE";
    }

    void take_signal() {
        if (signal_.empty()) return;
        const auto type = type_ ? type_ : hash_type_by_length(signal_.size(), type_of_64_);
        if (type) {
            take_hash(record_, *type, signal_, sink_);
        } else {
            sink_.warn("bad_hash");
        }
    }

    const CsvDialect& dialect_;
    HashType type_of_64_;
    bool exchange_;
    RecordSink& sink_;
    ListRecord record_;
    std::optional<HashType> type_;
    std::string_view signal_;
    bool type_named_ = false;
    bool disputed_ = false;
    bool negative_ = false;
};

bool has_column(const std::vector<std::string>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& known) {
        return lower_ascii(known) == name;
    });
}

}  // namespace

bool CsvDialect::has(Column column) const {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::optional<HashType> hash_type_from(std::string_view name) {
    std::string plain = lower_ascii(trim(name));
    for (const std::string_view prefix : {"hash_", "video_"}) {
        if (plain.starts_with(prefix)) plain.erase(0, prefix.size());
    }
    if (plain == "md5") return HashType::md5;
    if (plain == "sha1") return HashType::sha1;
    if (plain == "sha256") return HashType::sha256;
    if (plain == "pdq") return HashType::pdq;
    if (plain == "photodna" || plain == "pdna") return HashType::photodna;
    return std::nullopt;
}

std::optional<HashType> hash_type_by_length(std::size_t hex_digits, HashType type_of_64) {
    switch (hex_digits) {
        case 32:
            return HashType::md5;
        case 40:
            return HashType::sha1;
        case 64:
            return type_of_64;
        case 128:
            return HashType::sha512;
        default:
            return std::nullopt;
    }
}

std::optional<CsvDialect> recognise_csv(std::string_view first_line) {
    CsvDialect dialect;
    dialect.separator = separator_of(first_line);
    const std::vector<std::string> names = split_header(first_line, dialect.separator);
    for (const std::string& name : names) dialect.columns.push_back(column_of(name));
    if (has_column(names, "type") && has_column(names, "value")) {
        dialect.format = "hma";
        for (std::size_t i = 0; i < names.size(); ++i) {
            const std::string name = lower_ascii(names[i]);
            if (name == "type") dialect.columns[i] = Column::signal_type;
            if (name == "value") dialect.columns[i] = Column::signal;
        }
        return dialect;
    }
    if (dialect.has(Column::signal_type) && dialect.has(Column::signal)) {
        dialect.format = "threatexchange";
        return dialect;
    }
    const bool names_hash =
        std::any_of(dialect.columns.begin(), dialect.columns.end(), names_a_hash);
    if (!names_hash) return std::nullopt;
    if (has_column(names, "crc32") && has_column(names, "specialcode")) {
        dialect.format = "nsrl-v2";
    } else if (dialect.has(Column::baseline) && has_column(names, "image id")) {
        dialect.format = "icse";
        dialect.ragged_rows = true;
    } else {
        dialect.format = "csv";
        std::replace(
            dialect.columns.begin(), dialect.columns.end(), Column::baseline, Column::ignored
        );
    }
    return dialect;
}

std::optional<CsvDialect> recognise_descriptor_rows(std::string_view first_line) {
    const std::vector<std::string> values = split_header(first_line, ',');
    if (values.size() < 4 || values.size() > 5) return std::nullopt;
    if (!hash_type_by_length(values[0].size(), HashType::pdq)) return std::nullopt;
    if (!hex_decode(values[0]) || !whole_number(values[1])) return std::nullopt;
    CsvDialect dialect;
    dialect.format = "threatexchange";
    dialect.has_header = false;
    dialect.columns.assign(values.size(), Column::ignored);
    dialect.columns.front() = Column::signal;
    dialect.columns.back() = Column::tags;
    return dialect;
}

Status read_csv(
    TextSource& source, const CsvDialect& dialect, HashType type_of_64, RecordSink& sink
) {
    LineReader lines(source);
    DelimitedRows rows(lines, dialect.separator);
    RowParser parser(dialect, type_of_64, sink);
    bool header_passed = !dialect.has_header;
    while (true) {
        const auto row = CAIRN_TRY(rows.next());
        if (!row) return ok();
        if (header_passed) CAIRN_TRY(parser.take(*row));
        header_passed = true;
    }
}

}  // namespace cairn::hashlist
