#pragma once

#include <cstdlib>
#include <string>

#include "base/fd.h"

namespace cairn::hashlist {

/// Bytes as a file with a path, for tests and fuzzers of what reads files.
class MemoryList {
public:
    explicit MemoryList(Bytes bytes) {
        auto fd = make_memory_file("list");
        if (!fd || !write_all(fd->get(), bytes)) std::abort();
        fd_ = *std::move(fd);
    }
    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

private:
    Fd fd_;
};

}  // namespace cairn::hashlist
