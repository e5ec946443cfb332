#include "bus/nats_session.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <thread>
#include <vector>

#include <nats/nats.h>

#include "base/fd.h"
#include "base/text.h"

namespace cairn::bus {
namespace {

constexpr std::size_t kServersMax = 16;
constexpr std::size_t kPrefixBytesMax = 100;
constexpr std::int64_t kConnectTimeMs = 2'000;
constexpr std::int64_t kReconnectWaitMs = 1'000;
/// A server that takes nothing for so long is lost.
constexpr std::int64_t kWriteTimeMs = 5'000;
/// A silent server is lost after three of them.
constexpr std::int64_t kPingIntervalMs = 10'000;
constexpr int kPingsUnansweredMax = 2;
/// What waits for a connection: some 5,000 events.
constexpr int kReconnectBytesMax = 1 << 20;
/// What waits to be received.
constexpr int kPendingMessagesMax = 65'536;
constexpr int kPendingBytesMax = 1 << 26;
constexpr std::int64_t kReceiveSliceMs = 60'000;
constexpr std::chrono::milliseconds kRestAfterError(100);

struct Free {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
    void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
    void operator()(natsSubscription* held) const { natsSubscription_Destroy(held); }
    void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
using OptionsPtr = std::unique_ptr<natsOptions, Free>;
using ConnectionPtr = std::unique_ptr<natsConnection, Free>;
using SubscriptionPtr = std::unique_ptr<natsSubscription, Free>;
using MessagePtr = std::unique_ptr<natsMsg, Free>;

// The library writes errors to the terminal where nobody takes them; health() asks for them.
void ignore_error(natsConnection*, natsSubscription*, natsStatus, void*) {}

std::string status_text(natsStatus status) {
    return lower_ascii(natsStatus_GetText(status));
}

/// What went wrong on this thread, without the place in the library's source that it puts before:
/// "(conn.c:1905): ".
std::string last_error_text(natsStatus status) {
    const char* said = nats_GetLastError(nullptr);
    std::string_view text = said != nullptr ? said : "";
    const std::size_t place = text.find("): ");
    if (text.starts_with('(') && place != std::string_view::npos) text.remove_prefix(place + 3);
    return text.empty() ? status_text(status) : printable(text);
}

Error not_reached(const std::string& servers, const std::string& why) {
    return fail(
        Errc::unavailable,
        "no NATS server is reached ({}: {}); changes made on other servers show late until one "
        "answers",
        servers,
        why
    );
}

class Session final : public NatsSession {
public:
    Session(
        ConnectionPtr connection,
        SubscriptionPtr subscription,
        std::string subject,
        std::string servers
    )
        : connection_(std::move(connection)),
          subscription_(std::move(subscription)),
          subject_(std::move(subject)),
          servers_(std::move(servers)) {}

    bool send(Bytes message) override {
        return natsConnection_Publish(
                   connection_.get(),
                   subject_.c_str(),
                   message.data(),
                   static_cast<int>(message.size())
               ) == NATS_OK;
    }

    std::optional<ByteVector> receive() override {
        while (!natsConnection_IsClosed(connection_.get())) {
            natsMsg* next = nullptr;
            const natsStatus status =
                natsSubscription_NextMsg(&next, subscription_.get(), kReceiveSliceMs);
            const MessagePtr message(next);
            if (status == NATS_OK) {
                const auto size = static_cast<std::size_t>(natsMsg_GetDataLength(next));
                const Bytes data = as_bytes(std::string_view(natsMsg_GetData(next), size));
                return ByteVector(data.begin(), data.end());
            }
            if (status != NATS_TIMEOUT) std::this_thread::sleep_for(kRestAfterError);
        }
        return std::nullopt;
    }

    void flush(std::chrono::milliseconds time_max) override {
        if (natsConnection_Status(connection_.get()) == NATS_CONN_STATUS_CONNECTED) {
            natsConnection_FlushTimeout(connection_.get(), time_max.count());
        }
    }

    void close() override { natsConnection_Close(connection_.get()); }

    Status health() override {
        // The text beside the status is the library's own memory, which it may be writing.
        const char* unread = nullptr;
        const natsStatus last = natsConnection_GetLastError(connection_.get(), &unread);
        if (natsConnection_Status(connection_.get()) != NATS_CONN_STATUS_CONNECTED) {
            const bool unknown = last == NATS_OK;
            return not_reached(servers_, unknown ? "connecting again" : status_text(last));
        }
        if (last == NATS_NOT_PERMITTED) {
            return fail(
                Errc::unavailable,
                "the NATS server forbids what the bus needs; grant publish and subscribe on {} to "
                "this user",
                subject_
            );
        }
        return ok();
    }

    std::uint64_t dropped() override {
        std::int64_t count = 0;
        natsSubscription_GetDropped(subscription_.get(), &count);
        return static_cast<std::uint64_t>(count);
    }

private:
    const ConnectionPtr connection_;
    const SubscriptionPtr subscription_;  // goes first
    const std::string subject_;
    const std::string servers_;
};

class Sessions final : public NatsSessions {
public:
    Sessions(OptionsPtr options, std::string subject, std::string servers)
        : options_(std::move(options)),
          subject_(std::move(subject)),
          servers_(std::move(servers)) {}

    Result<std::unique_ptr<NatsSession>> open() override {
        natsConnection* opened = nullptr;
        CAIRN_TRY(reached(natsConnection_Connect(&opened, options_.get())));
        ConnectionPtr connection(opened);
        natsSubscription* subscribed = nullptr;
        CAIRN_TRY(reached(natsConnection_SubscribeSync(&subscribed, opened, subject_.c_str())));
        SubscriptionPtr subscription(subscribed);
        CAIRN_TRY(reached(
            natsSubscription_SetPendingLimits(subscribed, kPendingMessagesMax, kPendingBytesMax)
        ));
        CAIRN_TRY(reached(natsConnection_FlushTimeout(opened, kConnectTimeMs)));
        return std::unique_ptr<NatsSession>(std::make_unique<Session>(
            std::move(connection), std::move(subscription), subject_, servers_
        ));
    }

private:
    Status reached(natsStatus status) const {
        if (status == NATS_OK) return ok();
        return not_reached(servers_, last_error_text(status));
    }

    const OptionsPtr options_;
    const std::string subject_;
    const std::string servers_;
};

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/// Words with dots between them; anything else could reach the subjects of others.
bool is_subject_prefix(std::string_view text) {
    if (text.empty() || text.size() > kPrefixBytesMax) return false;
    bool in_word = false;
    for (const char c : text) {
        if (c != '.' && !is_word_character(c)) return false;
        if (c == '.' && !in_word) return false;
        in_word = c != '.';
    }
    return in_word;
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port != 0;
}

/// "host:port", "192.0.2.1:port" or "[2001:db8::1]:port"; neither scheme nor login.
bool is_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return false;
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        return std::all_of(host.begin(), host.end(), [](char c) {
            return c == ':' || c == '.' || is_word_character(c);
        });
    }
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return c == '.' || is_word_character(c);
    });
}

Status check_options(const NatsOptions& options) {
    const auto wrong = [](std::string_view why) {
        return fail(Errc::invalid_argument, "bus over NATS: {}", why);
    };
    if (options.servers.empty() || options.servers.size() > kServersMax) {
        return wrong("one to 16 servers are wanted");
    }
    if (!std::all_of(options.servers.begin(), options.servers.end(), is_address)) {
        return wrong("write each server as host:port, without scheme and login");
    }
    if (!is_subject_prefix(options.subject_prefix)) {
        return wrong(
            "the subject prefix must be words of letters, digits, _ and - with dots between them, "
            "at most 100 characters"
        );
    }
    if (options.certificate_file.empty() != options.key_file.empty()) {
        return wrong("a certificate file goes with a key file");
    }
    if (options.transport == NatsTransport::plain &&
        !(options.trust_file.empty() && options.certificate_file.empty())) {
        return wrong("certificates need TLS; leave them out or let the transport be TLS");
    }
    if (options.user.empty() != options.password.empty()) {
        return wrong("a user goes with a password");
    }
    if (!options.user.empty() && !options.credentials_file.empty()) {
        return wrong("give a user or a credentials file, not both");
    }
    return ok();
}

Status accepted(natsStatus status, std::string_view what) {
    if (status == NATS_OK) return ok();
    return fail(Errc::invalid_argument, "bus over NATS: {}: {}", what, status_text(status));
}

Status set_secrets(natsOptions* made, const NatsOptions& options) {
    if (options.transport == NatsTransport::tls) {
        CAIRN_TRY(accepted(natsOptions_SetSecure(made, true), "TLS"));
    }
    if (!options.trust_file.empty()) {
        CAIRN_TRY(open_for_reading(options.trust_file));
        CAIRN_TRY(accepted(
            natsOptions_LoadCATrustedCertificates(made, options.trust_file.c_str()),
            fmt::format("{} must hold certificates as PEM", options.trust_file)
        ));
    }
    if (!options.certificate_file.empty()) {
        CAIRN_TRY(open_for_reading(options.certificate_file));
        CAIRN_TRY(open_for_reading(options.key_file));
        CAIRN_TRY(accepted(
            natsOptions_LoadCertificatesChain(
                made, options.certificate_file.c_str(), options.key_file.c_str()
            ),
            fmt::format(
                "{} and {} must hold a certificate and its key as PEM",
                options.certificate_file,
                options.key_file
            )
        ));
    }
    if (!options.credentials_file.empty()) {
        CAIRN_TRY(open_for_reading(options.credentials_file));
        CAIRN_TRY(accepted(
            natsOptions_SetUserCredentialsFromFiles(
                made, options.credentials_file.c_str(), nullptr
            ),
            options.credentials_file
        ));
    }
    if (!options.user.empty()) {
        CAIRN_TRY(accepted(
            natsOptions_SetUserInfo(made, options.user.c_str(), options.password.c_str()), "user"
        ));
    }
    return ok();
}

Status set_behaviour(natsOptions* made) {
    const auto set = [](natsStatus status) { return accepted(status, "options"); };
    CAIRN_TRY(set(natsOptions_SetName(made, "cairn")));
    // A server learnt from another would be one that nobody here trusted.
    CAIRN_TRY(set(natsOptions_SetIgnoreDiscoveredServers(made, true)));
    // Own events are delivered directly.
    CAIRN_TRY(set(natsOptions_SetNoEcho(made, true)));
    CAIRN_TRY(set(natsOptions_SetTimeout(made, kConnectTimeMs)));
    CAIRN_TRY(set(natsOptions_SetMaxReconnect(made, -1)));
    CAIRN_TRY(set(natsOptions_SetReconnectWait(made, kReconnectWaitMs)));
    CAIRN_TRY(set(natsOptions_SetReconnectBufSize(made, kReconnectBytesMax)));
    CAIRN_TRY(set(natsOptions_SetWriteDeadline(made, kWriteTimeMs)));
    CAIRN_TRY(set(natsOptions_SetPingInterval(made, kPingIntervalMs)));
    CAIRN_TRY(set(natsOptions_SetMaxPingsOut(made, kPingsUnansweredMax)));
    return set(natsOptions_SetErrorHandler(made, ignore_error, nullptr));
}

}  // namespace

Result<std::unique_ptr<NatsSessions>> nats_sessions(const NatsOptions& options) {
    CAIRN_TRY(check_options(options));
    natsOptions* created = nullptr;
    const natsStatus status = natsOptions_Create(&created);
    OptionsPtr made(created);
    CAIRN_TRY(accepted(status, "options"));
    const std::string scheme = options.transport == NatsTransport::tls ? "tls://" : "nats://";
    std::vector<std::string> urls;
    for (const std::string& server : options.servers) urls.push_back(scheme + server);
    std::vector<const char*> pointers;
    for (const std::string& url : urls) pointers.push_back(url.c_str());
    CAIRN_TRY(accepted(
        natsOptions_SetServers(made.get(), pointers.data(), static_cast<int>(pointers.size())),
        "servers"
    ));
    CAIRN_TRY(set_behaviour(made.get()));
    CAIRN_TRY(set_secrets(made.get(), options));
    return std::unique_ptr<NatsSessions>(std::make_unique<Sessions>(
        std::move(made),
        options.subject_prefix + ".events",
        fmt::format("{}", fmt::join(options.servers, ", "))
    ));
}

}  // namespace cairn::bus
