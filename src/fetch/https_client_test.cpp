#include "fetch/https_client.h"

#include <ctime>

#include <gmock/gmock.h>

#include "base/fd.h"
#include "support/https_server.h"

namespace cairn::fetch {
namespace {

using cairn::test::CertificateText;
using cairn::test::TestCertificate;
using testing::HasSubstr;
using testing::Not;

/// What is wrong with the server of a port.
enum Flaw : std::size_t { none, other_host, unknown_authority, expired };

/// One server for all tests: whatever they ask, it stays as it is.
class Servers {
public:
    static const Servers& get() {
        static const Servers kServers;
        return kServers;
    }

    std::string trust_file() const { return folder_ / "trust.pem"; }
    std::string url(std::string_view path, Flaw flaw = Flaw::none) const {
        return "https://localhost:" + std::to_string(server_.port(flaw)) + std::string(path);
    }

private:
    Servers() { folder_.write("trust.pem", authority_.pem()); }

    static TestCertificate authority(const std::string& name) {
        const std::int64_t now = std::time(nullptr);
        const CertificateText text = {
            .subject = name, .not_before = now - 60, .not_after = now + 3600, .is_authority = true};
        return TestCertificate::make(text, nullptr);
    }
    static TestCertificate server(
        const TestCertificate& issuer, const std::string& host, std::int64_t seconds_left
    ) {
        const std::int64_t now = std::time(nullptr);
        const CertificateText text = {
            .subject = "a server",
            .not_before = now - 7200,
            .not_after = now + seconds_left,
            .extended_use = "serverAuth",
            .alternative_name = "DNS:" + host};
        return TestCertificate::make(text, &issuer);
    }

    cairn::test::TempDir folder_;
    TestCertificate authority_ = authority("an authority");
    TestCertificate stranger_ = authority("a stranger");
    cairn::test::HttpsServer server_{
        {server(authority_, "localhost", 3600),
         server(authority_, "elsewhere.example.org", 3600),
         server(stranger_, "localhost", 3600),
         server(authority_, "localhost", -3600)}};
};

HttpsClient client(std::chrono::milliseconds time_max = std::chrono::seconds(10)) {
    return HttpsClient(
        {.trust_file = Servers::get().trust_file(),
         .own_hosts = {"localhost"},
         .time_max = time_max}
    );
}

void expect_refused(const Result<Answer>& refused, Errc code, std::string_view why) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code) << refused.error().message;
    EXPECT_THAT(refused.error().message, HasSubstr("localhost"));
    EXPECT_THAT(refused.error().message, HasSubstr(why));
}

TEST(HttpsClient, BringsWhatTheServerAnswers) {
    const auto good = client().get(Servers::get().url("/good"));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->status, 200);
    EXPECT_EQ(good->body, "good");
    EXPECT_EQ(client().get(Servers::get().url("/none"))->status, 404);
}

TEST(HttpsClient, SendsAFormWithALogin) {
    const std::vector<FormField> fields = {
        {.name = "code", .value = "a&b=c d%"},
        {.name = "empty", .value = {}},
        {.name = "city", .value = "K\xC3\xB6ln"}};
    const std::string url = Servers::get().url("/echo");
    const auto sent = client().post_form(url, fields, BasicLogin{.name = "us", .password = "pw"});
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->status, 400);
    EXPECT_EQ(
        sent->body,
        "/echo Basic dXM6cHc= application/x-www-form-urlencoded "
        "code=a%26b%3Dc%20d%25&empty=&city=K%C3%B6ln"
    );
    const auto without = client().post_form(url, {}, std::nullopt);
    ASSERT_TRUE(without) << without.error().message;
    EXPECT_EQ(without->body, "/echo none application/x-www-form-urlencoded ");
}

TEST(HttpsClient, SendsABodyAsItIs) {
    const std::string body = "old 5\n\n\xE2\x80\x94 a&b=c%20\n";
    const auto sent = client().post(Servers::get().url("/echo"), "text/plain", body);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->body, "/echo none text/plain " + body);
    const auto empty = client().post(Servers::get().url("/echo"), "text/plain", {});
    ASSERT_TRUE(empty) << empty.error().message;
    EXPECT_EQ(empty->body, "/echo none text/plain ");
}

TEST(HttpsClient, RefusesAServerThatIsNotWhoItShouldBe) {
    const Servers& servers = Servers::get();
    const auto why = "certificate is not accepted";
    expect_refused(client().get(servers.url("/good", Flaw::other_host)), Errc::unavailable, why);
    expect_refused(
        client().get(servers.url("/good", Flaw::unknown_authority)), Errc::unavailable, why
    );
    expect_refused(client().get(servers.url("/good", Flaw::expired)), Errc::unavailable, why);
    HttpsClient of_the_system({.trust_file = {}, .own_hosts = {"localhost"}});
    expect_refused(of_the_system.get(servers.url("/good")), Errc::unavailable, why);
}

TEST(HttpsClient, AsksNobodyWithoutItsTrustFile) {
    HttpsClient lost({.trust_file = "/nowhere/trust.pem", .own_hosts = {"localhost"}});
    const auto refused = lost.get(Servers::get().url("/good"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("/nowhere/trust.pem"));
}

TEST(HttpsClient, FollowsNobodyElsewhere) {
    const std::string url = Servers::get().url("/redirect");
    expect_refused(client().get(url), Errc::unavailable, "not followed");
}

TEST(HttpsClient, TakesNoMoreThanItsLimit) {
    const Servers& servers = Servers::get();
    expect_refused(client().get(servers.url("/large")), Errc::limit_exceeded, "1048576");
    EXPECT_FALSE(client().get(servers.url("/headers")));
}

TEST(HttpsClient, WaitsNoLongerThanItsLimit) {
    const auto begin = std::chrono::steady_clock::now();
    HttpsClient hasty = client(std::chrono::milliseconds(500));
    expect_refused(hasty.get(Servers::get().url("/slow")), Errc::unavailable, "within 0.5 s");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST(HttpsClient, ConnectsToTheOwnNetworkOnlyWhereNamed) {
    HttpsClient outward({.trust_file = Servers::get().trust_file(), .own_hosts = {}});
    expect_refused(
        outward.get(Servers::get().url("/good")), Errc::permission_denied, "own network"
    );
    for (const char* host :
         {"127.0.0.1",
          "127.1",
          "0x7f000001",
          "2130706433",
          "[::1]",
          "[::ffff:127.0.0.1]",
          "169.254.169.254"}) {
        const auto refused = outward.get(std::string("https://") + host + ":9/");
        ASSERT_FALSE(refused) << host;
        EXPECT_EQ(refused.error().code, Errc::permission_denied) << refused.error().message;
    }
}

TEST(HttpsClient, AsksOnlyByHttpsAndWithoutALoginInTheAddress) {
    const int port = 1;
    const std::string host = "localhost:" + std::to_string(port);
    expect_refused(client().get("http://" + host + "/"), Errc::invalid_argument, "only https");
    expect_refused(client().get("ftp://" + host + "/"), Errc::invalid_argument, "only https");
    const auto with_login = client().get("https://us:secret@" + host + "/");
    expect_refused(with_login, Errc::invalid_argument, "login");
    EXPECT_THAT(with_login.error().message, Not(HasSubstr("secret")));
    for (const std::string url : {"", "https://", "/etc/passwd", "https://a b/", "file:///etc"}) {
        EXPECT_EQ(client().get(url).error().code, Errc::invalid_argument) << url;
    }
    EXPECT_FALSE(client().get(std::string("https://localhost\0.example.org/", 31)));
    EXPECT_FALSE(client().get("https://localhost/" + std::string(2048, 'a')));
}

TEST(HttpsClient, SaysThatNobodyIsThere) {
    expect_refused(client().get("https://localhost:1/"), Errc::unavailable, "reached");
}

TEST(HttpsClient, SendsARequestInFull) {
    const auto echo = client().request(
        {.method = Method::put,
         .url = Servers::get().url("/echo"),
         .fields = {{"Authorization", "Bearer x"}, {"Content-Type", "application/json"}},
         .body = "{}"}
    );
    ASSERT_TRUE(echo) << echo.error().message;
    EXPECT_EQ(echo->status, 400);
    EXPECT_EQ(echo->body, "/echo Bearer x application/json {}");
}

TEST(HttpsClient, TellsTheTagOfWhatItBrings) {
    const auto good = client().request({.url = Servers::get().url("/good")});
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->tag, "\"r7\"");
}

TEST(HttpsClient, SendsAWholeFile) {
    const cairn::test::TempDir folder;
    const auto file = open_for_reading(folder.write("large", std::string(3'000'000, 'x')));
    ASSERT_TRUE(file);
    const auto digest = client().request(
        {.method = Method::put,
         .url = Servers::get().url("/digest"),
         .fields = {{"Content-Type", "application/octet-stream"}},
         .body_file = file->get()}
    );
    ASSERT_TRUE(digest) << digest.error().message;
    EXPECT_EQ(digest->status, 200);
    // SHA-256 of three million times "x".
    EXPECT_EQ(digest->body, "e55b8bdf621ddaa8f462c74745db9680d3bb7536a9cf854f8d6668b34a287890");
}

TEST(HttpsClient, WritesAnAnswerOfAnyLengthToAFileAndARefusalNot) {
    const auto file = make_memory_file("answer");
    ASSERT_TRUE(file);
    const auto large =
        client().request({.url = Servers::get().url("/large"), .answer_file = file->get()});
    ASSERT_TRUE(large) << large.error().message;
    EXPECT_EQ(large->body, "");
    const auto none =
        client().request({.url = Servers::get().url("/none"), .answer_file = file->get()});
    ASSERT_TRUE(none);
    EXPECT_EQ(none->status, 404);
    ByteVector all(kAnswerBytesMax + 10);
    EXPECT_EQ(*read_at(file->get(), 0, all), kAnswerBytesMax + 1);
}

TEST(HttpsClient, SaysWhyAFileCannotBeWritten) {
    const cairn::test::TempDir folder;
    const auto file = open_for_reading(folder.write("answer", ""));
    ASSERT_TRUE(file);
    const auto failed =
        client().request({.url = Servers::get().url("/large"), .answer_file = file->get()});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::io) << failed.error().message;
}

TEST(HttpsClient, RefusesAFieldThatWouldBeginAnother) {
    const std::vector<std::string> values = {
        "a\r\nCairn-Purpose: b", "a\nb", std::string("a\0b", 3)};
    for (const std::string& value : values) {
        const auto refused = client().request(
            {.url = Servers::get().url("/good"), .fields = {{"Authorization", value}}}
        );
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    }
}

TEST(HttpsClient, TellsAStrangerFromAServerThatIsGone) {
    const auto stranger = client().get(Servers::get().url("/good", Flaw::unknown_authority));
    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.error().reason, "certificate_not_accepted");
    const auto gone = client().get("https://localhost:1/good");
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().reason, "");
    const auto slow = client(std::chrono::milliseconds(200)).get(Servers::get().url("/slow"));
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().reason, "connection_lost");
}

TEST(HttpsClient, ShowsTheCertificateOfAStrangerWhichCanThenBeTrusted) {
    const auto pem = client().show_certificate(Servers::get().url("", Flaw::unknown_authority));
    ASSERT_TRUE(pem) << pem.error().message;
    HttpsClient trusting({.trust_pem = *pem, .own_hosts = {"localhost"}});
    EXPECT_EQ(trusting.get(Servers::get().url("/good", Flaw::unknown_authority))->body, "good");
    EXPECT_FALSE(trusting.get(Servers::get().url("/good")));
}

}  // namespace
}  // namespace cairn::fetch
