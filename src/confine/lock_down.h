#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"

namespace cairn::confine {

struct Limits {
    std::uint64_t memory_bytes_max = 0;  ///< address space; not applied under sanitizers
    std::chrono::seconds cpu_max{0};     ///< whole life of the child
};

/// Called by a child before it touches hostile bytes, after everything it needs is open and
/// loaded. From then on it can read and write descriptors it holds or is sent, map memory that is
/// not executable, and start threads; opening a file fails with EACCES and every other system
/// call (network, exec, fork, signals to others, ...) kills it. Also: no new privileges, no core
/// file, no file growth, not dumpable. Irrevocable.
Status lock_down(const Limits& limits);

/// Lets the calling process use at most `cpu_max` more CPU seconds from now on (SIGXCPU ends
/// it); never raises it above what lock_down() set. For one item of work.
Status limit_cpu_from_now(std::chrono::seconds cpu_max);

}  // namespace cairn::confine
