#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/certificates.h"
#include "support/script.h"
#include "support/temp_dir.h"

namespace cairn::test {

/// tests/support/https_server.py while the object lives: a port of the loopback for each
/// certificate.
class HttpsServer {
public:
    explicit HttpsServer(const std::vector<TestCertificate>& certificates)
        : script_("https_server.py", arguments(certificates)) {
        std::istringstream line(script_.read_line());
        for (int port = 0; line >> port;) ports_.push_back(port);
        if (ports_.size() != certificates.size()) {
            throw std::runtime_error("the server of the tests did not start");
        }
    }

    /// Of the certificate at that place.
    int port(std::size_t certificate) const { return ports_.at(certificate); }

private:
    std::vector<std::string> arguments(const std::vector<TestCertificate>& certificates) const {
        std::vector<std::string> words = {folder_.path().string()};
        for (const TestCertificate& certificate : certificates) {
            words.push_back("server" + std::to_string(words.size()));
            folder_.write(words.back() + ".pem", certificate.key_pem() + certificate.pem());
        }
        return words;
    }

    TempDir folder_;
    Script script_;
    std::vector<int> ports_;
};

}  // namespace cairn::test
