#pragma once

#include <stdexcept>
#include <string>

#include "support/script.h"
#include "support/temp_dir.h"

namespace cairn::bus {

/// A real nats-server that keeps its port when it is killed and started again.
class NatsServer {
public:
    explicit NatsServer(const std::string& configuration = {}) { start(configuration); }

    void start(const std::string& configuration = {}) {
        folder_.write("nats.conf", configuration);
        port_ = obey("start");
    }
    void kill() { obey("kill"); }
    void freeze() { obey("freeze"); }

    std::string address() const { return "localhost:" + port_; }

private:
    std::string obey(const std::string& command) {
        script_.write_line(command);
        std::string answer = script_.read_line();
        if (answer.empty()) throw std::runtime_error("nats-server: no answer to " + command);
        return answer;
    }

    test::TempDir folder_;
    test::Script script_{"nats_server.py", {folder_.path().string()}};
    std::string port_;
};

}  // namespace cairn::bus
