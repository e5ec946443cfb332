// A child that says anything: the parser accepts only numbered members, content when wanted, and
// one end; what it accepts survives being said again.
#include <cstdlib>

#include "evidence/archive_protocol.h"

namespace {

using namespace cairn::evidence;
using cairn::ByteReader;
using cairn::Bytes;
using cairn::ByteVector;
using cairn::confine::Message;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Two bytes of type and length each, then the payload.
cairn::Result<Message> next_message(ByteReader& reader) {
    Message message;
    const std::uint16_t type = CAIRN_TRY(reader.u16_le());
    const std::uint16_t size = CAIRN_TRY(reader.u16_le());
    const Bytes payload = CAIRN_TRY(reader.take(size));
    message.type = type;
    message.payload.assign(payload.begin(), payload.end());
    return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader reader(Bytes(data, size));
    constexpr std::uint64_t kMembersMax = 20;
    AnswerParser parser(kMembersMax);
    std::uint64_t members = 0;
    auto want = MemberSink::Want::skip;
    bool over = false;
    while (true) {
        const auto message = next_message(reader);
        if (!message) return 0;
        const auto answer = parser.parse(*message);
        if (!answer) return 0;
        require(!over);
        if (const auto* member = std::get_if<ArchiveMember>(&*answer)) {
            require(member->ordinal == members++ && members <= kMembersMax);
            require(member->name.size() <= kNameBytesMax);
            require(encode_member(*member).size() == message->payload.size());
            want = static_cast<MemberSink::Want>(member->name.size() % 3);
            parser.answered(want);
        } else if (std::holds_alternative<DataBytes>(*answer)) {
            require(want == MemberSink::Want::content);
        } else if (const auto* end = std::get_if<MemberEnd>(&*answer)) {
            const bool skipped = end->outcome == MemberEnd::Outcome::skipped;
            require(skipped == (want == MemberSink::Want::skip));
        } else if (const auto* whole = std::get_if<ArchiveEnd>(&*answer)) {
            require(whole->members == members);
            over = true;
        }
        require(parser.members() == members);
    }
}
