#include "audit/entry.h"

#include <algorithm>
#include <optional>

#include "audit/canonical_json.h"
#include "base/hex.h"
#include "base/text.h"

namespace cairn::audit {
namespace {

constexpr std::uint64_t kVersion = 1;

/// The members in the order of RFC 8785: by UTF-16 code units, for ASCII names by byte.
enum class Member : std::uint8_t {
    actor,
    agency,
    approval,
    authority,
    case_id,
    client,
    objects,
    operation,
    purpose,
    reason,
    request,
    result,
    role,
    session,
    time,
    version,
    writer,
    writer_sequence,
};

enum class Form : std::uint8_t { text, integer, objects };

struct MemberRule {
    std::string_view name;
    Form form = Form::text;
    bool required = false;
};

constexpr std::array<MemberRule, 18> kMembers = {{
    {"actor", Form::text, true},
    {"agency"},
    {"approval"},
    {"authority"},
    {"case"},
    {"client"},
    {"objects", Form::objects},
    {"op", Form::text, true},
    {"purpose"},
    {"reason"},
    {"request"},
    {"result", Form::text, true},
    {"role"},
    {"session"},
    {"t", Form::integer, true},
    {"v", Form::integer, true},
    {"writer", Form::text, true},
    {"wseq", Form::integer, true},
}};
static_assert(std::ranges::is_sorted(kMembers, {}, &MemberRule::name));

constexpr std::size_t place_of(Member member) {
    return static_cast<std::size_t>(member);
}

struct TextField {
    Member member;
    std::string Entry::*field;
};

constexpr std::array<TextField, 13> kTextFields = {{
    {Member::actor, &Entry::actor},
    {Member::agency, &Entry::agency},
    {Member::approval, &Entry::approval},
    {Member::authority, &Entry::authority},
    {Member::case_id, &Entry::case_id},
    {Member::client, &Entry::client},
    {Member::operation, &Entry::operation},
    {Member::purpose, &Entry::purpose},
    {Member::reason, &Entry::reason},
    {Member::request, &Entry::request},
    {Member::role, &Entry::role},
    {Member::session, &Entry::session},
    {Member::writer, &Entry::writer},
}};

Error malformed(std::string_view member, std::string_view why) {
    return fail(Errc::corrupt_data, "not a log entry: {}: {}", member, why);
}

/// The values of an entry as spelt: views into it. Integers of members that are absent are 0.
struct SpeltEntry {
    std::array<std::string_view, kMembers.size()> texts;
    std::array<std::uint64_t, kMembers.size()> integers{};
    std::array<bool, kMembers.size()> present{};

    bool has(Member member) const { return present.at(place_of(member)); }
    std::string_view text(Member member) const { return texts.at(place_of(member)); }
    std::uint64_t integer(Member member) const { return integers.at(place_of(member)); }
};

/// "type:id" in printable ASCII that needs no escape, so spelling and meaning are the same.
bool is_typed_id(std::string_view id) {
    const auto colon = id.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == id.size()) return false;
    const auto of_type = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const auto of_id = [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; };
    return std::ranges::all_of(id.substr(0, colon), of_type) &&
           std::ranges::all_of(id.substr(colon + 1), of_id);
}

bool is_digest_text(std::string_view text) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 2 * std::tuple_size_v<crypto::Sha256> &&
           std::ranges::all_of(text, is_digit);
}

Status read_object_list(CanonicalReader& reader) {
    std::size_t count = 0;
    do {
        const std::string_view id = CAIRN_TRY(reader.string());
        if (!is_typed_id(id)) return malformed("objects", "not a typed id");
        if (++count > kObjectsMax) return malformed("objects", "more than 64 ids");
    } while (reader.take(','));
    return reader.expect(']');
}

Status read_member_name(CanonicalReader& reader, std::string_view wanted) {
    const std::string_view name = CAIRN_TRY(reader.string());
    if (name != wanted) return malformed("objects", "list, or count and sha256 wanted");
    return reader.expect(':');
}

Status read_objects_digest(CanonicalReader& reader) {
    CAIRN_TRY(read_member_name(reader, "count"));
    const std::uint64_t count = CAIRN_TRY(reader.integer());
    if (count <= kObjectsMax) return malformed("objects", "up to 64 ids are listed");
    CAIRN_TRY(reader.expect(','));
    CAIRN_TRY(read_member_name(reader, "sha256"));
    const std::string_view digest = CAIRN_TRY(reader.string());
    if (!is_digest_text(digest)) return malformed("objects", "not a SHA-256 in lower-case hex");
    return reader.expect('}');
}

/// Checks the form and steps over it; the value is taken from the text later.
Status read_objects(CanonicalReader& reader) {
    if (reader.take('[')) return read_object_list(reader);
    if (reader.take('{')) return read_objects_digest(reader);
    return malformed("objects", "list, or count and sha256 wanted");
}

Status read_value(
    CanonicalReader& reader, std::string_view json, std::size_t place, SpeltEntry& entry
) {
    const MemberRule& rule = kMembers.at(place);
    entry.present.at(place) = true;
    const std::size_t begin = reader.position();
    if (rule.form == Form::integer) {
        entry.integers.at(place) = CAIRN_TRY(reader.integer());
        return ok();
    }
    if (rule.form == Form::objects) {
        CAIRN_TRY(read_objects(reader));
        entry.texts.at(place) = json.substr(begin, reader.position() - begin);
        return ok();
    }
    entry.texts.at(place) = CAIRN_TRY(reader.string());
    if (entry.texts.at(place).empty()) return malformed(rule.name, "empty: leave it out");
    return ok();
}

/// Where `name` stands in kMembers, at `from` or behind.
Result<std::size_t> find_member(std::string_view name, std::size_t from) {
    for (std::size_t place = from; place < kMembers.size(); ++place) {
        if (kMembers.at(place).name == name) return place;
    }
    const bool known = std::ranges::find(kMembers, name, &MemberRule::name) != kMembers.end();
    return malformed(
        printable(name), known ? "twice, or not in the order of names" : "unknown member"
    );
}

Status read_members(CanonicalReader& reader, std::string_view json, SpeltEntry& entry) {
    std::size_t next = 0;
    CAIRN_TRY(reader.expect('{'));
    do {
        const std::string_view name = CAIRN_TRY(reader.string());
        const std::size_t place = CAIRN_TRY(find_member(name, next));
        CAIRN_TRY(reader.expect(':'));
        CAIRN_TRY(read_value(reader, json, place, entry));
        next = place + 1;
    } while (reader.take(','));
    CAIRN_TRY(reader.expect('}'));
    if (!reader.at_end()) return malformed("end", "more follows");
    return ok();
}

/// Rules between result and reason, the same for writing and reading.
Status check_outcome(Outcome outcome, std::string_view reason) {
    if (outcome == Outcome::ok && !reason.empty()) return malformed("reason", "the result is ok");
    if (outcome == Outcome::refused && reason.empty()) {
        return malformed("reason", "a refusal needs one");
    }
    return ok();
}

Result<SpeltEntry> read_entry(Bytes bytes) {
    if (bytes.size() > kEntryBytesMax) return malformed("size", "over 65,535 bytes");
    const std::string_view json = as_text(bytes);
    CanonicalReader reader(json);
    SpeltEntry entry;
    const Status read = read_members(reader, json, entry);
    if (!read) return Error(read.error());
    for (std::size_t place = 0; place < kMembers.size(); ++place) {
        const MemberRule& rule = kMembers.at(place);
        if (rule.required && !entry.present.at(place)) return malformed(rule.name, "missing");
    }
    if (entry.integer(Member::version) != kVersion) {
        return fail(Errc::unsupported, "log entry of another version than 1");
    }
    const auto outcome = parse_outcome(entry.text(Member::result));
    if (!outcome) return malformed("result", "not ok, refused or error");
    CAIRN_TRY(check_outcome(*outcome, entry.text(Member::reason)));
    return entry;
}

UtcTime time_of(const SpeltEntry& entry) {
    return UtcTime(std::chrono::microseconds(entry.integer(Member::time)));
}

/// From a spelling that read_objects accepted.
Result<Objects> decode_objects(std::string_view spelt) {
    CanonicalReader reader(spelt);
    std::vector<std::string> ids;
    if (reader.take('[')) {
        do {
            const std::string_view id = CAIRN_TRY(reader.string());
            ids.emplace_back(id);
        } while (reader.take(','));
        return Objects(std::move(ids));
    }
    ObjectsDigest digest;
    CAIRN_TRY(reader.expect('{'));
    CAIRN_TRY(read_member_name(reader, "count"));
    digest.count = CAIRN_TRY(reader.integer());
    CAIRN_TRY(reader.expect(','));
    CAIRN_TRY(read_member_name(reader, "sha256"));
    const std::string_view hex = CAIRN_TRY(reader.string());
    digest.sha256 = CAIRN_TRY(hex_decode_array<std::tuple_size_v<crypto::Sha256>>(hex));
    return Objects(digest);
}

Status check_objects(const Objects& objects) {
    if (const auto* digest = std::get_if<ObjectsDigest>(&objects)) {
        if (digest->count <= kObjectsMax) return malformed("objects", "up to 64 ids are listed");
        if (digest->count > kIntegerMax) return malformed("objects", "count over 2^53");
        return ok();
    }
    const auto& ids = std::get<std::vector<std::string>>(objects);
    if (ids.size() > kObjectsMax) return malformed("objects", "more than 64 ids");
    if (!std::ranges::all_of(ids, is_typed_id)) return malformed("objects", "not a typed id");
    return ok();
}

Status check_entry(const Entry& entry) {
    for (const TextField& field : kTextFields) {
        const MemberRule& rule = kMembers.at(place_of(field.member));
        const std::string& text = entry.*field.field;
        if (rule.required && text.empty()) return malformed(rule.name, "missing");
        if (!is_utf8(text)) return malformed(rule.name, "not UTF-8");
    }
    const auto since_epoch = entry.time.time_since_epoch().count();
    if (since_epoch < 0 || static_cast<std::uint64_t>(since_epoch) > kIntegerMax) {
        return malformed("t", "before 1970 or too late");
    }
    if (entry.writer_sequence > kIntegerMax) return malformed("wseq", "over 2^53");
    CAIRN_TRY(check_objects(entry.objects));
    return check_outcome(entry.outcome, entry.reason);
}

/// Appends members in the order of their names.
class MemberWriter {
public:
    void text(Member member, std::string_view value) {
        if (value.empty()) return;
        name(member);
        append_string(json_, value);
    }
    void integer(Member member, std::uint64_t value) {
        name(member);
        json_ += std::to_string(value);
    }
    void objects(const Objects& objects);
    const std::string& so_far() const { return json_; }
    std::string finish() { return std::move(json_) + '}'; }

private:
    void name(Member member) {
        json_.push_back(json_.empty() ? '{' : ',');
        append_string(json_, kMembers.at(place_of(member)).name);
        json_.push_back(':');
    }

    std::string json_;
};

void MemberWriter::objects(const Objects& objects) {
    if (const auto* digest = std::get_if<ObjectsDigest>(&objects)) {
        name(Member::objects);
        json_ += fmt::format(
            R"({{"count":{},"sha256":"{}"}})", digest->count, hex_encode(digest->sha256)
        );
        return;
    }
    const auto& ids = std::get<std::vector<std::string>>(objects);
    if (ids.empty()) return;
    name(Member::objects);
    char separator = '[';
    for (const std::string& id : ids) {
        json_.push_back(separator);
        append_string(json_, id);
        separator = ',';
    }
    json_.push_back(']');
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok:
            return "ok";
        case Outcome::refused:
            return "refused";
        case Outcome::error:
            return "error";
    }
    return "";
}

Result<Outcome> parse_outcome(std::string_view name) {
    for (const Outcome outcome : {Outcome::ok, Outcome::refused, Outcome::error}) {
        if (name_of(outcome) == name) return outcome;
    }
    return fail(Errc::invalid_argument, "no outcome '{}'; there are ok, refused, error", name);
}

Objects objects_of(std::vector<std::string> ids) {
    if (ids.size() <= kObjectsMax) return ids;
    crypto::Sha256Stream stream;
    for (const std::string& id : ids) {
        stream.update(as_bytes(id));
        stream.update(as_bytes("\n"));
    }
    return ObjectsDigest{ids.size(), stream.finish()};
}

namespace {

/// All members but the last two, which tell the writer.
MemberWriter act_members(const Entry& entry) {
    MemberWriter members;
    members.text(Member::actor, entry.actor);
    members.text(Member::agency, entry.agency);
    members.text(Member::approval, entry.approval);
    members.text(Member::authority, entry.authority);
    members.text(Member::case_id, entry.case_id);
    members.text(Member::client, entry.client);
    members.objects(entry.objects);
    members.text(Member::operation, entry.operation);
    members.text(Member::purpose, entry.purpose);
    members.text(Member::reason, entry.reason);
    members.text(Member::request, entry.request);
    members.text(Member::result, name_of(entry.outcome));
    members.text(Member::role, entry.role);
    members.text(Member::session, entry.session);
    const auto since_epoch = entry.time.time_since_epoch().count();
    members.integer(Member::time, static_cast<std::uint64_t>(since_epoch));
    members.integer(Member::version, kVersion);
    return members;
}

std::string with_writer(MemberWriter members, std::string_view writer, std::uint64_t sequence) {
    members.text(Member::writer, writer);
    members.integer(Member::writer_sequence, sequence);
    return members.finish();
}

Status check_size(const std::string& json) {
    if (json.size() <= kEntryBytesMax) return ok();
    return fail(
        Errc::limit_exceeded, "log entry of {} bytes: at most {}", json.size(), kEntryBytesMax
    );
}

}  // namespace

Result<ByteVector> encode_entry(const Entry& entry) {
    if (const Status checked = check_entry(entry); !checked) {
        return Error{Errc::invalid_argument, checked.error().message};
    }
    const std::string json = with_writer(act_members(entry), entry.writer, entry.writer_sequence);
    CAIRN_TRY(check_size(json));
    const Bytes bytes = as_bytes(json);
    return ByteVector(bytes.begin(), bytes.end());
}

Result<EncodedAct> EncodedAct::encode(const Entry& entry) {
    Entry act = entry;
    act.writer = std::string(kWriterBytesMax, '0');
    act.writer_sequence = kIntegerMax;
    if (const Status checked = check_entry(act); !checked) {
        return Error{Errc::invalid_argument, checked.error().message};
    }
    const MemberWriter members = act_members(act);
    CAIRN_TRY(check_size(with_writer(members, act.writer, act.writer_sequence)));
    EncodedAct encoded;
    encoded.agency_ = std::move(act.agency);
    encoded.time_ = act.time;
    encoded.json_ = members.so_far();
    return encoded;
}

ByteVector EncodedAct::finished(std::string_view writer, std::uint64_t writer_sequence) const {
    const std::string json =
        fmt::format(R"({},"writer":"{}","wseq":{}}})", json_, writer, writer_sequence);
    const Bytes bytes = as_bytes(json);
    return ByteVector(bytes.begin(), bytes.end());
}

Result<Entry> parse_entry(Bytes bytes) {
    const SpeltEntry spelt = CAIRN_TRY(read_entry(bytes));
    Entry entry;
    for (const TextField& field : kTextFields) {
        entry.*field.field = unescaped(spelt.text(field.member));
    }
    entry.time = time_of(spelt);
    if (spelt.has(Member::objects)) {
        entry.objects = CAIRN_TRY(decode_objects(spelt.text(Member::objects)));
    }
    entry.outcome = CAIRN_TRY(parse_outcome(spelt.text(Member::result)));
    entry.writer_sequence = spelt.integer(Member::writer_sequence);
    return entry;
}

Result<EntryMarks> read_marks(Bytes bytes) {
    const SpeltEntry spelt = CAIRN_TRY(read_entry(bytes));
    return EntryMarks{
        time_of(spelt), spelt.text(Member::writer), spelt.integer(Member::writer_sequence)};
}

}  // namespace cairn::audit
