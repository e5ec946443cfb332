#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace cairn {

/// Owns a file descriptor and closes it. Movable, not copyable; -1 means none.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// errno in words, e.g. "No such file or directory". Thread-safe.
std::string errno_text(int error_number);

/// Opens for reading, close-on-exec. Errc::not_found, permission_denied or io, naming the path.
Result<Fd> open_for_reading(const std::string& path);

/// Fills `out` from `offset` unless the file ends first; returns the bytes read.
Result<std::size_t> read_at(int fd, std::uint64_t offset, MutableBytes out);

/// Writes all of `bytes` at the descriptor's position.
Status write_all(int fd, Bytes bytes);

/// The whole file; Errc::limit_exceeded when it is larger than `size_bytes_max`.
Result<ByteVector> read_file(const std::string& path, std::size_t size_bytes_max);

/// An anonymous file in memory (memfd), close-on-exec.
Result<Fd> make_memory_file(const char* name);

/// fsync of a directory, so that a rename in it survives a power cut.
Status sync_directory(const std::string& path);

/// A file that appears under its name complete or not at all: written beside it under a
/// temporary name with the given mode, synced, renamed, directory synced. Destroying it before
/// commit() removes the temporary file. `kill -9` leaves the old file or the new one (and
/// perhaps a temporary named .NAME.XXXXXX, which no reader looks at).
class AtomicFile {
public:
    static Result<AtomicFile> create(std::string path, unsigned mode);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    int fd() const { return fd_.get(); }
    Status write(Bytes bytes) { return write_all(fd_.get(), bytes); }
    Status commit();
    /// As commit(), but Errc::conflict when there is something under that name.
    Status commit_new();
    /// Its name until then, for those that open by name.
    const std::string& temporary_path() const { return temporary_; }

private:
    Status sync();
    AtomicFile(std::string path, std::string temporary, Fd fd);

    std::string path_;
    std::string temporary_;
    Fd fd_;
};

}  // namespace cairn
