#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "api/first_start.h"
#include "api/service.h"
#include "base/fd.h"
#include "identity/totp.h"
#include "support/engines.h"
#include "support/fake_clock.h"
#include "support/records.h"

namespace cairn::api::test {

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

/// What was answered.
struct Answered {
    unsigned status = 0;
    nlohmann::json json{};
    std::string cookie{};  ///< value of the session's cookie, where one was set
    std::string tag{};     ///< ETag
    std::string location{};

    /// Everything but the request's id: what two worlds must have in common.
    std::string text() const {
        nlohmann::json rest = json;
        if (rest.is_object()) rest.erase("instance");
        return std::to_string(status) + " " + tag + " " + rest.dump();
    }
    std::string problem() const {
        const std::string type = json.value("type", "");
        return type.substr(type.rfind(':') + 1);
    }
};

/// Who asks, and how they show it.
struct Asker {
    std::string token{};
    std::string csrf{};
    std::string secret{};  ///< of the authenticator
    std::string id{};      ///< of the user
    std::string purpose{};
    std::string address = "192.0.2.1";
    bool by_cookie = false;
};

/// A whole installation in this process, but for the network: requests go to the Service and come
/// back as it answers.
class ServerWorld {
public:
    explicit ServerWorld(db::Engine engine) : records_(engine) {
        configuration_.data_folder = dir_ / "data";
        configuration_.database = records_.location();
        configuration_.installation.name = "cairn.example.org";
        configuration_.secrets.folder = dir_ / "secrets";
        configuration_.server.certificate_file = dir_ / "secrets/server.pem";
        configuration_.server.key_file = dir_ / "secrets/server.key";
        first_ = value_of(set_up(
            configuration_,
            {.profile = access::Profile::police,
             .agency = "Agency A",
             .login = "admin",
             .name = "Administrator",
             .host = "localhost"}
        ));
        open();
    }
    ~ServerWorld() {
        events_.reset();
        workplaces_.reset();
        queue_.reset();
    }

    cairn::test::FakeClock& clock() { return clock_; }
    bus::Bus& bus() { return *bus_; }
    const FirstStart& first() const { return first_; }

    Answered ask(const Asker& asker, http::Request request) {
        prepare(asker, request);
        auto admitted = service_->admit(request);
        if (auto* refused = std::get_if<http::Response>(&admitted)) return read(*refused);
        return read(service_->answer(std::move(request)));
    }
    Answered get(const Asker& asker, const std::string& target) {
        return ask(asker, request_of(http::Method::get, target));
    }
    Answered post(const Asker& asker, const std::string& target, const nlohmann::json& body) {
        return ask(asker, with_body(http::Method::post, target, body));
    }
    Answered put(const Asker& asker, const std::string& target, const nlohmann::json& body) {
        return ask(asker, with_body(http::Method::put, target, body));
    }
    Answered remove(const Asker& asker, const std::string& target) {
        return ask(asker, request_of(http::Method::delete_, target));
    }
    auto open_channel(const Asker& asker, std::shared_ptr<http::Channel> channel) {
        http::Request request = request_of(http::Method::get, "/api/v1/events");
        prepare(asker, request);
        return service_->open_channel(std::move(request), std::move(channel));
    }

    static http::Request request_of(http::Method method, const std::string& target) {
        http::Request request;
        request.method = method;
        const auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != target.npos) request.query = target.substr(question + 1);
        return request;
    }
    static http::Request with_body(
        http::Method method, const std::string& target, const nlohmann::json& body
    ) {
        http::Request request = request_of(method, target);
        request.fields.add("Content-Type", "application/json");
        request.body = body.dump();
        return request;
    }

    /// Somebody with an invitation sets a password, enrols a second factor and is in.
    Asker sign_in(
        const std::string& agency,
        const std::string& login,
        const std::string& invitation,
        const std::string& purpose
    ) {
        Asker asker{.purpose = purpose};
        const nlohmann::json accept = {{"token", invitation}, {"password", kPassword}};
        expect(204, post(asker, "/api/v1/invitations/accept", accept));
        begin(asker, agency, login);
        asker.secret = post(asker, "/api/v1/sign-in/enrolment", {}).json["secret"];
        const auto enrolled =
            post(asker, "/api/v1/sign-in/enrolment/code", {{"code", code_of(asker)}});
        expect(200, enrolled);
        take(asker, enrolled);
        asker.id = get(asker, "/api/v1/session").json["user"]["id"];
        return asker;
    }
    /// The password's step.
    Answered begin(Asker& asker, const std::string& agency, const std::string& login) {
        const auto answered = post(
            asker,
            "/api/v1/sign-in",
            {{"agency", agency},
             {"login", login},
             {"password", kPassword},
             {"deliver", asker.by_cookie ? "cookie" : "token"}}
        );
        expect(200, answered);
        take(asker, answered);
        return answered;
    }
    static void take(Asker& asker, const Answered& answered) {
        asker.token = asker.by_cookie ? answered.cookie : answered.json.value("token", "");
        asker.csrf = answered.json.value("csrf", "");
    }
    std::string code_of(const Asker& asker) {
        // Each step's code opens once.
        clock_.advance(std::chrono::seconds(30));
        return value_of(identity::totp_code(base32(asker.secret), identity::totp_step(clock_.now()))
        );
    }

    /// The first agency's administrator.
    Asker administrator() {
        return sign_in("Agency A", "admin", first_.invitation, "administration");
    }
    /// A new user of the administrator's agency, signed in.
    Asker add_user(
        const Asker& administrator,
        const std::string& agency,
        const std::string& login,
        const nlohmann::json& roles,
        const std::string& purpose
    ) {
        const auto made = post(
            administrator,
            "/api/v1/users",
            {{"login", login}, {"name", login + " example"}, {"roles", roles}}
        );
        expect(201, made);
        const std::string id = made.json["id"];
        const auto invited = post(administrator, "/api/v1/users/" + id + "/invitation", {});
        expect(201, invited);
        return sign_in(agency, login, invited.json["token"], purpose);
    }

    static void expect(unsigned status, const Answered& answered) {
        EXPECT_EQ(answered.status, status) << answered.json.dump(1);
        if (answered.status != status) throw std::runtime_error("see above");
    }

    static constexpr const char* kPassword = "four plain english words";

private:
    class CheapHasher final : public identity::PasswordHasher {
    public:
        Result<std::string> hash(std::string_view password) override {
            return real_.hash(password);
        }
        Result<bool> matches(const std::string& encoded, std::string_view password) override {
            return real_.matches(encoded, password);
        }
        bool outdated(const std::string& encoded) const override { return real_.outdated(encoded); }

    private:
        identity::Argon2idHasher real_{{.memory_bytes = 8192, .passes = 1}};
    };

    void open() {
        const std::string& folder = configuration_.secrets.folder;
        master_.emplace(value_of(crypto::read_key_file(folder + "/master.key")));
        const auto audit_key = value_of(crypto::read_key_file(folder + "/audit.key"));
        const auto list_key = value_of(crypto::read_key_file(folder + "/list.key"));
        queue_ = value_of(audit::AuditQueue::start(
            {.location = configuration_.database, .installation = "cairn.example.org"},
            crypto::SigningKey::from_seed(audit_key.bytes())
        ));
        bus_ = bus::local_bus();
        lists_.emplace(dir_ / "data", list_key);
        resources_.emplace(Resources{
            .configuration = configuration_,
            .limits = identity::limits_of(configuration_),
            .master = *master_,
            .audit_queue = *queue_,
            .bus = *bus_,
            .lists = *lists_,
            .scan_roots = {},
            .clock = clock_,
            .hasher = hasher_,
            .witnessed = nullptr});
        workplaces_.emplace(*resources_, 2);
        events_.emplace(*bus_, *workplaces_);
        service_.emplace(Service::Parts{
            .workplaces = *workplaces_,
            .bus = *bus_,
            .events = *events_,
            .metrics = metrics_,
            .log = log_,
            .files = [](const http::Request&) { return std::nullopt; }});
    }

    void prepare(const Asker& asker, http::Request& request) {
        request.client = asker.address;
        request.id = "request-" + std::to_string(++requests_);
        request.fields.add("Host", "cairn.example.org");
        if (asker.by_cookie && !asker.token.empty()) {
            request.fields.add("Cookie", "__Host-cairn-session=" + asker.token);
            if (!asker.csrf.empty()) request.fields.add("Cairn-Csrf", asker.csrf);
        } else if (!asker.token.empty()) {
            request.fields.add("Authorization", "Bearer " + asker.token);
        }
        if (!asker.purpose.empty()) request.fields.add("Cairn-Purpose", asker.purpose);
    }

    static Answered read(const http::Response& response) {
        Answered answered{.status = response.status};
        answered.tag = response.fields.find("ETag").value_or("");
        answered.location = response.fields.find("Location").value_or("");
        const std::string cookie(response.fields.find("Set-Cookie").value_or(""));
        const std::string prefix = "__Host-cairn-session=";
        if (cookie.starts_with(prefix)) {
            answered.cookie = cookie.substr(prefix.size(), cookie.find(';') - prefix.size());
        }
        const auto type = response.fields.find("Content-Type").value_or("");
        if (type.find("json") != type.npos) answered.json = nlohmann::json::parse(response.body);
        return answered;
    }

    /// RFC 4648.
    static ByteVector base32(std::string_view text) {
        ByteVector bytes;
        std::uint32_t bits = 0;
        int held = 0;
        for (const char c : text) {
            bits = (bits << 5) | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
            held += 5;
            if (held < 8) continue;
            held -= 8;
            bytes.push_back(static_cast<std::uint8_t>((bits >> held) & 0xFFU));
        }
        return bytes;
    }

    cairn::test::TempDir dir_;
    cairn::test::Records records_;
    config::Configuration configuration_;
    FirstStart first_;
    cairn::test::FakeClock clock_;
    CheapHasher hasher_;
    Metrics metrics_;
    ServerLog log_;
    std::optional<crypto::SecretKey> master_;
    std::unique_ptr<audit::AuditQueue> queue_;
    std::unique_ptr<bus::Bus> bus_;
    std::optional<jobs::ListFolders> lists_;
    std::optional<Resources> resources_;
    std::optional<Workplaces> workplaces_;
    std::optional<EventFeed> events_;
    std::optional<Service> service_;
    int requests_ = 0;
};

/// A test on either engine.
class AnyServer : public testing::TestWithParam<db::Engine> {
protected:
    ServerWorld world_{GetParam()};
};

}  // namespace cairn::api::test
