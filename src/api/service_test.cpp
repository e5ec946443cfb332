#include "api/service.h"

#include <gmock/gmock.h>

#include "api/server_world_test.h"

namespace cairn::api::test {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

class ServiceTest : public AnyServer {
protected:
    const Asker nobody_{};
    Asker administrator_ = world_.administrator();
    Asker investigator_ = world_.add_user(
        administrator_, "Agency A", "one", {"investigator", "supervisor"}, "investigation"
    );
};

TEST_P(ServiceTest, NobodyGetsInWithoutBothFactors) {
    Asker half;
    world_.begin(half, "Agency A", "one");
    half.purpose = "investigation";
    EXPECT_EQ(world_.get(half, "/api/v1/cases").status, 401);
    EXPECT_EQ(world_.get(half, "/api/v1/session").json["stage"], "code_wanted");
    EXPECT_EQ(world_.get(nobody_, "/api/v1/cases").problem(), "sign_in_required");
    const auto wrong = world_.post(half, "/api/v1/sign-in/code", {{"code", "000000"}});
    EXPECT_EQ(wrong.status, 401);
    half.secret = investigator_.secret;
    const auto right = world_.post(half, "/api/v1/sign-in/code", {{"code", world_.code_of(half)}});
    EXPECT_EQ(right.status, 200);
    EXPECT_NE(right.json["token"], half.token);
}

TEST_P(ServiceTest, WhoIsUnknownAndWhoIsWrongAreAnsweredAlike) {
    const auto ask = [&](const char* agency, const char* login, const char* password) {
        return world_
            .post(
                nobody_,
                "/api/v1/sign-in",
                {{"agency", agency}, {"login", login}, {"password", password}}
            )
            .text();
    };
    const std::string wrong = ask("Agency A", "one", "not the password at all");
    EXPECT_EQ(ask("Agency A", "nobody", "not the password at all"), wrong);
    EXPECT_EQ(ask("Agency Z", "one", "not the password at all"), wrong);
    EXPECT_THAT(wrong, HasSubstr("401"));
}

TEST_P(ServiceTest, ACookieIsDeadAfterLogOut) {
    Asker page{.purpose = "investigation", .by_cookie = true};
    world_.begin(page, "Agency A", "one");
    page.secret = investigator_.secret;
    const auto in = world_.post(page, "/api/v1/sign-in/code", {{"code", world_.code_of(page)}});
    ServerWorld::expect(200, in);
    EXPECT_FALSE(in.json.contains("token")) << "scripts of a page must not read it";
    const Asker before = page;
    ServerWorld::take(page, in);
    EXPECT_EQ(world_.get(before, "/api/v1/cases").status, 401) << "another token than before";
    EXPECT_EQ(world_.get(page, "/api/v1/cases").status, 200);
    EXPECT_EQ(world_.remove(page, "/api/v1/session").status, 204);
    EXPECT_EQ(world_.get(page, "/api/v1/cases").problem(), "session_over");
}

TEST_P(ServiceTest, ASessionEndsWhenNobodyUsesItAndAtItsEnd) {
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases").status, 200);
    world_.clock().advance(minutes(16));
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases").status, 401);
    for (int passed = 0; passed < 12 * 60; passed += 10) {
        world_.clock().advance(minutes(10));
        world_.get(administrator_, "/api/v1/users");
    }
    EXPECT_EQ(world_.get(administrator_, "/api/v1/users").status, 401);
}

TEST_P(ServiceTest, APageOfAnotherSiteChangesNothing) {
    Asker page{.purpose = "investigation", .by_cookie = true};
    world_.begin(page, "Agency A", "one");
    page.secret = investigator_.secret;
    ServerWorld::take(
        page, world_.post(page, "/api/v1/sign-in/code", {{"code", world_.code_of(page)}})
    );
    const nlohmann::json body = {{"title", "Harbour"}};
    Asker without = page;
    without.csrf = "";
    EXPECT_EQ(world_.post(without, "/api/v1/cases", body).problem(), "csrf_token_wrong");
    without.csrf = administrator_.csrf;
    EXPECT_EQ(world_.post(without, "/api/v1/cases", body).problem(), "csrf_token_wrong");
    for (const auto& [name, value] :
         {std::pair("Origin", "https://evil.example"),
          std::pair("Origin", "null"),
          std::pair("Sec-Fetch-Site", "cross-site"),
          std::pair("Sec-Fetch-Site", "same-site")}) {
        auto request = ServerWorld::with_body(http::Method::post, "/api/v1/cases", body);
        request.fields.add(name, value);
        EXPECT_EQ(world_.ask(page, std::move(request)).problem(), "other_site") << value;
    }
    auto request = ServerWorld::with_body(http::Method::post, "/api/v1/cases", body);
    request.fields.add("Origin", "https://cairn.example.org");
    request.fields.add("Sec-Fetch-Site", "same-origin");
    EXPECT_EQ(world_.ask(page, std::move(request)).status, 201);
}

TEST_P(ServiceTest, ASessionUsedFromElsewhereAlerts) {
    Asker auditor =
        world_.add_user(administrator_, "Agency A", "auditor", {"auditor"}, "oversight");
    EXPECT_EQ(world_.get(auditor, "/api/v1/alerts").json["items"].size(), 0U);
    Asker moved = investigator_;
    moved.address = "198.51.100.7";
    EXPECT_EQ(world_.get(moved, "/api/v1/cases").status, 200);
    EXPECT_EQ(world_.get(moved, "/api/v1/cases").status, 200);
    const auto alerts = world_.get(auditor, "/api/v1/alerts").json["items"];
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts[0]["kind"], "session_moved");
}

TEST_P(ServiceTest, WithoutPurposeNothingIsDone) {
    Asker asker = investigator_;
    asker.purpose = "";
    EXPECT_EQ(world_.get(asker, "/api/v1/cases").problem(), "purpose_required");
    asker.purpose = "curiosity";
    const auto unknown = world_.get(asker, "/api/v1/cases");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.json["errors"][0]["header"], "Cairn-Purpose");
}

TEST_P(ServiceTest, BadRequestsAreNamedAndDoNothing) {
    const auto send = [&](const std::string& body, const char* type) {
        auto request = ServerWorld::request_of(http::Method::post, "/api/v1/cases");
        request.fields.add("Content-Type", type);
        request.body = body;
        return world_.ask(investigator_, std::move(request));
    };
    EXPECT_EQ(send("{\"title\":\"x\"}", "text/plain").status, 415);
    EXPECT_EQ(send("{\"title\":", "application/json").status, 400);
    EXPECT_EQ(send("[]", "application/json").status, 400);
    EXPECT_EQ(send("{\"title\":\"x\",\"title\":\"y\"}", "application/json").status, 400);
    const auto wrong = send("{\"titel\":\"x\",\"restricted\":1}", "application/json");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.json["errors"].size(), 3U);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases?limit=0").status, 400);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases?limit=1001").status, 400);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases?after=x").status, 400);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases?sort=title").status, 400);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases/xyz").status, 400);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases/count").json["count"], 0);
}

TEST_P(ServiceTest, ACreationAskedForTwiceIsDoneOnce) {
    const auto open = [&](const char* key, const char* title) {
        auto request =
            ServerWorld::with_body(http::Method::post, "/api/v1/cases", {{"title", title}});
        request.fields.add("Idempotency-Key", key);
        return world_.ask(investigator_, std::move(request));
    };
    const auto first = open("key-1", "Harbour");
    EXPECT_EQ(first.status, 201);
    const auto again = open("key-1", "Harbour");
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.json["id"], first.json["id"]);
    EXPECT_EQ(again.location, first.location);
    EXPECT_EQ(open("key-1", "Another").status, 422);
    EXPECT_NE(open("key-2", "Harbour").json["id"], first.json["id"]);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases/count").json["count"], 2);
}

TEST_P(ServiceTest, AnEditOfWhatChangedMeanwhileIsRefused) {
    const std::string user = "/api/v1/users/" + investigator_.id;
    const std::string tag = world_.get(administrator_, user).tag;
    ASSERT_FALSE(tag.empty());
    const auto set_roles = [&](const nlohmann::json& roles) {
        auto request =
            ServerWorld::with_body(http::Method::put, user + "/roles", {{"roles", roles}});
        request.fields.add("If-Match", tag);
        return world_.ask(administrator_, std::move(request));
    };
    EXPECT_EQ(set_roles({"analyst"}).status, 204);
    EXPECT_EQ(set_roles({"reviewer"}).status, 412);
    EXPECT_EQ(world_.get(administrator_, user).json["roles"], nlohmann::json({"analyst"}));
}

TEST_P(ServiceTest, PagesGoOnWhereTheyEnded) {
    for (int i = 0; i < 5; ++i) {
        world_.clock().advance(minutes(1));
        const auto made =
            world_.post(investigator_, "/api/v1/cases", {{"title", "Case " + std::to_string(i)}});
        ServerWorld::expect(201, made);
    }
    std::vector<std::string> titles;
    std::string target = "/api/v1/cases?limit=2";
    for (;;) {
        const auto page = world_.get(investigator_, target);
        ServerWorld::expect(200, page);
        for (const auto& one : page.json["items"]) titles.push_back(one["title"]);
        if (page.json["next"].is_null()) break;
        target = "/api/v1/cases?limit=2&after=" + page.json["next"].get<std::string>();
    }
    EXPECT_THAT(titles, testing::ElementsAre("Case 4", "Case 3", "Case 2", "Case 1", "Case 0"));
}

TEST_P(ServiceTest, AnApiKeyDoesWhatItIsForAndNothingElse) {
    const auto made = world_.post(
        administrator_,
        "/api/v1/users",
        {{"login", "robot"}, {"name", "Robot"}, {"roles", {"service"}}}
    );
    ServerWorld::expect(201, made);
    const std::string id = made.json["id"];
    const auto key = world_.post(
        administrator_,
        "/api/v1/users/" + id + "/api-keys",
        {{"name", "nightly"},
         {"scope", {"case_list"}},
         {"expires", format_utc(world_.clock().now() + std::chrono::hours(24))}}
    );
    ServerWorld::expect(201, key);
    const Asker robot{.token = key.json["token"], .purpose = "detection"};
    EXPECT_EQ(world_.get(robot, "/api/v1/cases").status, 200);
    EXPECT_EQ(world_.get(robot, "/api/v1/cases/count").problem(), "scope_forbids");
    EXPECT_EQ(world_.get(robot, "/api/v1/sessions").problem(), "session_required");
    world_.clock().advance(std::chrono::hours(25));
    EXPECT_EQ(world_.get(robot, "/api/v1/cases").status, 401);
}

TEST_P(ServiceTest, ValuesInAPathAreDecodedOnce) {
    const std::string id = administrator_.id;
    const auto encoded = [&id](std::string_view before) {
        return fmt::format("/api/v1/users/{}%{:02X}{}", before, id[0], id.substr(1));
    };
    EXPECT_EQ(world_.get(administrator_, encoded("")).json["id"], id);
    EXPECT_EQ(world_.get(administrator_, encoded("%25")).status, 400);
    for (const char* wrong : {"%", "%zz", "%00", "%FF"}) {
        const auto refused =
            world_.get(administrator_, "/api/v1/users/" + std::string(wrong) + id.substr(1));
        EXPECT_EQ(refused.status, 400) << wrong;
        EXPECT_EQ(refused.json["errors"][0]["path"], "user") << wrong;
    }
    EXPECT_EQ(world_.get(administrator_, "/api/v1/%75sers/" + id).status, 404)
        << "words of a path are taken as they stand";
}

TEST_P(ServiceTest, TwoPeopleAddAnAgency) {
    const Asker second =
        world_.add_user(administrator_, "Agency A", "two", {"administrator"}, "administration");
    const nlohmann::json agency = {
        {"name", "Agency B"},
        {"profile", "police"},
        {"administrator_login", "anna"},
        {"administrator_name", "Anna Example"}};
    EXPECT_EQ(world_.post(second, "/api/v1/agencies", agency).problem(), "approval_required");
    nlohmann::json wanted = agency;
    wanted.update({{"operation", "agency_add"}, {"reason", "joins"}});
    const auto requested = world_.post(second, "/api/v1/approvals", wanted);
    ServerWorld::expect(201, requested);
    const std::string approval = requested.json["id"];
    EXPECT_EQ(world_.post(second, "/api/v1/approvals/" + approval + "/approve", {}).status, 403);
    const auto approved =
        world_.post(administrator_, "/api/v1/approvals/" + approval + "/approve", {});
    ServerWorld::expect(204, approved);
    const auto add = [&](const nlohmann::json& body, const std::string& key) {
        auto request = ServerWorld::with_body(http::Method::post, "/api/v1/agencies", body);
        request.fields.add("Cairn-Approval", approval);
        request.fields.add("Idempotency-Key", key);
        return world_.ask(second, std::move(request));
    };
    nlohmann::json other = agency;
    other["administrator_login"] = "mallory";
    EXPECT_EQ(add(other, "other").status, 403);
    const auto added = add(agency, "first");
    ServerWorld::expect(201, added);
    EXPECT_EQ(add(agency, "second").status, 403) << "once";
    const auto again = add(agency, "first");
    ServerWorld::expect(201, again);
    EXPECT_EQ(again.json["id"], added.json["id"]);
    EXPECT_EQ(again.location, added.location);
    const Asker anna =
        world_.sign_in("Agency B", "anna", again.json["invitation"], "administration");
    EXPECT_EQ(added.json["administrator"], anna.id);
    EXPECT_EQ(world_.get(anna, "/api/v1/session").json["agency"]["id"], added.json["id"]);
    EXPECT_EQ(add(agency, "first").problem(), "wrong_state") << "Anna came in";
}

TEST_P(ServiceTest, ARestrictedCaseIsAnsweredLikeNone) {
    const Asker colleague =
        world_.add_user(administrator_, "Agency A", "two", {"investigator"}, "investigation");
    const auto opened =
        world_.post(investigator_, "/api/v1/cases", {{"title", "Hidden"}, {"restricted", true}});
    const std::string hidden = opened.json["id"];
    const std::string none = "0123456789abcdef0123456789abcdef";
    const auto masked = [](std::string text, const std::string& id) {
        for (auto at = text.find(id); at != text.npos; at = text.find(id)) {
            text.replace(at, id.size(), "ID");
        }
        return text;
    };
    for (const char* rest : {"", "/members", "/scans", "/acts"}) {
        const std::string target = "/api/v1/cases/";
        EXPECT_EQ(
            masked(world_.get(colleague, target + hidden + rest).text(), hidden),
            masked(world_.get(colleague, target + none + rest).text(), none)
        ) << rest;
    }
    EXPECT_EQ(world_.get(colleague, "/api/v1/cases/" + hidden).status, 404);
    EXPECT_EQ(world_.get(investigator_, "/api/v1/cases/" + hidden).status, 200);
}

/// Keeps what a client would hear.
class Heard final : public http::Channel {
public:
    void send(std::string text) override {
        const std::lock_guard lock(mutex_);
        texts_.push_back(std::move(text));
    }
    void close(std::uint16_t code, std::string_view /*reason*/) override {
        const std::lock_guard lock(mutex_);
        closed_ = code;
    }
    std::vector<std::string> texts() {
        const std::lock_guard lock(mutex_);
        return texts_;
    }
    std::uint16_t closed() {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> texts_;
    std::uint16_t closed_ = 0;
};

template <typename Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
}

TEST_P(ServiceTest, EventsTellThoseWhoMayKnowAndNobodyAfterLogOut) {
    const Asker colleague =
        world_.add_user(administrator_, "Agency A", "colleague", {"investigator"}, "investigation");
    const auto mine = std::make_shared<Heard>();
    const auto theirs = std::make_shared<Heard>();
    const auto listener = world_.open_channel(investigator_, mine);
    const auto other = world_.open_channel(colleague, theirs);
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<http::ChannelListener>>(listener));
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<http::ChannelListener>>(other));
    const auto hidden =
        world_.post(investigator_, "/api/v1/cases", {{"title", "Hidden"}, {"restricted", true}});
    const std::string id = hidden.json["id"];
    EXPECT_TRUE(eventually([&] { return mine->texts().size() == 1; }));
    EXPECT_THAT(mine->texts().at(0), HasSubstr(id));
    EXPECT_THAT(mine->texts().at(0), testing::Not(HasSubstr("Hidden")));
    world_.post(administrator_, "/api/v1/users/" + colleague.id + "/disable", {});
    EXPECT_TRUE(eventually([&] { return theirs->closed() == 4401; }));
    EXPECT_EQ(theirs->texts().size(), 0U);
    const Asker nobody{};
    const auto refused = world_.open_channel(nobody, std::make_shared<Heard>());
    ASSERT_TRUE(std::holds_alternative<http::Response>(refused));
    EXPECT_EQ(std::get<http::Response>(refused).status, 401U);
}

INSTANTIATE_TEST_SUITE_P(Engines, ServiceTest, cairn::test::kEngines, cairn::test::name_of_engine);

}  // namespace
}  // namespace cairn::api::test
