#include "client/connection.h"

#include <deque>

#include <gmock/gmock.h>

namespace cairn::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// What a server was asked, and what it answers in turn.
struct Script {
    std::vector<fetch::Request> asked;
    std::deque<Result<fetch::Answer>> answers;

    void answer(int status, std::string body) {
        answers.emplace_back(fetch::Answer{.status = status, .body = std::move(body)});
    }
    void lose() {
        answers.emplace_back(fail(Errc::unavailable, "lost").because("connection_lost"));
    }
};

class ScriptedServer final : public fetch::Requester {
public:
    explicit ScriptedServer(Script& script) : script_(script) {}

    Result<fetch::Answer> request(const fetch::Request& request) override {
        script_.asked.push_back(request);
        if (script_.answers.empty()) return fail(Errc::internal, "asked too often");
        auto answer = std::move(script_.answers.front());
        script_.answers.pop_front();
        return answer;
    }

private:
    Script& script_;
};

class AnyConnection : public testing::Test {
protected:
    std::string field(std::size_t question, std::string_view name) const {
        for (const auto& one : script_.asked.at(question).fields) {
            if (one.name == name) return one.value;
        }
        return "";
    }

    Script script_;
    Connection connection_{
        std::make_unique<ScriptedServer>(script_),
        {.address = "https://cairn.example.org:8443",
         .token = "secret",
         .ground = {.purpose = "investigation", .authority = "a1", .approval = ""}}};
};

TEST_F(AnyConnection, SendsTokenAndGround) {
    script_.answer(200, R"({"id":"1"})");
    const auto answer = connection_.get("/api/v1/cases/1");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ((*answer)["id"], "1");
    EXPECT_EQ(script_.asked[0].url, "https://cairn.example.org:8443/api/v1/cases/1");
    EXPECT_EQ(field(0, "Authorization"), "Bearer secret");
    EXPECT_EQ(field(0, "Cairn-Purpose"), "investigation");
    EXPECT_EQ(field(0, "Cairn-Authority"), "a1");
    EXPECT_EQ(field(0, "Cairn-Approval"), "");
}

TEST_F(AnyConnection, GivesNullForAnAnswerWithoutContent) {
    script_.answer(204, "");
    const auto answer = connection_.post("/api/v1/cases/1/close");
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_null());
    EXPECT_FALSE(script_.asked[0].body);
}

TEST_F(AnyConnection, SaysWhatTheServerRefusesAndWhichFieldsAreWrong) {
    script_.answer(400, R"({"type":"urn:cairn:problem:invalid_request","title":"Not so",
        "detail":"see errors","errors":[{"pointer":"#/login","detail":"must be text"},
        {"query":"limit","detail":"must be less"}]})");
    const auto refused = connection_.post("/api/v1/users", Json::object());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_EQ(
        refused.error().message,
        "cairn.example.org: Not so; login: must be text; limit: must be less"
    );
}

TEST_F(AnyConnection, SaysHowToSignInAgainWhenTheSessionIsOver) {
    script_.answer(401, R"({"type":"urn:cairn:problem:session_over","detail":"it is over"})");
    const auto refused = connection_.get("/api/v1/session");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unauthenticated);
    EXPECT_EQ(refused.error().reason, "session_over");
    EXPECT_THAT(refused.error().message, HasSubstr("cairn login https://cairn.example.org:8443"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
}

TEST_F(AnyConnection, EditsWhatItLookedAt) {
    script_.answers.emplace_back(fetch::Answer{.status = 200, .body = "{}", .tag = "\"r7\""});
    script_.answer(204, "");
    ASSERT_TRUE(connection_.edit("/u/1", fetch::Method::put, "/u/1/roles", {{"roles", {"a"}}}));
    EXPECT_EQ(script_.asked[0].url, "https://cairn.example.org:8443/u/1");
    EXPECT_EQ(script_.asked[1].url, "https://cairn.example.org:8443/u/1/roles");
    EXPECT_EQ(field(1, "If-Match"), "\"r7\"");
    EXPECT_EQ(script_.asked[1].body, R"({"roles":["a"]})");
}

TEST_F(AnyConnection, SaysThatAnotherEditWasFaster) {
    script_.answers.emplace_back(fetch::Answer{.status = 200, .body = "{}", .tag = "\"r7\""});
    script_.answer(412, R"({"type":"urn:cairn:problem:changed_meanwhile","detail":"now at 8"})");
    const auto refused = connection_.edit("/u/1", fetch::Method::post, "/u/1/disable");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(refused.error().reason, "changed_meanwhile");
    EXPECT_THAT(refused.error().message, HasSubstr("look at what it is now"));
}

TEST_F(AnyConnection, EditsNothingThatItMayNotLookAt) {
    script_.answer(404, R"({"type":"urn:cairn:problem:not_found","detail":"no user"})");
    EXPECT_FALSE(connection_.edit("/u/1", fetch::Method::post, "/u/1/disable"));
    EXPECT_EQ(script_.asked.size(), 1U);
}

TEST_F(AnyConnection, SendsAndReceivesWholeFiles) {
    script_.answer(200, "{}");
    script_.answer(200, "");
    ASSERT_TRUE(connection_.send_file(fetch::Method::put, "/api/v1/lists/a", 7));
    EXPECT_EQ(script_.asked[0].body_file, 7);
    EXPECT_EQ(field(0, "Content-Type"), "application/octet-stream");
    ASSERT_TRUE(connection_.receive_file("/api/v1/report", 8));
    EXPECT_EQ(script_.asked[1].answer_file, 8);
}

TEST_F(AnyConnection, SaysHowToGetAnApproval) {
    script_.answer(403, R"({"type":"urn:cairn:problem:approval_required","detail":"needs one"})");
    const auto refused = connection_.post("/api/v1/cases/1/shred");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "approval_required");
    EXPECT_THAT(refused.error().message, HasSubstr("--approval"));
}

TEST_F(AnyConnection, KeepsTheTerminalFromWhatAStrangerWrites) {
    script_.answer(404, "{\"detail\":\"\\u001b[31mred\\nline\"}");
    const auto refused = connection_.get("/x");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, Not(HasSubstr("\x1b")));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("\n")));
}

TEST_F(AnyConnection, BearsAProblemThatIsNone) {
    script_.answer(502, "<html>proxy</html>");
    script_.answer(400, R"({"errors":7,"type":[],"detail":{}})");
    EXPECT_EQ(connection_.get("/x").error().message, "cairn.example.org: status 502");
    EXPECT_EQ(connection_.get("/x").error().code, Errc::invalid_argument);
}

TEST_F(AnyConnection, RefusesAnAnswerThatIsNoObject) {
    script_.answer(200, "<html>hello</html>");
    const auto refused = connection_.get("/api/v1/session");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::corrupt_data);
}

TEST_F(AnyConnection, SendsACreationAgainUnderTheSameName) {
    script_.lose();
    script_.answer(201, R"({"id":"7"})");
    const auto made = connection_.create("/api/v1/cases", {{"title", "Harbour"}});
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_EQ(script_.asked.size(), 2U);
    EXPECT_EQ(field(0, "Idempotency-Key").size(), 32U);
    EXPECT_EQ(field(0, "Idempotency-Key"), field(1, "Idempotency-Key"));
    EXPECT_EQ(script_.asked[0].body, script_.asked[1].body);
}

TEST_F(AnyConnection, GivesUpAfterAFewLosses) {
    for (int i = 0; i < 3; ++i) script_.lose();
    const auto lost = connection_.create("/api/v1/cases", Json::object());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::unavailable);
    EXPECT_EQ(script_.asked.size(), 3U);
}

TEST_F(AnyConnection, SendsNothingElseTwice) {
    script_.lose();
    EXPECT_FALSE(connection_.post("/api/v1/sign-in", Json::object()));
    EXPECT_EQ(script_.asked.size(), 1U);
}

TEST_F(AnyConnection, ReadsAllPagesOfAList) {
    script_.answer(200, R"({"items":[{"id":1},{"id":2}],"next":"5-a/b"})");
    script_.answer(200, R"({"items":[{"id":3}],"next":null})");
    std::vector<int> ids;
    const auto take = [&ids](const Json& item) { ids.push_back(item["id"].get<int>()); };
    ASSERT_TRUE(connection_.each_item("/api/v1/users?limit=2", 100, take));
    EXPECT_THAT(ids, ElementsAre(1, 2, 3));
    EXPECT_THAT(script_.asked[1].url, HasSubstr("?limit=2&after=5-a%2Fb"));
}

TEST_F(AnyConnection, StopsAtTheCountAndAtAPageThatLeadsNowhere) {
    script_.answer(200, R"({"items":[{},{},{}],"next":"1"})");
    int count = 0;
    ASSERT_TRUE(connection_.each_item("/x", 2, [&count](const Json&) { ++count; }));
    EXPECT_EQ(count, 2);
    script_.answer(200, R"({"items":[],"next":"1"})");
    script_.answer(200, R"({"items":[],"next":"1"})");
    EXPECT_TRUE(connection_.each_item("/x", 2, [](const Json&) {}));
    script_.answer(200, R"({"things":[]})");
    EXPECT_EQ(connection_.each_item("/x", 2, [](const Json&) {}).error().code, Errc::corrupt_data);
}

}  // namespace
}  // namespace cairn::client
