#pragma once

#include <array>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/certificates.h"
#include "support/temp_dir.h"

extern char** environ;  // posix_spawn wants it

namespace cairn::test {

/// tests/support/https_server.py while the object lives: a port of the loopback for each
/// certificate.
class HttpsServer {
public:
    explicit HttpsServer(const std::vector<TestCertificate>& certificates) {
        std::vector<std::string> arguments = {
            "python3", CAIRN_SOURCE_DIR "/tests/support/https_server.py", folder_.path().string()};
        for (const TestCertificate& certificate : certificates) {
            arguments.push_back("server" + std::to_string(arguments.size()));
            folder_.write(arguments.back() + ".pem", certificate.key_pem() + certificate.pem());
        }
        std::istringstream line(start(std::move(arguments)));
        for (int port = 0; line >> port;) ports_.push_back(port);
        if (ports_.size() != certificates.size()) {
            throw std::runtime_error("the server of the tests did not start");
        }
    }
    HttpsServer(const HttpsServer&) = delete;
    HttpsServer& operator=(const HttpsServer&) = delete;
    ~HttpsServer() {
        ::close(keep_alive_);
        ::waitpid(child_, nullptr, 0);
    }

    /// Of the certificate at that place.
    int port(std::size_t certificate) const { return ports_.at(certificate); }

private:
    /// Its first line.
    std::string start(std::vector<std::string> arguments) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
        posix_spawn_file_actions_t actions{};
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
        ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        std::vector<char*> pointers;
        for (std::string& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        const int failed =
            ::posix_spawnp(&child_, "python3", &actions, nullptr, pointers.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        keep_alive_ = in[1];
        if (failed != 0) throw std::runtime_error("python3 cannot be started");
        std::string line;
        char c = 0;
        while (::read(out[0], &c, 1) == 1 && c != '\n') line += c;
        ::close(out[0]);
        return line;
    }

    TempDir folder_;
    pid_t child_ = -1;
    int keep_alive_ = -1;  ///< its standard input
    std::vector<int> ports_;
};

}  // namespace cairn::test
