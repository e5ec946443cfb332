#include "hashlist/list_import.h"

#include <algorithm>

#include "base/text.h"
#include "hashlist/refused_values.h"

namespace cairn::hashlist {
namespace {

Result<const CategoryScheme*> known_scheme(const std::string& name) {
    const CategoryScheme* const scheme = find_scheme(name);
    if (scheme == nullptr) {
        return fail(
            Errc::invalid_argument,
            "scheme \"{}\" is not one Cairn knows ({}); lists of other kinds load only as ignore",
            printable(name),
            scheme_names()
        );
    }
    return scheme;
}

Result<const Category*> known_category(const CategoryScheme& scheme, const std::string& text) {
    const auto code = whole_number(trim(text));
    const Category* const category = code ? scheme.by_code(*code) : scheme.by_name(trim(text));
    if (category != nullptr) return category;
    std::string choices;
    for (const Category& known : scheme.categories) {
        if (!choices.empty()) choices += ", ";
        choices +=
            known.code ? fmt::format("{} ({})", *known.code, known.name) : std::string(known.name);
    }
    return fail(
        Errc::invalid_argument,
        "scheme {} has no category \"{}\"; it has: {}",
        scheme.name,
        printable(text),
        choices
    );
}

Error scheme_wanted(const ListFormat& format) {
    return fail(
        Errc::invalid_argument,
        "format {} does not say by which table its rows are categorised: give --scheme ({}){}, or "
        "--kind ignore for a list of known good files",
        format.name,
        scheme_names(),
        format.has_categories ? "" : " and --category"
    );
}

/// ISO-8859-1, which older exporters write, becomes UTF-8.
std::string as_utf8(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xC0U | byte >> 6U);
            out += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return out;
}

bool is_placeholder_row(const ListRecord& record) {
    return (record.md5 && is_placeholder(*record.md5)) ||
           (record.sha1 && is_placeholder(*record.sha1)) ||
           (record.sha256 && is_placeholder(*record.sha256));
}

bool is_empty_file_row(const ListRecord& record) {
    return (record.md5 && is_of_empty_file(*record.md5)) ||
           (record.sha1 && is_of_empty_file(*record.sha1)) ||
           (record.sha256 && is_of_empty_file(*record.sha256));
}

/// Why this PDQ code must not match, or "".
std::string_view pdq_fault(const ListRecord& record) {
    if (!record.pdq) return "";
    if (is_degenerate(*record.pdq)) return "degenerate_pdq";
    if (!record.pdq_quality) return is_suspicious(*record.pdq) ? "suspicious_pdq" : "";
    return *record.pdq_quality < fingerprint::kPdqQualityMin ? "low_pdq_quality" : "";
}

}  // namespace

Result<std::optional<HashType>> parse_hash_type(const std::optional<std::string>& name) {
    if (!name) return std::optional<HashType>();
    if (*name == "sha256") return std::optional(HashType::sha256);
    if (*name == "pdq") return std::optional(HashType::pdq);
    return fail(
        Errc::invalid_argument,
        "hash type \"{}\": sha256 and pdq are the two that 64 hex digits can be",
        printable(*name)
    );
}

Result<ImportPlan> plan_import(const ImportOptions& options, const ListFormat& format) {
    ImportPlan plan;
    plan.kind = options.kind.value_or(format.kind.value_or(ListKind::illegal));
    if (plan.kind == ListKind::ignore) return plan;
    if (format.never_illegal) {
        return fail(
            Errc::invalid_argument,
            "format {} is a set of known software, not of abuse material; it loads as ignore only",
            format.name
        );
    }
    if (format.states_verdicts) {
        plan.scheme = format.name;
        return plan;
    }
    plan.scheme = options.scheme.value_or(format.scheme);
    if (plan.scheme.empty()) return scheme_wanted(format);
    plan.table = CAIRN_TRY(known_scheme(plan.scheme));
    if (options.category) {
        plan.default_category = CAIRN_TRY(known_category(*plan.table, *options.category));
    } else if (!format.has_categories) {
        return scheme_wanted(format);
    }
    return plan;
}

TextId ImportSink::text_id(std::string_view text) {
    const auto id = builder_.texts().add(as_utf8(text));
    if (!id) warn("text_limit");
    return id.value_or(0);
}

void ImportSink::count_category(const ListRecord& record) {
    std::string key = "none";
    if (record.category) {
        key = fmt::format("{}", *record.category);
    } else if (!record.category_name.empty()) {
        key = record.category_name;
    }
    ++report_.categories[counted_name(report_.categories, key)];
}

void ImportSink::map_category(const ListRecord& record, EntryRow& row) {
    row.category = record.category;
    row.category_name = text_id(record.category_name);
    if (plan_.kind == ListKind::ignore) {
        row.verdict = Verdict::ignorable;
        return;
    }
    const bool stated = record.category || !record.category_name.empty();
    const Category* category = nullptr;
    if (plan_.table != nullptr) {
        if (record.category) {
            category = plan_.table->by_code(*record.category);
        } else if (stated) {
            category = plan_.table->by_name(record.category_name);
        } else {
            category = plan_.default_category;
        }
    }
    if (category != nullptr) {
        row.category = category->code;
        row.category_name = text_id(category->name);
        row.verdict = category->verdict.value_or(Verdict::unmapped);
    } else if (plan_.table != nullptr && !stated) {
        row.verdict = plan_.table->when_absent;
    }
    if (record.verdict) row.verdict = *record.verdict;
}

Status ImportSink::accept(const ListRecord& record) {
    const std::string_view fault = pdq_fault(record);
    const bool has_pdq = record.pdq && fault.empty();
    std::string_view refusal;
    if (is_empty_file_row(record)) {
        refusal = "empty_file";
    } else if (is_placeholder_row(record)) {
        refusal = "null_hash";
    } else if (!record.md5 && !record.sha1 && !record.sha256 && !has_pdq) {
        refusal = !fault.empty() ? fault : record.unmatchable_hash ? "unmatchable" : "no_hash";
    }
    if (!refusal.empty()) {
        refuse(record.position, refusal);
        return ok();
    }
    if (!fault.empty()) warn(fault);
    ++report_.rows_read;
    ++report_.rows_accepted;
    count_category(record);
    EntryRow row;
    if (record.md5) row.md5 = *record.md5;
    if (record.sha1) row.sha1 = *record.sha1;
    if (record.sha256) row.sha256 = *record.sha256;
    if (has_pdq) {
        row.pdq = *record.pdq;
        if (record.pdq_quality) row.pdq_quality = static_cast<std::uint8_t>(*record.pdq_quality);
    }
    row.size_bytes = record.size_bytes.value_or(0);
    row.series = text_id(record.series);
    map_category(record, row);
    return builder_.add(row);
}

}  // namespace cairn::hashlist
