#include "evidence/open_beneath.h"

#include <cerrno>
#include <climits>
#include <string_view>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cairn::evidence {
namespace {

constexpr int kAlways = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
/// openat2 reports a rename that raced with it as EAGAIN.
constexpr int kRaceRetries = 16;

/// Reading must leave the evidence's access time alone, but only a file's owner (or root) may
/// ask for that: EPERM otherwise.
template <typename Open>
int without_access_time(int flags, const Open& open) {
    if ((flags & O_PATH) != 0) return open(flags);
    const int fd = open(flags | O_NOATIME);
    return fd < 0 && errno == EPERM ? open(flags) : fd;
}

int open_in_one_call(int root, const char* relative, int flags) {
    open_how how{};
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    // openat2 refuses O_NOCTTY beside O_PATH, where it would mean nothing.
    const int always = (flags & O_PATH) != 0 ? kAlways & ~O_NOCTTY : kAlways;
    how.flags = static_cast<__u64>(flags | always);
    int fd = -1;
    for (int i = 0; i < kRaceRetries; ++i) {
        fd = static_cast<int>(::syscall(SYS_openat2, root, relative, &how, sizeof how));
        if (fd >= 0 || errno != EAGAIN) break;
    }
    return fd;
}

/// Below a folder there is nothing called "." or "..", nothing empty, nothing with a NUL.
bool is_plain(std::string_view relative) {
    if (relative.find('\0') != std::string_view::npos) return false;
    while (true) {
        const auto slash = relative.find('/');
        const std::string_view component = relative.substr(0, slash);
        if (component.empty() || component == "." || component == "..") return false;
        if (slash == std::string_view::npos) return true;
        relative.remove_prefix(slash + 1);
    }
}

Status require_plain(const std::string& relative) {
    if (is_plain(relative)) return ok();
    return fail(Errc::invalid_argument, "not a path below a folder");
}

}  // namespace

Error open_error(int error_number) {
    Errc code = Errc::io;
    switch (error_number) {
        case ENOENT:
        case ENOTDIR:
            code = Errc::not_found;
            break;
        case EACCES:
        case EPERM:
            code = Errc::permission_denied;
            break;
        case ELOOP:
            return fail(Errc::unsupported, "is a symbolic link: not followed");
        default:
            break;
    }
    return fail(code, "{}", errno_text(error_number));
}

Result<Fd> open_by_components(int root, const std::string& relative, int flags) {
    const std::string whole = relative.empty() ? "." : relative;
    if (!relative.empty()) CAIRN_TRY(require_plain(relative));
    Fd folder;
    std::size_t start = 0;
    for (auto slash = whole.find('/'); slash != std::string::npos; slash = whole.find('/', start)) {
        const std::string component = whole.substr(start, slash - start);
        const int parent = folder ? folder.get() : root;
        Fd next(::openat(parent, component.c_str(), O_PATH | O_DIRECTORY | kAlways));
        if (!next) return open_error(errno);  // a symbolic link shows as ENOTDIR here
        folder = std::move(next);
        start = slash + 1;
    }
    const std::string last = whole.substr(start);
    Fd fd(without_access_time(flags | kAlways, [&](int with) {
        return ::openat(folder ? folder.get() : root, last.c_str(), with);
    }));
    if (!fd) return open_error(errno);
    return fd;
}

Result<Fd> open_beneath(int root, const std::string& relative, int flags) {
    if (!relative.empty()) CAIRN_TRY(require_plain(relative));
    if (relative.size() >= PATH_MAX) return open_by_components(root, relative, flags);
    const char* path = relative.empty() ? "." : relative.c_str();
    Fd fd(without_access_time(flags, [&](int with) { return open_in_one_call(root, path, with); }));
    if (fd) return fd;
    // Older kernels have no openat2; some containers refuse it with EPERM.
    const bool absent = errno == ENOSYS || errno == EPERM || errno == EAGAIN;
    if (absent) return open_by_components(root, relative, flags);
    return open_error(errno);
}

}  // namespace cairn::evidence
