#include "hashlist/digest_lines_reader.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "hashlist/csv_reader.h"
#include "hashlist/delimited_rows.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kHashdeepMark = "%%%%";

/// Types of signals other than hashes in ThreatExchange's line form.
constexpr std::array<std::string_view, 6> kOtherSignals = {
    "url", "url_md5", "raw_text", "trend_query", "text_tlsh", "pdf"};

/// A line's digest and what the line says about its type.
struct Named {
    std::string_view hex;
    std::optional<HashType> type;
    bool other_signal = false;
};

bool is_hex(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

std::string_view first_word(std::string_view line) {
    return line.substr(0, line.find_first_of(" \t"));
}

/// `MD5 (name) = hex`. The name may hold brackets, so the last ones count.
std::optional<Named> bsd_form(std::string_view line) {
    const auto open = line.find('(');
    const auto close = line.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
        return std::nullopt;
    }
    const auto equals = line.find('=', close);
    if (equals == std::string_view::npos) return std::nullopt;
    std::string name = lower_ascii(trim(line.substr(0, open)));
    std::erase(name, '-');
    if (name == "sha2256") name = "sha256";
    const auto type = hash_type_from(name);
    if (!type) return std::nullopt;
    return Named{trim(line.substr(equals + 1)), type};
}

std::optional<Named> parse_line(std::string_view line) {
    if (line.starts_with('\\')) line.remove_prefix(1);  // md5sum's mark of an escaped name
    const std::string_view word = first_word(line);
    if (is_hex(word)) return Named{word, std::nullopt};
    if (const auto bsd = bsd_form(line)) return bsd;
    const std::string_view rest = trim(line.substr(word.size()));
    if (const auto type = hash_type_from(word)) return Named{first_word(rest), type};
    const std::string lower = lower_ascii(word);
    if (std::find(kOtherSignals.begin(), kOtherSignals.end(), lower) != kOtherSignals.end()) {
        return Named{{}, std::nullopt, true};
    }
    return std::nullopt;
}

class LineParser {
public:
    LineParser(HashType type_of_64, RecordSink& sink) : type_of_64_(type_of_64), sink_(sink) {}

    Status take(const LineReader::Line& line) {
        const RowPosition position{line.number, line.offset};
        if (line.too_long) {
            sink_.refuse(position, "limit");
            return ok();
        }
        const std::string_view text = trim(line.text);
        if (text.empty() || text.starts_with('#')) return ok();
        if (text.starts_with(kHashdeepMark)) {
            take_hashdeep_header(text.substr(kHashdeepMark.size()));
            return ok();
        }
        record_.clear();
        record_.position = position;
        return columns_.empty() ? take_line(text) : take_table_row(text);
    }

private:
    /// `%%%% HASHDEEP-1.0` is passed over, `%%%% size,md5,sha256,filename` names the columns.
    void take_hashdeep_header(std::string_view text) {
        const std::vector<std::string> names = split_header(trim(text), ',');
        if (names.size() < 2) return;
        columns_.clear();
        for (const std::string& name : names) {
            columns_.push_back(name == "size" ? std::nullopt : hash_type_from(name));
            if (name == "size") size_column_ = columns_.size() - 1;
        }
    }

    Status take_table_row(std::string_view text) {
        for (std::size_t i = 0; i + 1 < columns_.size(); ++i) {
            const auto end = text.find(',');
            if (end == std::string_view::npos) {
                sink_.refuse(record_.position, "columns");
                return ok();
            }
            const std::string_view value = text.substr(0, end);
            if (i == size_column_) take_hashdeep_size(value);
            if (columns_[i]) take_hash(record_, *columns_[i], value, sink_);
            text.remove_prefix(end + 1);
        }
        return sink_.accept(record_);
    }

    /// An empty file has size 0; its digests decide, so that is nothing to warn of.
    void take_hashdeep_size(std::string_view value) {
        if (value != "0") take_size(record_, value, sink_);
    }

    Status take_line(std::string_view text) {
        const auto named = parse_line(text);
        if (named && named->other_signal) {
            sink_.skip("skipped_type");
            return ok();
        }
        const auto type = named && !named->type
                              ? hash_type_by_length(named->hex.size(), type_of_64_)
                              : (named ? named->type : std::nullopt);
        if (!type) {
            sink_.refuse(record_.position, "no_hash");
            return ok();
        }
        note_type(*type);
        take_hash(record_, *type, named->hex, sink_);
        return sink_.accept(record_);
    }

    void note_type(HashType type) {
        if (first_type_ && *first_type_ != type && !mixed_) {
            mixed_ = true;
            sink_.warn("mixed_lengths");
        }
        if (!first_type_) first_type_ = type;
    }

    HashType type_of_64_;
    RecordSink& sink_;
    ListRecord record_;
    std::vector<std::optional<HashType>> columns_;
    std::size_t size_column_ = std::string_view::npos;
    std::optional<HashType> first_type_;
    bool mixed_ = false;
};

}  // namespace

bool is_digest_line(std::string_view line) {
    if (line.starts_with(kHashdeepMark)) return true;
    const auto named = parse_line(trim(line));
    if (!named) return false;
    if (named->other_signal) return true;
    const bool sized = hash_type_by_length(named->hex.size(), HashType::sha256).has_value();
    return is_hex(named->hex) && (named->type || sized);
}

Status read_digest_lines(TextSource& source, HashType type_of_64, RecordSink& sink) {
    LineReader lines(source);
    LineParser parser(type_of_64, sink);
    while (true) {
        const auto line = CAIRN_TRY(lines.next());
        if (!line) return ok();
        CAIRN_TRY(parser.take(*line));
    }
}

}  // namespace cairn::hashlist
