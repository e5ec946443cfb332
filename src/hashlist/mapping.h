#pragma once

#include <string>

#include "base/bytes.h"

namespace cairn::hashlist {

/// A read-only view of a part of a file, unmapped with its object. It outlives the file's name.
class Mapping {
public:
    static Result<Mapping> open(const std::string& path);
    /// `offset` is a multiple of the page size; nothing is mapped for no bytes.
    static Result<Mapping> of(int fd, std::uint64_t offset, std::uint64_t bytes);
    Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();

    Bytes bytes() const { return bytes_; }

private:
    explicit Mapping(Bytes bytes) : bytes_(bytes) {}

    Bytes bytes_;
};

}  // namespace cairn::hashlist
