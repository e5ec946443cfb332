#pragma once

#include <string>

#include "base/fd.h"

namespace cairn::scan {

/// Holds the content of one archive member so that it can be read like a file: in memory while
/// small, else in an unnamed file in the case folder that no other process can open by name and
/// that is gone when closed. Movable.
class Spool {
public:
    /// Content above this many bytes goes to disk.
    static constexpr std::uint64_t kMemoryBytesMax = 32U << 20U;

    static Result<Spool> create(std::string folder);

    Status append(Bytes bytes);
    int fd() const { return fd_.get(); }
    /// The content, to be kept longer than the spool.
    Fd release() && { return std::move(fd_); }
    std::uint64_t size_bytes() const { return size_bytes_; }

private:
    Spool(std::string folder, Fd fd) : folder_(std::move(folder)), fd_(std::move(fd)) {}
    Status move_to_disk();

    std::string folder_;
    Fd fd_;
    std::uint64_t size_bytes_ = 0;
    bool on_disk_ = false;
};

}  // namespace cairn::scan
