#include "evidence/archive_protocol.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::evidence {
namespace {

enum MemberFlag : std::uint8_t {
    has_size = 1,
    has_modified = 2,
    is_encrypted = 4,
};
constexpr std::uint8_t kAllMemberFlags = has_size | has_modified | is_encrypted;
constexpr std::string_view kCutMark = " [name cut]";
/// Years 0 to 9999, in microseconds: what every later step can print.
constexpr std::int64_t kModifiedMin = -62'167'219'200'000'000;
constexpr std::int64_t kModifiedMax = 253'402'300'799'999'999;

bool is_printable_time(std::int64_t microseconds) {
    return microseconds >= kModifiedMin && microseconds <= kModifiedMax;
}

/// The enumerator for `value` when it is one of those up to `last`.
template <typename Enum>
Result<Enum> checked_enum(std::uint8_t value, Enum last) {
    if (value <= static_cast<std::uint8_t>(last)) return static_cast<Enum>(value);
    return fail(Errc::corrupt_data, "archive reader: unknown value {}", value);
}

Status require_end(const ByteReader& reader) {
    if (reader.at_end()) return ok();
    return fail(Errc::corrupt_data, "archive reader: {} bytes too many", reader.remaining());
}

Result<std::string> take_sized(ByteReader& reader, std::size_t size_bytes_max) {
    const std::uint64_t size = CAIRN_TRY(reader.leb128());
    if (size > size_bytes_max) {
        return fail(Errc::corrupt_data, "archive reader: text of {} bytes", size);
    }
    const Bytes bytes = CAIRN_TRY(reader.take(static_cast<std::size_t>(size)));
    return std::string(as_text(bytes));
}

void put_cut(ByteWriter& writer, std::string_view text, std::size_t size_bytes_max) {
    writer.sized(as_bytes(text.substr(0, size_bytes_max)));
}

Error out_of_turn(std::uint32_t type) {
    return fail(Errc::corrupt_data, "archive reader: message {} out of turn", type);
}

}  // namespace

ByteVector encode_begin(const Begin& begin) {
    ByteWriter writer;
    writer.u64_le(begin.size_bytes);
    writer.u8(static_cast<std::uint8_t>(begin.type));
    writer.u64_le(begin.members_max);
    writer.u32_le(begin.cpu_seconds_per_step);
    writer.leb128(begin.passwords.size());
    for (const std::string& password : begin.passwords) writer.sized(as_bytes(password));
    return writer.take();
}

Result<Begin> decode_begin(Bytes payload) {
    ByteReader reader(payload);
    Begin begin;
    begin.size_bytes = CAIRN_TRY(reader.u64_le());
    const std::uint8_t type = CAIRN_TRY(reader.u8());
    begin.type = CAIRN_TRY(checked_enum(type, fingerprint::FileType::encrypted_other));
    begin.members_max = CAIRN_TRY(reader.u64_le());
    begin.cpu_seconds_per_step = CAIRN_TRY(reader.u32_le());
    const std::uint64_t passwords = CAIRN_TRY(reader.leb128());
    for (std::uint64_t i = 0; i < passwords; ++i) {
        std::string password = CAIRN_TRY(take_sized(reader, kPasswordBytesMax));
        begin.passwords.push_back(std::move(password));
    }
    CAIRN_TRY(require_end(reader));
    return begin;
}

ByteVector encode_want(MemberSink::Want want, std::uint64_t ordinal) {
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(want));
    writer.u64_le(ordinal);
    return writer.take();
}

Result<MemberSink::Want> decode_want(Bytes payload, std::uint64_t ordinal) {
    ByteReader reader(payload);
    const std::uint8_t value = CAIRN_TRY(reader.u8());
    const MemberSink::Want want = CAIRN_TRY(checked_enum(value, MemberSink::Want::stop));
    const std::uint64_t meant = CAIRN_TRY(reader.u64_le());
    CAIRN_TRY(require_end(reader));
    if (meant == ordinal) return want;
    return fail(Errc::corrupt_data, "answer to member {} instead of {}", meant, ordinal);
}

ByteVector encode_enough(std::uint64_t ordinal) {
    ByteWriter writer;
    writer.u64_le(ordinal);
    return writer.take();
}

Result<std::uint64_t> decode_enough(Bytes payload) {
    ByteReader reader(payload);
    const std::uint64_t ordinal = CAIRN_TRY(reader.u64_le());
    CAIRN_TRY(require_end(reader));
    return ordinal;
}

ByteVector encode_member(const ArchiveMember& member) {
    const std::int64_t modified =
        member.modified ? member.modified->time_since_epoch().count() : kModifiedMax + 1;
    const bool timed = is_printable_time(modified);
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(member.kind));
    const int flags = (member.size_bytes ? has_size : 0) | (timed ? has_modified : 0) |
                      (member.encrypted ? is_encrypted : 0);
    writer.u8(static_cast<std::uint8_t>(flags));
    writer.u64_le(member.ordinal);
    writer.u64_le(member.size_bytes.value_or(0));
    writer.u64_le(timed ? static_cast<std::uint64_t>(modified) : 0);
    std::string_view name = member.name;
    const bool cut = name.size() > kNameBytesMax;
    if (cut) name = name.substr(0, kNameBytesMax - kCutMark.size());
    writer.raw(as_bytes(name));
    if (cut) writer.raw(as_bytes(kCutMark));
    return writer.take();
}

ByteVector encode_member_end(const MemberEnd& end) {
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(end.outcome));
    put_cut(writer, end.reason, kReasonBytesMax);
    return writer.take();
}

ByteVector encode_end(const ArchiveEnd& end) {
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(end.outcome));
    writer.u64_le(end.members);
    put_cut(writer, end.format, kFormatBytesMax);
    put_cut(writer, end.reason, kReasonBytesMax);
    return writer.take();
}

ByteVector encode_ready() {
    ByteWriter writer;
    writer.u32_le(kProtocolVersion);
    return writer.take();
}

Status check_ready(const confine::Message& message) {
    ByteReader reader(message.payload);
    const auto version = reader.u32_le();
    const bool is_ready =
        message.type == static_cast<std::uint32_t>(Say::ready) && version && reader.at_end();
    if (is_ready && *version == kProtocolVersion) return ok();
    return fail(Errc::unsupported, "cairn-reader is of another version: install both together");
}

Result<Answer> AnswerParser::parse(const confine::Message& message) {
    if (message.fd || turn_ == Turn::over) return out_of_turn(message.type);
    const Bytes payload = message.payload;
    switch (static_cast<Say>(message.type)) {
        case Say::member: {
            ArchiveMember member = CAIRN_TRY(parse_member(payload));
            return Answer(std::move(member));
        }
        case Say::data: {
            const DataBytes data = CAIRN_TRY(parse_data(payload));
            return Answer(data);
        }
        case Say::member_end: {
            MemberEnd end = CAIRN_TRY(parse_member_end(payload));
            return Answer(std::move(end));
        }
        case Say::end: {
            ArchiveEnd end = CAIRN_TRY(parse_end(payload));
            return Answer(std::move(end));
        }
        case Say::working:
            if (!payload.empty() || turn_ == Turn::asked) return out_of_turn(message.type);
            return Answer(Working{});
        case Say::ready:
        case Say::begin:
        case Say::want:
        case Say::enough:
            break;
    }
    return out_of_turn(message.type);
}

void AnswerParser::answered(MemberSink::Want want) {
    switch (want) {
        case MemberSink::Want::content:
            turn_ = Turn::content;
            return;
        case MemberSink::Want::skip:
            turn_ = Turn::skipping;
            return;
        case MemberSink::Want::stop:
            turn_ = Turn::stopping;
            return;
    }
}

Result<ArchiveMember> AnswerParser::parse_member(Bytes payload) {
    if (turn_ != Turn::between) return out_of_turn(static_cast<std::uint32_t>(Say::member));
    ByteReader reader(payload);
    ArchiveMember member;
    const std::uint8_t kind = CAIRN_TRY(reader.u8());
    member.kind = CAIRN_TRY(checked_enum(kind, ArchiveMember::Kind::special));
    const std::uint8_t flags = CAIRN_TRY(reader.u8());
    member.ordinal = CAIRN_TRY(reader.u64_le());
    const std::uint64_t size = CAIRN_TRY(reader.u64_le());
    const std::uint64_t modified_bits = CAIRN_TRY(reader.u64_le());
    const auto modified = static_cast<std::int64_t>(modified_bits);
    const bool odd = (flags & ~kAllMemberFlags) != 0 || member.ordinal != members_ ||
                     members_ == members_max_ || reader.remaining() > kNameBytesMax ||
                     !is_printable_time(modified);
    if (odd) return fail(Errc::corrupt_data, "archive reader: malformed member");
    if ((flags & has_size) != 0) member.size_bytes = size;
    if ((flags & has_modified) != 0) member.modified = UtcTime(std::chrono::microseconds(modified));
    member.encrypted = (flags & is_encrypted) != 0;
    const Bytes name = CAIRN_TRY(reader.take(reader.remaining()));
    member.name = as_text(name);
    ++members_;
    turn_ = Turn::asked;
    return member;
}

Result<DataBytes> AnswerParser::parse_data(Bytes payload) const {
    const bool wanted = turn_ == Turn::content && !payload.empty();
    if (!wanted || payload.size() > kDataBytesMax) {
        return out_of_turn(static_cast<std::uint32_t>(Say::data));
    }
    return DataBytes{payload};
}

Result<MemberEnd> AnswerParser::parse_member_end(Bytes payload) {
    if (turn_ != Turn::content && turn_ != Turn::skipping) {
        return out_of_turn(static_cast<std::uint32_t>(Say::member_end));
    }
    ByteReader reader(payload);
    MemberEnd end;
    const std::uint8_t outcome = CAIRN_TRY(reader.u8());
    end.outcome = CAIRN_TRY(checked_enum(outcome, MemberEnd::Outcome::limit));
    const std::string reason = CAIRN_TRY(take_sized(reader, kReasonBytesMax));
    CAIRN_TRY(require_end(reader));
    const bool skipped = end.outcome == MemberEnd::Outcome::skipped;
    if (skipped != (turn_ == Turn::skipping)) {
        return fail(Errc::corrupt_data, "archive reader: member skipped against our wish");
    }
    end.reason = printable(reason);
    turn_ = Turn::between;
    return end;
}

Result<ArchiveEnd> AnswerParser::parse_end(Bytes payload) {
    if (turn_ != Turn::between && turn_ != Turn::stopping) {
        return out_of_turn(static_cast<std::uint32_t>(Say::end));
    }
    ByteReader reader(payload);
    ArchiveEnd end;
    const std::uint8_t outcome = CAIRN_TRY(reader.u8());
    end.outcome = CAIRN_TRY(checked_enum(outcome, ArchiveEnd::Outcome::limit));
    end.members = CAIRN_TRY(reader.u64_le());
    const std::string format = CAIRN_TRY(take_sized(reader, kFormatBytesMax));
    const std::string reason = CAIRN_TRY(take_sized(reader, kReasonBytesMax));
    CAIRN_TRY(require_end(reader));
    const bool stopped = end.outcome == ArchiveEnd::Outcome::stopped;
    if (end.members != members_ || stopped != (turn_ == Turn::stopping)) {
        return fail(Errc::corrupt_data, "archive reader: malformed end");
    }
    end.format = printable(format);
    end.reason = printable(reason);
    turn_ = Turn::over;
    return end;
}

}  // namespace cairn::evidence
