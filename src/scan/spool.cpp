#include "scan/spool.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/sendfile.h>

namespace cairn::scan {

Result<Spool> Spool::create(std::string folder) {
    Fd fd = CAIRN_TRY(make_memory_file("cairn-member"));
    return Spool(std::move(folder), std::move(fd));
}

Status Spool::append(Bytes bytes) {
    if (!on_disk_ && size_bytes_ + bytes.size() > kMemoryBytesMax) CAIRN_TRY(move_to_disk());
    auto written = write_all(fd_.get(), bytes);
    if (!written) return std::move(written).error().with_context("spool in " + folder_);
    size_bytes_ += bytes.size();
    return ok();
}

Status Spool::move_to_disk() {
    Fd file(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600));
    if (!file) return fail(Errc::io, "spool in {}: {}", folder_, errno_text(errno));
    off_t offset = 0;
    while (static_cast<std::uint64_t>(offset) < size_bytes_) {
        const auto left = size_bytes_ - static_cast<std::uint64_t>(offset);
        const auto moved = ::sendfile(file.get(), fd_.get(), &offset, left);
        if (moved < 0 && errno == EINTR) continue;
        if (moved <= 0) return fail(Errc::io, "spool in {}: {}", folder_, errno_text(errno));
    }
    fd_ = std::move(file);
    on_disk_ = true;
    return ok();
}

}  // namespace cairn::scan
