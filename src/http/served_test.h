#pragma once

#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/server.h"
#include "support/certificates.h"
#include "support/temp_dir.h"

namespace cairn::http::test {

/// What an application was told of a channel.
struct ChannelRecord {
    std::mutex mutex;
    std::vector<std::string> texts;
    int closed = 0;

    std::vector<std::string> texts_now() {
        const std::lock_guard lock(mutex);
        return texts;
    }
    int closed_now() {
        const std::lock_guard lock(mutex);
        return closed;
    }
};

/// Says over its channel what it hears.
class EchoListener final : public ChannelListener {
public:
    EchoListener(std::shared_ptr<ChannelRecord> record, std::shared_ptr<Channel> channel)
        : record_(std::move(record)), channel_(std::move(channel)) {}

    void on_text(std::string_view text) override {
        {
            const std::lock_guard lock(record_->mutex);
            record_->texts.emplace_back(text);
        }
        channel_->send("echo " + std::string(text));
    }
    void on_closed() override {
        const std::lock_guard lock(record_->mutex);
        ++record_->closed;
    }

private:
    std::shared_ptr<ChannelRecord> record_;
    std::shared_ptr<Channel> channel_;
};

/// An application whose answers a test may choose.
class TestApplication final : public Application {
public:
    std::function<std::variant<Admission, Response>(const Request&)> admitting =
        [](const Request&) { return Admission{.body_bytes_max = 1'000'000}; };
    std::function<Response(Request)> answering = [](const Request& request) {
        Response response;
        response.body = std::string(name_of(request.method)) + ' ' + request.path + '?' +
                        request.query + ' ' + request.body;
        return response;
    };
    bool has_channels = true;
    std::shared_ptr<ChannelRecord> record = std::make_shared<ChannelRecord>();

    std::variant<Admission, Response> admit(const Request& head) override {
        return admitting(head);
    }
    Response answer(Request request) override { return answering(std::move(request)); }
    std::variant<std::unique_ptr<ChannelListener>, Response> open_channel(
        Request /*request*/, std::shared_ptr<Channel> opened
    ) override {
        if (!has_channels) return problem(403, {});
        const std::lock_guard lock(mutex_);
        channels_.push_back(opened);
        return std::make_unique<EchoListener>(record, std::move(opened));
    }
    Response problem(unsigned status, std::string_view request_id) override {
        Response response{.status = status};
        response.body = "problem " + std::to_string(status) + ' ' + std::string(request_id);
        return response;
    }
    void answered(
        const Request& head, unsigned status, std::uint64_t /*sent*/, std::chrono::nanoseconds
    ) override {
        const std::lock_guard lock(mutex_);
        answered_.push_back(head.path + ' ' + std::to_string(status));
    }

    std::vector<std::string> answered_now() {
        const std::lock_guard lock(mutex_);
        return answered_;
    }
    std::shared_ptr<Channel> channel(std::size_t index) {
        const std::lock_guard lock(mutex_);
        return index < channels_.size() ? channels_[index] : nullptr;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> answered_;
    std::vector<std::shared_ptr<Channel>> channels_;
};

inline cairn::test::TestCertificate self_made(const std::string& name) {
    const std::int64_t now = std::time(nullptr);
    return cairn::test::TestCertificate::make(
        {.subject = name,
         .not_before = now - 60,
         .not_after = now + 3600,
         .extended_use = "serverAuth",
         .alternative_name = "DNS:localhost,IP:127.0.0.1"},
        nullptr
    );
}

/// The real server on a port of the loopback, for one test.
class TestServer {
public:
    explicit TestServer(ServerOptions options = {}) {
        options.limits.spool_folder = folder.path().string();
        auto started = Server::start(options, application);
        if (!started) throw std::runtime_error(started.error().message);
        server = std::move(*started);
    }

    static ServerOptions with_tls(const cairn::test::TempDir& files, ServerOptions options = {}) {
        const auto certificate = self_made("server");
        options.tls = TlsOptions{
            .certificate_file = files.write("certificate.pem", certificate.pem()),
            .key_file = files.write("key.pem", certificate.key_pem())};
        return options;
    }

    std::uint16_t port() const { return server->port(); }

    /// Waits until `condition` holds, at most ten seconds.
    template <typename Condition>
    static bool comes(Condition condition) {
        for (int step = 0; step < 2'000; ++step) {
            if (condition()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }

    cairn::test::TempDir folder;
    TestApplication application;
    std::unique_ptr<Server> server;
};

}  // namespace cairn::http::test
