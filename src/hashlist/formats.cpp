#include "hashlist/formats.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "hashlist/csv_reader.h"
#include "hashlist/digest_lines_reader.h"
#include "hashlist/nsrl_sqlite_reader.h"
#include "hashlist/vics_reader.h"

namespace cairn::hashlist {
namespace {

constexpr std::size_t kHeadBytes = 8192;

/// What recognition may look at.
struct Candidate {
    std::string head;
    std::string_view first_line;  ///< the first that is neither blank nor a comment
    HashType type_of_64;
    bool type_of_64_known;  ///< by the operator or the file name
};

using ReadText = std::function<Status(TextSource&, RecordSink&)>;

/// Reads through a TextSource and returns the digest of the raw file.
ListFormat::Read text_reader(ReadText read) {
    return [read = std::move(read)](
               const std::string& path, TextSource::Progress progress, RecordSink& sink
           ) -> Result<crypto::Sha256> {
        TextSource source = CAIRN_TRY(TextSource::open(path, std::move(progress)));
        CAIRN_TRY(read(source, sink));
        return source.sha256();
    };
}

Result<crypto::Sha256> read_nsrl_v3(
    const std::string& path, TextSource::Progress progress, RecordSink& sink
) {
    CAIRN_TRY(read_nsrl_sqlite(path, sink));
    TextSource source = CAIRN_TRY(TextSource::open(path, std::move(progress)));
    std::string block(std::size_t{1} << 20U, '\0');
    while (true) {
        const std::size_t got = CAIRN_TRY(source.read(block));
        if (got == 0) return source.sha256();
    }
}

std::optional<ListFormat> nsrl_v3(const Candidate& candidate) {
    if (!is_sqlite(candidate.head)) return std::nullopt;
    ListFormat format;
    format.name = "nsrl-v3";
    format.kind = ListKind::ignore;
    format.never_illegal = true;
    format.read = read_nsrl_v3;
    return format;
}

/// The table a VICS context stands for. Version 1 and custom tables name none: codes 0 and 5
/// change places between the tables in use, so the operator must say.
std::string scheme_of(const VicsHead& head) {
    if (head.model != "2.0") return "";
    if (head.country == "us" || head.country == "default") return "us-2.0";
    return head.country == "uk" ? "uk" : "";
}

std::optional<ListFormat> vics(const Candidate& candidate) {
    const auto head = recognise_vics(candidate.head);
    if (!head) return std::nullopt;
    ListFormat format;
    format.name = head->model.empty() ? "vics" : "vics-" + head->model;
    format.scheme = scheme_of(*head);
    format.has_categories = true;
    format.read = text_reader(read_vics);
    if (head->nist_known_software) {
        format.name = "nist-known-software";
        format.kind = ListKind::ignore;
        format.never_illegal = true;
    }
    return format;
}

std::optional<ListFormat> csv(const Candidate& candidate) {
    auto dialect = recognise_csv(candidate.first_line);
    if (!dialect && candidate.type_of_64_known) {
        dialect = recognise_descriptor_rows(candidate.first_line);
    }
    if (!dialect) return std::nullopt;
    ListFormat format;
    format.name = dialect->format;
    format.states_verdicts = dialect->format == "icse";
    format.has_categories = dialect->format != "threatexchange" &&
                            (dialect->has(Column::category) || dialect->has(Column::verdict));
    if (dialect->format == "nsrl-v2") {
        format.kind = ListKind::ignore;
        format.never_illegal = true;
        format.has_categories = false;
    }
    const HashType type_of_64 = candidate.type_of_64;
    format.read =
        text_reader([dialect = *dialect, type_of_64](TextSource& source, RecordSink& sink) {
            return read_csv(source, dialect, type_of_64, sink);
        });
    return format;
}

std::optional<ListFormat> digest_lines(const Candidate& candidate) {
    if (!is_digest_line(candidate.first_line)) return std::nullopt;
    ListFormat format;
    format.name = "digests";
    const HashType type_of_64 = candidate.type_of_64;
    format.read = text_reader([type_of_64](TextSource& source, RecordSink& sink) {
        return read_digest_lines(source, type_of_64, sink);
    });
    return format;
}

/// All formats there are, in the order in which they are tried.
struct KnownFormat {
    std::string_view what;
    std::optional<ListFormat> (*recognise)(const Candidate&);
};
constexpr std::array kFormats = {
    KnownFormat{"NSRL RDS v3 (SQLite)", nsrl_v3},
    KnownFormat{"VICS JSON", vics},
    KnownFormat{
        "CSV with a header that names hash columns (also ICSE, NSRL RDS v2, "
        "ThreatExchange, type,value)",
        csv},
    KnownFormat{"one digest per line (also md5sum, BSD and hashdeep)", digest_lines},
};

std::string_view first_line_of(std::string_view head) {
    while (!head.empty()) {
        const auto end = head.find('\n');
        const std::string_view line = trim(head.substr(0, end));
        if (!line.empty() && !line.starts_with('#')) return line;
        if (end == std::string_view::npos) break;
        head.remove_prefix(end + 1);
    }
    return {};
}

std::string known_formats() {
    std::string text;
    for (const KnownFormat& known : kFormats) {
        if (!text.empty()) text += "; ";
        text += known.what;
    }
    return text;
}

}  // namespace

Result<ListFormat> recognise_format(
    const std::string& path, const std::optional<HashType>& type_of_64
) {
    Candidate candidate;
    candidate.head = CAIRN_TRY(read_head(path, kHeadBytes));
    candidate.first_line = first_line_of(candidate.head);
    const std::string file_name = lower_ascii(path.substr(path.rfind('/') + 1));
    const bool named_pdq = file_name.find("pdq") != std::string::npos;
    candidate.type_of_64 = type_of_64.value_or(named_pdq ? HashType::pdq : HashType::sha256);
    candidate.type_of_64_known = type_of_64.has_value() || named_pdq;
    for (const KnownFormat& known : kFormats) {
        auto format = known.recognise(candidate);
        if (format) return *std::move(format);
    }
    return fail(
        Errc::unsupported, "{}: no known list format. Cairn reads: {}", path, known_formats()
    );
}

}  // namespace cairn::hashlist
