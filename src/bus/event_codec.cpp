#include "bus/event_codec.h"

#include <algorithm>
#include <array>

namespace cairn::bus {
namespace {

constexpr std::uint8_t kVersion = 1;

struct Field {
    std::string_view name;
    std::string Event::*value;
    std::size_t bytes_max;
};
/// In the order in which they are written.
constexpr std::array kFields = {
    Field{.name = "topic", .value = &Event::topic, .bytes_max = kTopicBytesMax},
    Field{.name = "agency", .value = &Event::agency, .bytes_max = kAgencyBytesMax},
    Field{.name = "case_id", .value = &Event::case_id, .bytes_max = kCaseIdBytesMax},
    Field{.name = "object", .value = &Event::object, .bytes_max = kObjectBytesMax},
};

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':' || c == '.' || c == '-';
}

}  // namespace

Status check_event(const Event& event) {
    if (event.topic.empty()) return fail(Errc::invalid_argument, "an event has no topic");
    for (const Field& field : kFields) {
        const std::string& value = event.*field.value;
        if (value.size() > field.bytes_max) {
            return fail(
                Errc::invalid_argument,
                "the {} of an event has {} bytes; {} are allowed",
                field.name,
                value.size(),
                field.bytes_max
            );
        }
        if (!std::all_of(value.begin(), value.end(), is_id_character)) {
            return fail(
                Errc::invalid_argument,
                "the {} of an event has a character other than letters, digits and _ : . -",
                field.name
            );
        }
    }
    return ok();
}

ByteVector encode_event(const Event& event) {
    ByteWriter writer;
    writer.u8(kVersion);
    for (const Field& field : kFields) writer.sized(as_bytes(event.*field.value));
    return writer.take();
}

Result<Event> decode_event(Bytes bytes) {
    if (bytes.size() > kEncodedBytesMax) {
        return fail(
            Errc::corrupt_data,
            "an event of {} bytes; {} are allowed",
            bytes.size(),
            kEncodedBytesMax
        );
    }
    ByteReader reader(bytes);
    const std::uint8_t version = CAIRN_TRY(reader.u8());
    if (version != kVersion) {
        return fail(Errc::corrupt_data, "an event of version {}, not {}", version, kVersion);
    }
    Event event;
    for (const Field& field : kFields) {
        const std::uint64_t size = CAIRN_TRY(reader.leb128());
        const Bytes value = CAIRN_TRY(reader.take(size));
        event.*field.value = as_text(value);
    }
    if (!reader.at_end()) {
        return fail(Errc::corrupt_data, "{} bytes after an event", reader.remaining());
    }
    if (const Status sound = check_event(event); !sound) {
        return fail(Errc::corrupt_data, "{}", sound.error().message);
    }
    return event;
}

}  // namespace cairn::bus
