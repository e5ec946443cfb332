#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "confine/message.h"

namespace cairn::confine {

/// A child program that parses hostile bytes for us. It shares one channel with us and, once it
/// called lock_down(), can do nothing else. Not thread-safe; not movable. Destroying it kills it.
class Child {
public:
    /// Starts `program` with only standard error and the channel open and an empty environment.
    static Result<std::unique_ptr<Child>> start(
        const std::string& program, const std::vector<std::string>& arguments
    );
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    /// Waits at most ten seconds for a child that does not read. When it fails, the child is
    /// killed and the error says how it ended.
    Status send(std::uint32_t type, Bytes payload, int fd = -1);

    /// The child's next message. When it died, closed the channel, answered malformed bytes or
    /// let `deadline` pass, the child is killed and the error (Errc::unavailable) says which, in
    /// words fit for a report: "decoder crashed (segmentation fault)".
    Result<Message> receive(std::chrono::milliseconds deadline);

    /// False after receive() or send() failed: start another.
    bool alive() const { return pid_ > 0; }
    pid_t pid() const { return pid_; }

private:
    Child(std::string name, pid_t pid, Fd channel);
    /// Kills and reaps the child; says how it ended.
    std::string end();

    std::string name_;
    pid_t pid_;
    Fd channel_;
};

}  // namespace cairn::confine
