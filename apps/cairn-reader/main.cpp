// The confined reader: opens archives for a Cairn process and can do nothing else.
#include <cstdio>
#include <exception>

#include <unistd.h>

#include "confine/lock_down.h"
#include "confine/message.h"
#include "evidence/archive_service.h"
#include "evidence/archive_walk.h"

namespace {

// specs/storage.md section 8: memory cap of a reader.
constexpr std::uint64_t kMemoryBytesMax = 2ULL << 30U;

cairn::Status run() {
    cairn::evidence::prepare_archive_library();
    const cairn::confine::Limits limits{.memory_bytes_max = kMemoryBytesMax, .cpu_max = {}};
    CAIRN_TRY(cairn::confine::lock_down(limits));
    return cairn::evidence::serve_archives(cairn::confine::kChildChannel);
}

}  // namespace

int main() {
    std::string reason;
    try {
        const auto served = run();
        // Not exit(): what libraries registered for the end may call what is forbidden now.
        if (served) ::_exit(0);
        reason = served.error().message;
    } catch (const std::exception& failure) {
        reason = failure.what();
    }
    std::fprintf(stderr, "cairn-reader: %s\n", reason.c_str());
    ::_exit(1);
}
