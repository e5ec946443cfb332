#include "bus/event_codec.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace cairn::bus {
namespace {

using testing::HasSubstr;

const Event kEvent = {
    .topic = "case_changed",
    .agency = "0123456789abcdef0123456789abcdef",
    .case_id = "fedcba9876543210fedcba9876543210",
    .object = "scan:5f0c"};

rc::Gen<std::string> words(std::size_t bytes_max) {
    const auto character = rc::gen::elementOf(std::string("azAZ09_:.-"));
    return rc::gen::suchThat(
        rc::gen::container<std::string>(character),
        [=](const std::string& text) { return text.size() <= bytes_max; }
    );
}

RC_GTEST_PROP(EventCodec, DecodeInvertsEncode, ()) {
    const Event event = {
        .topic = "t" + *words(kTopicBytesMax - 1),
        .agency = *words(kAgencyBytesMax),
        .case_id = *words(kCaseIdBytesMax),
        .object = *words(kObjectBytesMax)};
    RC_ASSERT(check_event(event).has_value());
    const auto decoded = decode_event(encode_event(event));
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == event);
}

RC_GTEST_PROP(EventCodec, AcceptsOnlyWhatItWrites, (ByteVector bytes)) {
    bytes.insert(bytes.begin(), 1);
    const auto decoded = decode_event(bytes);
    if (decoded) RC_ASSERT(encode_event(*decoded) == bytes);
}

TEST(EventCodec, RefusesEveryTruncationAndEveryTail) {
    ByteVector whole = encode_event(kEvent);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto cut = decode_event(Bytes(whole).first(size));
        ASSERT_FALSE(cut) << size;
        EXPECT_EQ(cut.error().code, Errc::corrupt_data);
    }
    whole.push_back(0);
    EXPECT_EQ(decode_event(whole).error().code, Errc::corrupt_data);
}

TEST(EventCodec, RefusesAnotherVersion) {
    ByteVector bytes = encode_event(kEvent);
    bytes.front() = 2;
    EXPECT_THAT(decode_event(bytes).error().message, HasSubstr("version 2"));
}

TEST(EventCodec, KeepsTheLimitOfEachField) {
    Event full = {
        .topic = std::string(kTopicBytesMax, 't'),
        .agency = std::string(kAgencyBytesMax, 'a'),
        .case_id = std::string(kCaseIdBytesMax, 'c'),
        .object = std::string(kObjectBytesMax, 'o')};
    EXPECT_LE(encode_event(full).size(), kEncodedBytesMax);
    ASSERT_TRUE(decode_event(encode_event(full)));
    for (std::string Event::*field :
         {&Event::topic, &Event::agency, &Event::case_id, &Event::object}) {
        Event longer = full;
        (longer.*field) += 'x';
        EXPECT_EQ(check_event(longer).error().code, Errc::invalid_argument);
        EXPECT_EQ(decode_event(encode_event(longer)).error().code, Errc::corrupt_data);
    }
    EXPECT_THAT(
        decode_event(ByteVector(kEncodedBytesMax + 1, 1)).error().message, HasSubstr("are allowed")
    );
}

TEST(EventCodec, RefusesWhatNoIdIsMadeOf) {
    const std::vector<std::string> bad_texts = {
        " ", "\n", "a b", "caf\xC3\xA9", std::string(1, '\0'), "a/b"};
    for (const std::string& bad : bad_texts) {
        Event event = kEvent;
        event.object = bad;
        EXPECT_THAT(check_event(event).error().message, HasSubstr("object"));
        EXPECT_EQ(decode_event(encode_event(event)).error().code, Errc::corrupt_data);
    }
    Event nameless = kEvent;
    nameless.topic.clear();
    EXPECT_THAT(check_event(nameless).error().message, HasSubstr("no topic"));
    EXPECT_FALSE(decode_event(encode_event(nameless)));
}

}  // namespace
}  // namespace cairn::bus
