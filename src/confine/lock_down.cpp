#include "confine/lock_down.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>

#include <linux/sched.h>
#include <pthread.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"

namespace cairn::confine {
namespace {

/// System calls without side effects outside the process and its descriptors.
constexpr std::array kAllowed = {
    SCMP_SYS(read),          SCMP_SYS(readv),
    SCMP_SYS(pread64),       SCMP_SYS(write),
    SCMP_SYS(writev),        SCMP_SYS(lseek),
    SCMP_SYS(fstat),         SCMP_SYS(close),
    SCMP_SYS(recvmsg),       SCMP_SYS(sendmsg),
    SCMP_SYS(poll),          SCMP_SYS(brk),
    SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),       SCMP_SYS(futex),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),  SCMP_SYS(getrandom),
    SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),   SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrusage),     SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),          SCMP_SYS(restart_syscall),
};

/// Refused softly: libraries try these and cope (a locale, a plug-in folder, a thread name).
struct Refused {
    int call;
    int error;
};
constexpr std::array kRefused = {
    Refused{SCMP_SYS(open), EACCES},
    Refused{SCMP_SYS(openat), EACCES},
    Refused{SCMP_SYS(stat), EACCES},
    Refused{SCMP_SYS(access), EACCES},
    Refused{SCMP_SYS(newfstatat), EACCES},
    Refused{SCMP_SYS(readlink), EACCES},
    Refused{SCMP_SYS(clone3), ENOSYS},
    Refused{SCMP_SYS(ioctl), ENOTTY},
    Refused{SCMP_SYS(sysinfo), ENOSYS},
    Refused{SCMP_SYS(uname), EACCES},
    Refused{SCMP_SYS(sched_setscheduler), EPERM},
    Refused{SCMP_SYS(getcwd), EACCES},
};

#ifdef CAIRN_SANITIZED
constexpr bool kSanitized = true;
/// What the sanitizers' own run-time needs, chiefly to print a report before they abort.
constexpr std::array kSanitizerAllowed = {
    SCMP_SYS(sched_getparam),
    SCMP_SYS(getuid),
    SCMP_SYS(getppid),
    SCMP_SYS(pipe2),  // UBSan asks the kernel in this way whether an object's memory is readable
};
#else
constexpr bool kSanitized = false;
constexpr std::array<int, 0> kSanitizerAllowed{};
#endif

Status set_limit(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
    const rlimit limit{soft, hard};
    if (::setrlimit(resource, &limit) == 0) return ok();
    return fail(Errc::internal, "setrlimit {}: {}", static_cast<int>(resource), errno_text(errno));
}

/// Owns a filter under construction.
class Filter {
public:
    Filter() : context_(::seccomp_init(SCMP_ACT_KILL_PROCESS)) {}
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;
    ~Filter() { ::seccomp_release(context_); }

    void allow(int call) {
        note(::seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 0, nullptr));
    }
    void allow_when(int call, scmp_arg_cmp condition) {
        note(::seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 1, &condition));
    }
    void refuse(int call, int error) {
        const auto action = SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error));
        note(::seccomp_rule_add_array(context_, action, call, 0, nullptr));
    }
    Status load() {
        note(::seccomp_load(context_));
        if (error_ == 0) return ok();
        return fail(Errc::internal, "seccomp: {}", errno_text(-error_));
    }

private:
    void note(int result) {
        if (result < 0 && error_ == 0) error_ = result;
    }

    scmp_filter_ctx context_;
    int error_ = 0;
};

scmp_arg_cmp masked_equal(unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

Status load_filter() {
    Filter filter;
    for (const int call : kAllowed) filter.allow(call);
    for (const int call : kSanitizerAllowed) filter.allow(call);
    for (const Refused& refused : kRefused) filter.refuse(refused.call, refused.error);
    // Memory, but never executable memory.
    filter.allow_when(SCMP_SYS(mmap), masked_equal(2, PROT_EXEC, 0));
    filter.allow_when(SCMP_SYS(mprotect), masked_equal(2, PROT_EXEC, 0));
    // Threads, but never processes.
    filter.allow_when(SCMP_SYS(clone), masked_equal(0, CLONE_THREAD, CLONE_THREAD));
    // Signals to itself only: abort() ends a library that lost its footing.
    filter.allow_when(SCMP_SYS(tgkill), {0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0});
    // Own limits only (to narrow the CPU time for one item).
    filter.allow_when(SCMP_SYS(prlimit64), {0, SCMP_CMP_EQ, 0, 0});
    filter.allow_when(SCMP_SYS(prctl), {0, SCMP_CMP_EQ, PR_SET_NAME, 0});
    return filter.load();
}

/// The first thread of a process makes the C library install a signal handler, which the filter
/// would not allow: so the first one comes and goes before it.
Status prepare_threads() {
    pthread_t thread{};
    const auto nothing = [](void*) -> void* { return nullptr; };
    int error = ::pthread_create(&thread, nullptr, nothing, nullptr);
    if (error == 0) error = ::pthread_join(thread, nullptr);
    if (error == 0) return ok();
    return fail(Errc::internal, "thread: {}", errno_text(error));
}

}  // namespace

Status lock_down(const Limits& limits) {
    CAIRN_TRY(prepare_threads());
    CAIRN_TRY(set_limit(RLIMIT_CORE, 0, 0));
    CAIRN_TRY(set_limit(RLIMIT_FSIZE, 0, 0));
    if (limits.memory_bytes_max > 0 && !kSanitized) {
        CAIRN_TRY(set_limit(RLIMIT_AS, limits.memory_bytes_max, limits.memory_bytes_max));
    }
    if (limits.cpu_max.count() > 0) {
        const auto seconds = static_cast<std::uint64_t>(limits.cpu_max.count());
        CAIRN_TRY(set_limit(RLIMIT_CPU, seconds, seconds));
    }
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail(Errc::internal, "prctl: {}", errno_text(errno));
    }
    return load_filter();
}

Status limit_cpu_from_now(std::chrono::seconds cpu_max) {
    rusage used{};
    rlimit limit{};
    if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_CPU, &limit) != 0) {
        return fail(Errc::internal, "CPU time: {}", errno_text(errno));
    }
    const auto so_far = static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    // One second more, since the used time is cut to whole seconds.
    const std::uint64_t end = so_far + static_cast<std::uint64_t>(cpu_max.count()) + 1;
    return set_limit(RLIMIT_CPU, std::min<std::uint64_t>(end, limit.rlim_max), limit.rlim_max);
}

}  // namespace cairn::confine
