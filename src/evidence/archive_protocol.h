#pragma once

#include <variant>

#include "confine/message.h"
#include "evidence/archive_reader.h"

/// What a Cairn process and its confined cairn-reader say to each other, one confine::Message
/// each. Integers little-endian; "sized" is a LEB128 length and that many bytes.
///
///   child  -> parent  ready      u32 protocol version; once, after lock_down
///   parent -> child   begin      descriptor of the archive; u64 size of it, u8 file type,
///                                u64 members_max, u32 seconds of CPU time for each step,
///                                LEB128 number of passwords, each sized
///   child  -> parent  member     u8 kind, u8 MemberFlag bits, u64 ordinal (0, 1, 2, ...),
///                                u64 size, i64 microseconds since 1970, the rest: name
///   parent -> child   want       u8 MemberSink::Want, u64 ordinal; answers each member
///   child  -> parent  data       1 to 65,536 bytes of the member that is wanted
///   parent -> child   enough     u64 ordinal: no more of this member; may come too late
///   child  -> parent  member_end u8 outcome, sized reason; ends each member but a stopped one
///   child  -> parent  working    nothing; at most once a second while nothing else is to be said
///   child  -> parent  end        u8 outcome, u64 members, sized format, sized reason
///
/// A child serves one archive after the other until its channel closes. The parent believes
/// nothing: AnswerParser refuses what is out of range or out of turn.
namespace cairn::evidence {

inline constexpr std::uint32_t kProtocolVersion = 1;

enum class Say : std::uint32_t {
    begin = 1,
    want = 2,
    enough = 3,
    ready = 16,
    member = 17,
    data = 18,
    member_end = 19,
    working = 20,
    end = 21,
};

inline constexpr std::size_t kNameBytesMax = 4096;  // specs/storage.md section 8
inline constexpr std::size_t kReasonBytesMax = 512;
inline constexpr std::size_t kFormatBytesMax = 128;
inline constexpr std::size_t kPasswordBytesMax = 32768;  // all together, so that begin fits
inline constexpr std::size_t kDataBytesMax = confine::kPayloadMax;

/// Parent to child: one archive to read.
struct Begin {
    std::uint64_t size_bytes = 0;
    fingerprint::FileType type = fingerprint::FileType::unknown;
    std::uint64_t members_max = 0;
    std::uint32_t cpu_seconds_per_step = 0;
    std::vector<std::string> passwords;
};

ByteVector encode_begin(const Begin& begin);
ByteVector encode_want(MemberSink::Want want, std::uint64_t ordinal);
ByteVector encode_enough(std::uint64_t ordinal);
/// Names longer than kNameBytesMax are cut and end with " [name cut]".
ByteVector encode_member(const ArchiveMember& member);
ByteVector encode_member_end(const MemberEnd& end);
ByteVector encode_end(const ArchiveEnd& end);
ByteVector encode_ready();

Result<Begin> decode_begin(Bytes payload);
/// Errc::corrupt_data unless it speaks of `ordinal`.
Result<MemberSink::Want> decode_want(Bytes payload, std::uint64_t ordinal);
Result<std::uint64_t> decode_enough(Bytes payload);

/// Nothing new; the child is at work.
struct Working {};
/// A view into the message that was parsed.
struct DataBytes {
    Bytes bytes;
};
using Answer = std::variant<Working, ArchiveMember, DataBytes, MemberEnd, ArchiveEnd>;

/// Judges the messages of a child during one archive: form, ranges and turns. Texts come out
/// printable. After an error the child is not to be trusted any more.
class AnswerParser {
public:
    explicit AnswerParser(std::uint64_t members_max) : members_max_(members_max) {}

    Result<Answer> parse(const confine::Message& message);
    /// The caller tells what it answered to the last member.
    void answered(MemberSink::Want want);
    /// Members seen so far.
    std::uint64_t members() const { return members_; }

private:
    enum class Turn : std::uint8_t { between, asked, content, skipping, stopping, over };

    Result<ArchiveMember> parse_member(Bytes payload);
    Result<DataBytes> parse_data(Bytes payload) const;
    Result<MemberEnd> parse_member_end(Bytes payload);
    Result<ArchiveEnd> parse_end(Bytes payload);

    std::uint64_t members_max_;
    std::uint64_t members_ = 0;
    Turn turn_ = Turn::between;
};

/// Errc::unsupported unless `message` is the ready of our own version.
Status check_ready(const confine::Message& message);

}  // namespace cairn::evidence
