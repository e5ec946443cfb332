#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/fd.h"

namespace cairn::media {

/// Memory that a process and its confined child both see: a sealed memory file of fixed size.
class SharedStore {
public:
    /// Makes one of `size_bytes`; pages are taken only when written.
    static Result<std::unique_ptr<SharedStore>> create(std::size_t size_bytes);
    /// Maps one received from another process, which must have `size_bytes`.
    static Result<std::unique_ptr<SharedStore>> attach(Fd fd, std::size_t size_bytes);
    SharedStore(const SharedStore&) = delete;
    SharedStore& operator=(const SharedStore&) = delete;
    ~SharedStore();

    int fd() const { return fd_.get(); }
    MutableBytes bytes() const { return bytes_; }

private:
    SharedStore(Fd fd, MutableBytes bytes) : fd_(std::move(fd)), bytes_(bytes) {}

    Fd fd_;
    MutableBytes bytes_;
};

}  // namespace cairn::media
