#include "confine/child.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cairn::confine {
namespace {

/// A signal in words for a report.
std::string signal_text(int number) {
    switch (number) {
        case SIGSYS:
            return "stopped: it asked for something forbidden";
        case SIGXCPU:
            return "stopped: CPU time limit";
        case SIGXFSZ:
            return "stopped: it wrote to a file";
        case SIGSEGV:
            return "crashed: segmentation fault";
        case SIGABRT:
            return "crashed: aborted";
        case SIGBUS:
            return "crashed: bus error";
        case SIGILL:
            return "crashed: illegal instruction";
        case SIGFPE:
            return "crashed: arithmetic error";
        case SIGKILL:
            return "was killed (out of memory?)";
        default:
            return fmt::format("ended by signal {}", number);
    }
}

std::string base_name(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// A child that floods us and never reads would otherwise hold a send for ever.
constexpr timeval kSendTimeMax{.tv_sec = 10, .tv_usec = 0};

/// Owns the attributes of posix_spawn.
struct SpawnSetup {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    SpawnSetup() {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    SpawnSetup(const SpawnSetup&) = delete;
    SpawnSetup& operator=(const SpawnSetup&) = delete;
    ~SpawnSetup() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
};

/// Ctrl-C goes to the whole foreground process group; the child must outlive it so that the
/// parent can finish its item. So: own process group, default signals, nothing blocked.
void isolate_signals(posix_spawnattr_t& attributes) {
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
    );
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(
    const std::string& program, const std::vector<std::string>& arguments
) {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail(Errc::io, "socket pair: {}", errno_text(errno));
    }
    Fd ours(ends[0]);
    if (::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendTimeMax, sizeof kSendTimeMax) !=
        0) {
        return fail(Errc::io, "send timeout: {}", errno_text(errno));
    }
    // Moved above the small numbers: dup2 onto itself would keep close-on-exec set.
    const Fd first(ends[1]);
    const Fd theirs(::fcntl(first.get(), F_DUPFD_CLOEXEC, kChildChannel + 1));
    if (!theirs) return fail(Errc::io, "descriptor: {}", errno_text(errno));

    SpawnSetup setup;
    ::posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&setup.actions, theirs.get(), kChildChannel);
    ::posix_spawn_file_actions_addclosefrom_np(&setup.actions, kChildChannel + 1);
    isolate_signals(setup.attributes);

    std::string name = base_name(program);
    std::vector<std::string> words{name};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    pid_t pid = -1;
    const int error = ::posix_spawn(
        &pid, program.c_str(), &setup.actions, &setup.attributes, argv.data(), environment.data()
    );
    if (error != 0) return fail(Errc::unavailable, "{}: {}", program, errno_text(error));
    return std::unique_ptr<Child>(new Child(std::move(name), pid, std::move(ours)));
}

Child::Child(std::string name, pid_t pid, Fd channel)
    : name_(std::move(name)), pid_(pid), channel_(std::move(channel)) {}

Child::~Child() {
    if (alive()) end();
}

std::string Child::end() {
    channel_ = Fd();
    // It may have died already: give its own way of ending precedence over our kill.
    int status = 0;
    pid_t reaped = ::waitpid(pid_, &status, WNOHANG);
    const bool was_running = reaped == 0;
    if (was_running) {
        ::kill(pid_, SIGKILL);
        do {
            reaped = ::waitpid(pid_, &status, 0);
        } while (reaped < 0 && errno == EINTR);
    }
    pid_ = -1;
    if (was_running) return "was stopped";
    if (WIFSIGNALED(status)) return signal_text(WTERMSIG(status));
    return fmt::format("ended by itself with status {}", WEXITSTATUS(status));
}

Status Child::send(std::uint32_t type, Bytes payload, int fd) {
    if (!alive()) return fail(Errc::unavailable, "{} is not running", name_);
    const auto sent = send_message(channel_.get(), type, payload, fd);
    if (sent) return ok();
    return fail(Errc::unavailable, "{} {}", name_, end());
}

Result<Message> Child::receive(std::chrono::milliseconds deadline) {
    if (!alive()) return fail(Errc::unavailable, "{} is not running", name_);
    auto received = receive_message(channel_.get(), deadline);
    if (received && *received) return std::move(**received);
    if (!received && received.error().code == Errc::limit_exceeded) {
        end();
        return fail(Errc::unavailable, "{} stopped: no answer in {} ms", name_, deadline.count());
    }
    if (!received && received.error().code == Errc::corrupt_data) {
        end();
        return fail(Errc::unavailable, "{} stopped: malformed answer", name_);
    }
    // The channel closes a moment before the process can be reaped.
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
    return fail(Errc::unavailable, "{} {}", name_, end());
}

}  // namespace cairn::confine
