#include "evidence/archive_protocol.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::evidence {
namespace {

using Outcome = MemberEnd::Outcome;
using Want = MemberSink::Want;
using Whole = ArchiveEnd::Outcome;

confine::Message message(Say type, ByteVector payload) {
    return {static_cast<std::uint32_t>(type), std::move(payload), Fd()};
}

ArchiveMember sample(std::uint64_t ordinal) {
    ArchiveMember member;
    member.ordinal = ordinal;
    member.name = "caf\xE9\n";
    member.size_bytes = 7;
    member.modified = UtcTime(std::chrono::microseconds(-5));
    member.encrypted = true;
    return member;
}

/// A parser that has been asked about member 0 and told `want`.
AnswerParser answered(Want want) {
    AnswerParser parser(10);
    EXPECT_TRUE(parser.parse(message(Say::member, encode_member(sample(0)))));
    parser.answered(want);
    return parser;
}

ByteVector member_end(Outcome outcome) {
    return encode_member_end({outcome, ""});
}

ByteVector whole_end(Whole outcome, std::uint64_t members) {
    return encode_end({outcome, "ZIP", members, ""});
}

TEST(ArchiveProtocol, AWholeConversationIsUnderstood) {
    AnswerParser parser = answered(Want::content);
    EXPECT_TRUE(parser.parse(message(Say::working, {})));
    const confine::Message data = message(Say::data, {1, 2, 3});
    const auto bytes = parser.parse(data);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(std::get<DataBytes>(*bytes).bytes.size(), 3U);
    const auto end =
        parser.parse(message(Say::member_end, encode_member_end({Outcome::damaged, "a\nb"})));
    ASSERT_TRUE(end);
    EXPECT_EQ(std::get<MemberEnd>(*end).reason, "a\\nb");
    const auto whole = parser.parse(message(Say::end, whole_end(Whole::complete, 1)));
    ASSERT_TRUE(whole);
    EXPECT_EQ(std::get<ArchiveEnd>(*whole).format, "ZIP");
    EXPECT_FALSE(parser.parse(message(Say::working, {})));
}

TEST(ArchiveProtocol, MembersComeBackAsSent) {
    AnswerParser parser(1);
    const auto parsed = parser.parse(message(Say::member, encode_member(sample(0))));
    ASSERT_TRUE(parsed);
    const auto& member = std::get<ArchiveMember>(*parsed);
    EXPECT_EQ(member.name, "caf\xE9\n");
    EXPECT_EQ(member.size_bytes, 7U);
    EXPECT_EQ(member.modified, UtcTime(std::chrono::microseconds(-5)));
    EXPECT_TRUE(member.encrypted);
}

TEST(ArchiveProtocol, TimesNobodyCanPrintAreLeftOut) {
    ArchiveMember member;
    member.modified = UtcTime(std::chrono::microseconds(INT64_MAX));
    AnswerParser parser(1);
    const auto parsed = parser.parse(message(Say::member, encode_member(member)));
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(std::get<ArchiveMember>(*parsed).modified);
}

TEST(ArchiveProtocol, LongNamesAndReasonsAreCut) {
    ArchiveMember member;
    member.name = std::string(10'000, 'n');
    AnswerParser parser(1);
    const auto parsed = parser.parse(message(Say::member, encode_member(member)));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::get<ArchiveMember>(*parsed).name.size(), kNameBytesMax);
    EXPECT_TRUE(std::get<ArchiveMember>(*parsed).name.ends_with("n [name cut]"));
    parser.answered(Want::content);
    const ByteVector end = encode_member_end({Outcome::damaged, std::string(5000, 'r')});
    EXPECT_TRUE(parser.parse(message(Say::member_end, end)));
}

TEST(ArchiveProtocol, WhatComesOutOfTurnIsRefused) {
    const ByteVector member = encode_member(sample(1));
    // Before anything was asked.
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::data, {1})));
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::member_end, member_end(Outcome::complete))));
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::ready, encode_ready())));
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::begin, {})));
    // While a member is being read.
    EXPECT_FALSE(answered(Want::content).parse(message(Say::member, member)));
    EXPECT_FALSE(answered(Want::content).parse(message(Say::end, whole_end(Whole::complete, 1))));
    EXPECT_FALSE(answered(Want::content).parse(message(Say::data, {})));
    EXPECT_FALSE(
        answered(Want::content).parse(message(Say::member_end, member_end(Outcome::skipped)))
    );
    // While one is skipped.
    EXPECT_FALSE(answered(Want::skip).parse(message(Say::data, {1})));
    EXPECT_FALSE(answered(Want::skip).parse(message(Say::member_end, member_end(Outcome::complete)))
    );
    // After a stop.
    EXPECT_FALSE(answered(Want::stop).parse(message(Say::member_end, member_end(Outcome::skipped)))
    );
    EXPECT_FALSE(answered(Want::stop).parse(message(Say::end, whole_end(Whole::complete, 1))));
    EXPECT_TRUE(answered(Want::stop).parse(message(Say::end, whole_end(Whole::stopped, 1))));
}

TEST(ArchiveProtocol, AChildCannotClaimACrashOrAWrongCount) {
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::end, whole_end(Whole::crashed, 0))));
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::end, whole_end(Whole::complete, 1))));
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::end, whole_end(Whole::stopped, 0))));
}

TEST(ArchiveProtocol, MoreMembersThanAllowedAreRefused) {
    EXPECT_FALSE(AnswerParser(0).parse(message(Say::member, encode_member(sample(0)))));
}

TEST(ArchiveProtocol, ADescriptorFromTheChildIsRefused) {
    auto fd = make_memory_file("x");
    ASSERT_TRUE(fd);
    confine::Message with_fd = message(Say::working, {});
    with_fd.fd = std::move(*fd);
    EXPECT_FALSE(AnswerParser(9).parse(with_fd));
}

TEST(ArchiveProtocol, TrailingBytesAreRefused) {
    ByteVector end = whole_end(Whole::complete, 0);
    end.push_back(0);
    EXPECT_FALSE(AnswerParser(9).parse(message(Say::end, end)));
    ByteVector want = encode_want(Want::skip, 3);
    EXPECT_TRUE(decode_want(want, 3));
    EXPECT_FALSE(decode_want(want, 4));
    want.push_back(0);
    EXPECT_FALSE(decode_want(want, 3));
}

RC_GTEST_PROP(ArchiveProtocol, BeginComesBackAsSent, (std::vector<std::string> passwords)) {
    Begin begin;
    begin.size_bytes = *rc::gen::arbitrary<std::uint64_t>();
    begin.members_max = *rc::gen::arbitrary<std::uint64_t>();
    begin.cpu_seconds_per_step = *rc::gen::arbitrary<std::uint32_t>();
    begin.type = fingerprint::FileType::rar;
    begin.passwords = passwords;
    const auto back = decode_begin(encode_begin(begin));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->size_bytes == begin.size_bytes);
    RC_ASSERT(back->members_max == begin.members_max);
    RC_ASSERT(back->cpu_seconds_per_step == begin.cpu_seconds_per_step);
    RC_ASSERT(back->type == begin.type);
    RC_ASSERT(back->passwords == passwords);
}

RC_GTEST_PROP(ArchiveProtocol, EveryCutMessageIsRefused, (const std::string& reason)) {
    const ByteVector whole = encode_end({Whole::damaged, "tar", 0, reason.substr(0, 100)});
    const auto size = *rc::gen::inRange<std::size_t>(0, whole.size());
    AnswerParser parser(1);
    RC_ASSERT(!parser.parse(message(Say::end, {whole.begin(), whole.begin() + std::ptrdiff_t(size)})
    ));
}

}  // namespace
}  // namespace cairn::evidence
