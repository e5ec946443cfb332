#include "hashlist/low_priority.h"

#include <thread>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cairn::hashlist {
namespace {

constexpr int kNicest = 19;
// linux/ioprio.h: the lowest level of the class "best effort". The class "idle" could wait for
// ever on a busy disk.
constexpr int kIoWhoThread = 1;
constexpr int kIoBestEffort = 2;
constexpr int kIoClassShift = 13;
constexpr int kIoLowest = 7;

/// On Linux both hold for one thread and those it starts. Where they are refused, the work is done
/// all the same.
void lower_priority() {
    ::setpriority(PRIO_PROCESS, 0, kNicest);
    ::syscall(SYS_ioprio_set, kIoWhoThread, 0, kIoBestEffort << kIoClassShift | kIoLowest);
}

}  // namespace

Status run_at_low_priority(const std::function<Status()>& work) {
    Status status = ok();
    std::thread([&] {
        lower_priority();
        status = work();
    }).join();
    return status;
}

}  // namespace cairn::hashlist
