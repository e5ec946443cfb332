#include "hashlist/vics_reader.h"

#include <array>
#include <bit>
#include <cmath>

#include <simdjson.h>

#include "base/text.h"
#include "hashlist/json_splitter.h"

namespace cairn::hashlist {
namespace {

using simdjson::dom::element;

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kStringBytesMax = 64U << 10U;
constexpr std::size_t kMediaFilesMax = 100'000;
constexpr std::size_t kAlternativeHashesMax = 1'000;

enum class Member : std::uint8_t {
    md5,
    sha1,
    sha256,
    pdq,
    photodna,
    alternative_hashes,
    size,
    category,
    series,
    media_files,
    other
};

struct MemberName {
    std::string_view name;
    Member member;
};

/// Members of a Media record. `other`: known, but nothing here is kept of it.
constexpr std::array kMembers = {
    MemberName{"md5", Member::md5},
    MemberName{"sha1", Member::sha1},
    MemberName{"sha256", Member::sha256},
    MemberName{"category", Member::category},
    MemberName{"mediasize", Member::size},
    MemberName{"mediaid", Member::other},
    MemberName{"series", Member::series},
    MemberName{"pdq", Member::pdq},
    MemberName{"photodna", Member::photodna},
    MemberName{"alternativehashes", Member::alternative_hashes},
    MemberName{"mediafiles", Member::media_files},
    MemberName{"victimidentified", Member::other},
    MemberName{"offenderidentified", Member::other},
    MemberName{"isdistributed", Member::other},
    MemberName{"issuspected", Member::other},
    MemberName{"selfgenerated", Member::other},
    MemberName{"isprecategorized", Member::other},
    MemberName{"precategorizationsource", Member::other},
    MemberName{"comments", Member::other},
    MemberName{"tags", Member::other},
    MemberName{"dateupdated", Member::other},
    MemberName{"mimetype", Member::other},
    MemberName{"relativefilepath", Member::other},
    MemberName{"exifs", Member::other},
    MemberName{"mediametadata", Member::other},
    MemberName{"miniature", Member::other},
};

constexpr std::array kHashNames = {
    MemberName{"md5", Member::md5},
    MemberName{"sha1", Member::sha1},
    MemberName{"sha-1", Member::sha1},
    MemberName{"sha256", Member::sha256},
    MemberName{"sha-256", Member::sha256},
    MemberName{"pdq", Member::pdq},
    MemberName{"photodna", Member::photodna},
};

template <std::size_t N>
std::optional<std::size_t> position_of(
    const std::array<MemberName, N>& members, std::string_view name
) {
    const std::string wanted = lower_ascii(name);
    for (std::size_t i = 0; i < N; ++i) {
        if (members[i].name == wanted) return i;
    }
    return std::nullopt;
}

std::optional<std::string_view> text_of(element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
    return text;
}

/// A whole number written as number, as 1.0 or as text.
std::optional<std::int64_t> number_of(element value) {
    std::int64_t number = 0;
    if (value.get(number) == simdjson::SUCCESS) return number;
    double real = 0;
    constexpr double kExact = 9'007'199'254'740'992;  // 2^53
    if (value.get(real) == simdjson::SUCCESS) {
        if (std::trunc(real) != real || std::abs(real) > kExact) return std::nullopt;
        return static_cast<std::int64_t>(real);
    }
    const auto text = text_of(value);
    return text ? whole_number(trim(*text)) : std::nullopt;
}

bool is_absent(element value) {
    if (value.is_null()) return true;
    const auto text = text_of(value);
    return text && trim(*text).empty();
}

std::optional<HashType> hash_type_of(Member member) {
    switch (member) {
        case Member::md5:
            return HashType::md5;
        case Member::sha1:
            return HashType::sha1;
        case Member::sha256:
            return HashType::sha256;
        case Member::pdq:
            return HashType::pdq;
        case Member::photodna:
            return HashType::photodna;
        default:
            return std::nullopt;
    }
}

/// Turns one record's JSON into a ListRecord.
class MediaParser {
public:
    explicit MediaParser(RecordSink& sink) : sink_(sink) {}

    Status take(const JsonSplitter::Record& piece) {
        if (piece.over_limit) {
            sink_.refuse({0, piece.offset}, "limit");
            return ok();
        }
        if (!reserve(piece.text.size())) return fail(Errc::limit_exceeded, "out of memory");
        element root;
        const auto error = parser_.parse(piece.text.data(), piece.text.size(), false).get(root);
        simdjson::dom::object object;
        if (error != simdjson::SUCCESS || root.get(object) != simdjson::SUCCESS) {
            const bool deep = error == simdjson::DEPTH_ERROR;
            sink_.refuse({0, piece.offset}, deep ? "limit" : "malformed");
            return ok();
        }
        record_.clear();
        record_.position.offset = piece.offset;
        seen_.fill(false);
        for (const auto field : object) {
            if (!take_member(field.key, field.value)) {
                sink_.refuse({0, piece.offset}, "limit");
                return ok();
            }
        }
        return sink_.accept(record_);
    }

private:
    bool reserve(std::size_t bytes) {
        if (bytes <= parser_.capacity()) return true;
        return parser_.allocate(std::bit_ceil(bytes), kDepthMax) == simdjson::SUCCESS;
    }

    /// False when the record goes over a limit.
    bool take_member(std::string_view name, element value) {
        const auto position = position_of(kMembers, name);
        if (!position) {
            const bool protocol =
                name.find('@') != std::string_view::npos || lower_ascii(name).starts_with("odata.");
            if (!protocol) sink_.unknown_member(name);
            return true;
        }
        if (seen_[*position]) {
            sink_.warn("dup_member");
            return true;
        }
        seen_[*position] = true;
        const Member member = kMembers[*position].member;
        if (member == Member::alternative_hashes) return take_alternatives(value);
        if (member == Member::media_files) return count_of(value) <= kMediaFilesMax;
        const auto text = text_of(value);
        if (text && member != Member::other && text->size() > kStringBytesMax) return false;
        if (const auto type = hash_type_of(member)) {
            if (text) take_hash(record_, *type, *text, sink_);
            if (!text && !value.is_null()) sink_.warn("bad_hash");
        } else if (member == Member::series && text) {
            record_.series = trim(*text);
        } else if (member == Member::size) {
            take_media_size(value);
        } else if (member == Member::category) {
            take_media_category(value);
        }
        return true;
    }

    static std::size_t count_of(element value) {
        simdjson::dom::array array;
        return value.get(array) == simdjson::SUCCESS ? array.size() : 0;
    }

    void take_media_size(element value) {
        if (is_absent(value)) return;
        const auto size = number_of(value);
        if (size && *size >= 1) {
            record_.size_bytes = static_cast<std::uint64_t>(*size);
        } else {
            sink_.warn("bad_size");
        }
    }

    void take_media_category(element value) {
        if (is_absent(value)) return;
        record_.category = number_of(value);
        if (!record_.category) sink_.warn("bad_category");
    }

    bool take_alternatives(element value) {
        simdjson::dom::array hashes;
        if (value.get(hashes) != simdjson::SUCCESS) return true;
        if (hashes.size() > kAlternativeHashesMax) return false;
        for (const element hash : hashes) take_alternative(hash);
        return true;
    }

    /// {"HashName": ..., "HashValue": ...}, in any order and case. The record's own members win.
    void take_alternative(element hash) {
        simdjson::dom::object object;
        if (hash.get(object) != simdjson::SUCCESS) return;
        std::optional<std::string_view> name;
        std::optional<std::string_view> value;
        for (const auto field : object) {
            const std::string key = lower_ascii(field.key);
            if (key == "hashname" && !name) name = text_of(field.value);
            if (key == "hashvalue" && !value) value = text_of(field.value);
        }
        if (!name || !value) return;
        const auto position = position_of(kHashNames, trim(*name));
        if (!position) {
            sink_.unknown_member("AlternativeHashes." + std::string(*name));
            return;
        }
        const HashType type = *hash_type_of(kHashNames[*position].member);
        const bool have =
            (type == HashType::md5 && record_.md5) || (type == HashType::sha1 && record_.sha1) ||
            (type == HashType::sha256 && record_.sha256) || (type == HashType::pdq && record_.pdq);
        if (!have) take_hash(record_, type, *value, sink_);
    }

    RecordSink& sink_;
    simdjson::dom::parser parser_{JsonSplitter::kRecordBytesMax};
    ListRecord record_;
    std::array<bool, kMembers.size()> seen_{};
};

/// The text value that follows the first occurrence of a member name; views `head`.
std::string_view member_text(std::string_view head, std::string_view lower, std::string_view name) {
    auto at = lower.find(name);
    if (at == std::string_view::npos) return {};
    at = head.find('"', head.find(':', at + name.size()));
    if (at == std::string_view::npos) return {};
    const auto end = head.find('"', at + 1);
    return head.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
}

/// Model and country from ".../DataModels/2.0.xml/US/$metadata#Media".
void parse_context(std::string_view context, VicsHead& head) {
    constexpr std::string_view kModels = "/datamodels/";
    const auto models = context.find(kModels);
    if (models == std::string_view::npos) return;
    context.remove_prefix(models + kModels.size());
    const auto xml = context.find(".xml");
    if (xml == std::string_view::npos) return;
    const std::string_view model = context.substr(0, xml);
    constexpr std::size_t kModelBytesMax = 8;
    if (model.size() > kModelBytesMax) return;
    if (model.find_first_not_of("0123456789.") != std::string_view::npos) return;
    head.model = model;
    context.remove_prefix(xml + 4);
    const auto metadata = context.find("/$metadata");
    if (context.starts_with('/') && metadata != std::string_view::npos && metadata > 0) {
        head.country = context.substr(1, metadata - 1);
    }
}

/// Whether the first category in the head is 8, as in NIST's set.
bool first_category_is_eight(std::string_view lower) {
    auto at = lower.find("\"category\"");
    if (at == std::string_view::npos) return false;
    at = lower.find_first_not_of(" \t\r\n:\"", at + 10);
    if (at == std::string_view::npos || lower[at] != '8') return false;
    return at + 1 == lower.size() || lower[at + 1] < '0' || lower[at + 1] > '9';
}

}  // namespace

std::optional<VicsHead> recognise_vics(std::string_view head) {
    if (!trim(head).starts_with('{')) return std::nullopt;
    const std::string lower = lower_ascii(head);
    VicsHead found;
    std::string_view context = member_text(lower, lower, "\"@odata.context\"");
    if (context.empty()) context = member_text(lower, lower, "\"odata.metadata\"");
    parse_context(context, found);
    const bool has_records =
        lower.find("\"md5\"") != std::string::npos || lower.find("\"media\"") != std::string::npos;
    const bool has_value = lower.find("\"value\"") != std::string::npos;
    if (found.model.empty() && !(has_value && has_records)) return std::nullopt;
    found.nist_known_software = found.model == "1.2" && first_category_is_eight(lower) &&
                                lower.find("\"photodna\"") == std::string::npos;
    return found;
}

Status read_vics(TextSource& source, RecordSink& sink) {
    JsonSplitter splitter(source);
    MediaParser parser(sink);
    while (true) {
        const auto record = CAIRN_TRY(splitter.next());
        if (!record) return ok();
        CAIRN_TRY(parser.take(*record));
    }
}

}  // namespace cairn::hashlist
