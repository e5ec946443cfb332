#include "identity/token.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cairn::identity {
namespace {

TEST(Token, SurvivesItsText) {
    for (const TokenKind kind :
         {TokenKind::session, TokenKind::invitation, TokenKind::reset, TokenKind::api_key}) {
        const Token token = Token::random(kind);
        const auto again = Token::parse(kind, token.text());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->digest(), token.digest());
        EXPECT_EQ(again->text(), token.text());
    }
}

TEST(Token, IsNeverTheSameTwice) {
    EXPECT_NE(
        Token::random(TokenKind::session).digest(), Token::random(TokenKind::session).digest()
    );
}

TEST(Token, OfOneKindIsNotOfAnother) {
    const std::string text = Token::random(TokenKind::session).text();
    EXPECT_EQ(Token::parse(TokenKind::reset, text).error().code, Errc::invalid_argument);
    // Nor with the prefix exchanged: the checksum covers it.
    const std::string digits = text.substr(std::string_view("cairn_session_").size());
    EXPECT_FALSE(Token::parse(TokenKind::reset, "cairn_reset_" + digits));
}

RC_GTEST_PROP(Token, ATypingErrorIsTold, ()) {
    const std::string text = Token::random(TokenKind::invitation).text();
    std::string altered = text;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    altered[at] = *rc::gen::inRange<char>(' ', '~');
    RC_PRE(altered != text);
    const auto refused = Token::parse(TokenKind::invitation, altered);
    RC_ASSERT(!refused);
    RC_ASSERT(refused.error().code == Errc::invalid_argument);
    RC_ASSERT(refused.error().message.find(text.substr(20, 8)) == std::string::npos);
}

TEST(Token, RefusesOtherLengthsAndSpellings) {
    const std::string text = Token::random(TokenKind::session).text();
    for (std::size_t length = 0; length < text.size(); ++length) {
        EXPECT_FALSE(Token::parse(TokenKind::session, text.substr(0, length)));
    }
    EXPECT_FALSE(Token::parse(TokenKind::session, text + "0"));
    EXPECT_FALSE(Token::parse(TokenKind::session, text + "\n"));
    EXPECT_FALSE(Token::parse(TokenKind::session, " " + text));
}

}  // namespace
}  // namespace cairn::identity
