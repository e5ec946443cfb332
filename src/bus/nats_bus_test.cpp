#include "bus/nats_bus.h"

#include <ctime>
#include <functional>
#include <thread>

#include <gmock/gmock.h>

#include "bus/collector_test.h"
#include "bus/nats_server_test.h"
#include "support/certificates.h"

namespace cairn::bus {
namespace {

using namespace std::chrono_literals;
using cairn::test::CertificateText;
using cairn::test::TestCertificate;
using testing::ElementsAre;
using testing::HasSubstr;

NatsOptions plain(const NatsServer& server) {
    return {
        .servers = {server.address()},
        .subject_prefix = "cairn.test",
        .transport = NatsTransport::plain};
}

std::unique_ptr<Bus> open(const NatsOptions& options) {
    auto bus = nats_bus(options);
    if (!bus) throw std::runtime_error(bus.error().message);
    return std::move(*bus);
}

bool eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}
bool connects(Bus& bus) {
    return eventually([&] { return bus.health().has_value(); });
}
/// Connected, and what the other publishes comes.
void expect_reached(Bus& from, Collector& by, const std::string& object) {
    EXPECT_TRUE(connects(from)) << from.health().error().message;
    EXPECT_TRUE(eventually([&] {
        from.publish(event_about(object));
        return by.heard(object);
    }));
}
/// What the health says once it says `text`, or at last.
std::string complaint(Bus& bus, std::string_view text) {
    std::string message;
    eventually([&] {
        const Status health = bus.health();
        message = health ? "healthy" : health.error().message;
        return message.find(text) != std::string::npos;
    });
    return message;
}
void expect_complaint(Bus& bus, std::string_view text) {
    EXPECT_THAT(complaint(bus, text), HasSubstr(text));
}

TEST(NatsBus, BringsEventsToOtherServersAndToOwnListenersOnce) {
    const NatsServer server;
    const auto here = open(plain(server));
    const auto there = open(plain(server));
    Collector own;
    Collector other;
    const auto one = here->subscribe(std::ref(own));
    const auto two = there->subscribe(std::ref(other));
    ASSERT_TRUE(connects(*here) && connects(*there));
    for (int i = 0; i < 1000; ++i) here->publish(event_about("scan:" + std::to_string(i)));
    there->publish(event_about("scan:back"));
    // What has gone round by the cluster is behind all that could have come twice.
    EXPECT_TRUE(own.hears("scan:back"));
    EXPECT_EQ(other.first(1001).size(), 1001U);
    const auto heard = own.first(1001);
    EXPECT_EQ(heard.size(), 1001U);
    std::vector<std::string> in_order;
    for (const std::string& object : other.first(1001)) {
        if (object != "scan:back") in_order.push_back(object);
    }
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        EXPECT_EQ(in_order[i], "scan:" + std::to_string(i));
    }
    EXPECT_EQ(here->losses(), Losses());
    EXPECT_EQ(there->losses(), Losses());
}

TEST(NatsBus, InstallationsDoNotHearEachOther) {
    const NatsServer server;
    NatsOptions elsewhere = plain(server);
    elsewhere.subject_prefix = "cairn.test.other";
    const auto here = open(plain(server));
    const auto same = open(plain(server));
    const auto other = open(elsewhere);
    Collector heard_here;
    Collector heard_there;
    const auto one = same->subscribe(std::ref(heard_here));
    const auto two = other->subscribe(std::ref(heard_there));
    ASSERT_TRUE(connects(*here) && connects(*same) && connects(*other));
    here->publish(event_about("scan:here"));
    EXPECT_TRUE(heard_here.hears("scan:here"));
    other->publish(event_about("scan:there"));
    EXPECT_THAT(heard_there.first(1), ElementsAre("scan:there"));
}

TEST(NatsBus, GoesOnAfterTheServerWasKilled) {
    NatsServer server;
    const auto here = open(plain(server));
    const auto there = open(plain(server));
    Collector own;
    Collector other;
    const auto one = here->subscribe(std::ref(own));
    const auto two = there->subscribe(std::ref(other));
    expect_reached(*here, other, "scan:before");
    server.kill();
    expect_complaint(*here, "localhost:");
    EXPECT_EQ(here->health().error().code, Errc::unavailable);
    here->publish(event_about("scan:meanwhile"));
    EXPECT_TRUE(own.hears("scan:meanwhile"));
    server.start();
    EXPECT_TRUE(connects(*here) && connects(*there));
    expect_reached(*here, other, "scan:after");
    EXPECT_EQ(here->losses(), Losses());
}

TEST(NatsBus, StartsWithoutAServerAndFindsItLater) {
    NatsServer server;
    server.kill();
    const auto here = open(plain(server));
    const auto there = open(plain(server));
    Collector other;
    const auto held = there->subscribe(std::ref(other));
    EXPECT_FALSE(here->health());
    here->publish(event_about("scan:early"));
    server.start();
    expect_reached(*here, other, "scan:1");
}

TEST(NatsBus, NeverWaitsForAFrozenServer) {
    NatsServer server;
    const auto bus = open(plain(server));
    Collector own;
    const auto held = bus->subscribe(std::ref(own));
    ASSERT_TRUE(connects(*bus));
    server.freeze();
    Event large = event_about("scan:1");
    large.object.assign(128, 'x');
    const auto start = std::chrono::steady_clock::now();
    while (bus->losses().dropped == 0) bus->publish(large);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
    bus->publish(event_about("scan:last"));
    server.kill();
}

TEST(NatsBus, ComesBackWhenItsLoginIsAcceptedAgain) {
    const std::string good = "authorization { user: cairn, password: \"right\" }";
    const std::string other_login = "authorization { user: cairn, password: \"other\" }";
    NatsServer server(good);
    NatsOptions options = plain(server);
    options.user = "cairn";
    options.password = "right";
    const auto here = open(options);
    const auto there = open(options);
    ASSERT_TRUE(connects(*here) && connects(*there));
    server.kill();
    server.start(other_login);
    // The library gives up on a connection that is refused twice; the bus does not.
    expect_complaint(*here, "Authorization Violation");
    expect_complaint(*there, "Authorization Violation");
    EXPECT_THAT(here->health().error().message, testing::Not(HasSubstr("right")));
    server.kill();
    server.start(good);
    Collector other;
    const auto held = there->subscribe(std::ref(other));
    expect_reached(*here, other, "scan:1");
}

/// A server with TLS, whose certificate is for localhost unless another name is given.
class TlsNatsServer {
public:
    explicit TlsNatsServer(const std::string& host = "localhost", std::string_view more = {}) {
        const TestCertificate own = issue("serverAuth", "DNS:" + host);
        const TestCertificate of_client = issue("clientAuth", {});
        trust_file = folder_.write("trust.pem", authority_.pem());
        client_file = folder_.write("client.pem", of_client.pem());
        client_key_file = folder_.write("client.key", of_client.key_pem());
        server.kill();
        server.start(fmt::format(
            "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\" {} }}",
            folder_.write("server.pem", own.pem()),
            folder_.write("server.key", own.key_pem()),
            trust_file,
            more
        ));
    }

    NatsOptions options() const {
        return {
            .servers = {server.address()},
            .subject_prefix = "cairn.test",
            .trust_file = trust_file};
    }

    NatsServer server;
    std::string trust_file;
    std::string client_file;
    std::string client_key_file;

private:
    TestCertificate issue(const std::string& use, const std::string& name) const {
        const CertificateText text = {
            .subject = "a test",
            .not_before = now_ - 60,
            .not_after = now_ + 3600,
            .extended_use = use,
            .alternative_name = name};
        return TestCertificate::make(text, &authority_);
    }

    std::int64_t now_ = std::time(nullptr);
    TestCertificate authority_ = TestCertificate::make(
        {.subject = "an authority",
         .not_before = now_ - 60,
         .not_after = now_ + 3600,
         .is_authority = true},
        nullptr
    );
    test::TempDir folder_;
};

TEST(NatsBus, SpeaksTls) {
    const TlsNatsServer tls;
    const auto here = open(tls.options());
    const auto there = open(tls.options());
    Collector other;
    const auto held = there->subscribe(std::ref(other));
    expect_reached(*here, other, "scan:1");
}

TEST(NatsBus, RefusesAServerThatIsNotWhoItShouldBe) {
    const TlsNatsServer elsewhere("elsewhere.example.org");
    const TlsNatsServer good;
    expect_complaint(*open(elsewhere.options()), "hostname mismatch");
    NatsOptions stranger = good.options();
    stranger.trust_file = elsewhere.trust_file;
    expect_complaint(*open(stranger), "certificate signature failure");
    stranger.trust_file.clear();
    expect_complaint(*open(stranger), "unable to get local issuer certificate");
}

TEST(NatsBus, NeverFallsBackToPlain) {
    const NatsServer server;
    NatsOptions options = plain(server);
    options.transport = NatsTransport::tls;
    expect_complaint(*open(options), "Secure Connection not available");
}

TEST(NatsBus, ShowsItsCertificateWhereItIsAskedFor) {
    const TlsNatsServer tls("localhost", ", verify: true");
    NatsOptions options = tls.options();
    expect_complaint(*open(options), "no NATS server is reached");
    options.certificate_file = tls.client_file;
    options.key_file = tls.client_key_file;
    const auto bus = open(options);
    EXPECT_TRUE(connects(*bus)) << bus->health().error().message;
    options.key_file = tls.trust_file;
    EXPECT_THAT(nats_bus(options).error().message, HasSubstr("certificate and its key"));
}

TEST(NatsBus, SaysWhatItIsNotAllowed) {
    const NatsServer server(
        "authorization { users = [ { user: cairn, password: pw, permissions: "
        "{ publish: \"a\", subscribe: \"b\" } } ] }"
    );
    NatsOptions options = plain(server);
    options.user = "cairn";
    options.password = "pw";
    const auto bus = open(options);
    expect_complaint(*bus, "cairn.test.events");
    EXPECT_THAT(bus->health().error().message, HasSubstr("grant"));
}

TEST(NatsBus, DropsAndCountsWhatIsNoEvent) {
    const NatsServer server;
    const auto bus = open(plain(server));
    Collector own;
    const auto held = bus->subscribe(std::ref(own));
    ASSERT_TRUE(connects(*bus));
    bus->publish(event_about("not an id"));
    EXPECT_EQ(bus->losses(), Losses({.dropped = 0, .malformed = 1}));
    bus->publish(event_about("scan:1"));
    EXPECT_THAT(own.first(1), ElementsAre("scan:1"));
}

TEST(NatsBus, RefusesOptionsThatWillNotDo) {
    const NatsOptions good = {.servers = {"nats.example.org:4222"}, .subject_prefix = "cairn"};
    EXPECT_TRUE(nats_bus(good));
    struct Case {
        std::function<void(NatsOptions&)> spoil;
        std::string_view why;
    };
    const std::vector<Case> cases = {
        {[](NatsOptions& o) { o.servers.clear(); }, "one to 16"},
        {[](NatsOptions& o) { o.servers.assign(17, "a:1"); }, "one to 16"},
        {[](NatsOptions& o) { o.servers = {"nats.example.org"}; }, "host:port"},
        {[](NatsOptions& o) { o.servers = {"nats.example.org:0"}; }, "host:port"},
        {[](NatsOptions& o) { o.servers = {"nats.example.org:65536"}; }, "host:port"},
        {[](NatsOptions& o) { o.servers = {"user:secret@nats.example.org:4222"}; }, "without"},
        {[](NatsOptions& o) { o.servers = {"nats://nats.example.org:4222"}; }, "without scheme"},
        {[](NatsOptions& o) { o.subject_prefix = ""; }, "subject prefix"},
        {[](NatsOptions& o) { o.subject_prefix = "a.*"; }, "subject prefix"},
        {[](NatsOptions& o) { o.subject_prefix = "a..b"; }, "subject prefix"},
        {[](NatsOptions& o) { o.subject_prefix = "a."; }, "subject prefix"},
        {[](NatsOptions& o) { o.subject_prefix = "a b"; }, "subject prefix"},
        {[](NatsOptions& o) { o.subject_prefix.assign(101, 'a'); }, "subject prefix"},
        {[](NatsOptions& o) { o.certificate_file = "a.pem"; }, "key file"},
        {[](NatsOptions& o) { o.user = "cairn"; }, "password"},
        {[](NatsOptions& o) { o.trust_file = "/nowhere/trust.pem"; }, "/nowhere/trust.pem"},
        {[](NatsOptions& o) { o.credentials_file = "/nowhere/c"; }, "/nowhere/c"},
        {[](NatsOptions& o) {
             o.trust_file = "a.pem";
             o.transport = NatsTransport::plain;
         },
         "TLS"},
        {[](NatsOptions& o) {
             o.user = o.password = "a";
             o.credentials_file = "c";
         },
         "not both"},
    };
    for (const Case& bad : cases) {
        NatsOptions options = good;
        bad.spoil(options);
        const auto refused = nats_bus(options);
        ASSERT_FALSE(refused) << bad.why;
        EXPECT_THAT(refused.error().message, HasSubstr(bad.why));
        EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("secret")));
    }
}

}  // namespace
}  // namespace cairn::bus
