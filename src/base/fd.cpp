#include "base/fd.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cairn {
namespace {

Errc errc_of(int error_number) {
    switch (error_number) {
        case ENOENT:
            return Errc::not_found;
        case EACCES:
        case EPERM:
            return Errc::permission_denied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return Errc::limit_exceeded;
        case EPIPE:
            return Errc::unavailable;
        default:
            return Errc::io;
    }
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

std::string errno_text(int error_number) {
    return std::generic_category().message(error_number);
}

Result<Fd> open_for_reading(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return fail(errc_of(errno), "{}: {}", path, errno_text(errno));
    return fd;
}

Result<std::size_t> read_at(int fd, std::uint64_t offset, MutableBytes out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const auto got =
            ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return fail(Errc::io, "read at byte {}: {}", offset + done, errno_text(errno));
        }
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Status write_all(int fd, Bytes bytes) {
    while (!bytes.empty()) {
        const auto put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(errc_of(errno), "write: {}", errno_text(errno));
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return ok();
}

Result<ByteVector> read_file(const std::string& path, std::size_t size_bytes_max) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    ByteVector bytes;
    constexpr std::size_t kStep = 1U << 16U;
    while (true) {
        const std::size_t old = bytes.size();
        bytes.resize(old + kStep);
        auto got = read_at(fd.get(), old, MutableBytes(bytes).subspan(old));
        if (!got) return std::move(got).error().with_context(path);
        bytes.resize(old + *got);
        if (bytes.size() > size_bytes_max) {
            return fail(Errc::limit_exceeded, "{}: larger than {} bytes", path, size_bytes_max);
        }
        if (*got < kStep) return bytes;
    }
}

Result<Fd> make_memory_file(const char* name) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC));
    if (!fd) return fail(Errc::io, "memory file: {}", errno_text(errno));
    return fd;
}

Status sync_directory(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) {
        return fail(Errc::io, "{}: sync: {}", path, errno_text(errno));
    }
    return ok();
}

Result<AtomicFile> AtomicFile::create(std::string path, unsigned mode) {
    const auto slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    std::string temporary = directory_of(path) + "/." + name + ".XXXXXX";
    Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) return fail(errc_of(errno), "{}: cannot create: {}", path, errno_text(errno));
    if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) {
        const int why = errno;
        ::unlink(temporary.c_str());
        return fail(errc_of(why), "{}: mode: {}", path, errno_text(why));
    }
    return AtomicFile(std::move(path), std::move(temporary), std::move(fd));
}

AtomicFile::AtomicFile(std::string path, std::string temporary, Fd fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status AtomicFile::sync() {
    if (::fsync(fd_.get()) == 0) return ok();
    return fail(errc_of(errno), "{}: sync: {}", path_, errno_text(errno));
}

Status AtomicFile::commit_new() {
    CAIRN_TRY(sync());
    const char* const from = temporary_.c_str();
    int done = ::renameat2(AT_FDCWD, from, AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
    if (done != 0 && errno == EINVAL) {
        // A file system that cannot promise it: the next best.
        struct stat info {};
        errno = EEXIST;
        done = ::lstat(path_.c_str(), &info) == 0 ? -1 : ::rename(from, path_.c_str());
    }
    if (done != 0 && errno == EEXIST) {
        return fail(Errc::conflict, "{}: exists already; name another file", path_);
    }
    if (done != 0) return fail(errc_of(errno), "{}: rename: {}", path_, errno_text(errno));
    temporary_.clear();
    return sync_directory(directory_of(path_));
}

Status AtomicFile::commit() {
    CAIRN_TRY(sync());
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        return fail(errc_of(errno), "{}: rename: {}", path_, errno_text(errno));
    }
    temporary_.clear();
    return sync_directory(directory_of(path_));
}

}  // namespace cairn
