#pragma once

#include <csignal>
#include <cstdint>
#include <stdexcept>

#include <sys/resource.h>

namespace cairn::test {

/// As if the disk were full: while it lives, no file of this process grows beyond `bytes`.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes) {
        former_action_ = std::signal(SIGXFSZ, SIG_IGN);
        if (::getrlimit(RLIMIT_FSIZE, &former_) != 0) throw std::runtime_error("getrlimit");
        rlimit now = former_;
        now.rlim_cur = bytes;
        if (::setrlimit(RLIMIT_FSIZE, &now) != 0) throw std::runtime_error("setrlimit");
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &former_);
        std::signal(SIGXFSZ, former_action_);
    }

private:
    rlimit former_{};
    void (*former_action_)(int) = nullptr;
};

}  // namespace cairn::test
