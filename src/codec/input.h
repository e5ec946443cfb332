#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace cairn::codec {

/// The bytes of one file: a borrowed descriptor, read only by position (its own offset is shared
/// with other processes and never touched), or a borrowed buffer.
class Input {
public:
    Input(int fd, std::uint64_t size_bytes) : fd_(fd), size_(size_bytes) {}
    explicit Input(Bytes memory) : memory_(memory), size_(memory.size()) {}

    std::uint64_t size() const { return size_; }

    /// Fills `out` from `offset`; fewer bytes at the end of the file or where reading fails.
    std::size_t read_at(std::uint64_t offset, MutableBytes out) const;

    /// The whole file; Errc::limit_exceeded above `bytes_max`.
    Result<ByteVector> read_all(std::uint64_t bytes_max) const;

private:
    int fd_ = -1;
    Bytes memory_;
    std::uint64_t size_;
};

}  // namespace cairn::codec
