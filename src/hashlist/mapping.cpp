#include "hashlist/mapping.h"

#include <cerrno>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fd.h"

namespace cairn::hashlist {

Result<Mapping> Mapping::open(const std::string& path) {
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail(Errc::io, "{}", errno_text(errno));
    return of(fd.get(), 0, static_cast<std::uint64_t>(info.st_size));
}

Result<Mapping> Mapping::of(int fd, std::uint64_t offset, std::uint64_t bytes) {
    if (bytes == 0) return Mapping(Bytes());
    void* const start =
        ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset));
    if (start == MAP_FAILED) return fail(Errc::io, "cannot map: {}", errno_text(errno));
    return Mapping({static_cast<const std::uint8_t*>(start), bytes});
}

Mapping::~Mapping() {
    if (bytes_.empty()) return;
    // munmap takes a pointer to what it will not write to.
    ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace cairn::hashlist
