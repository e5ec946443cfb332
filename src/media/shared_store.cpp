#include "media/shared_store.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cairn::media {

Result<std::unique_ptr<SharedStore>> SharedStore::create(std::size_t size_bytes) {
    Fd fd(::memfd_create("cairn-store", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return fail(Errc::io, "shared memory: {}", errno_text(errno));
    // A child that could shrink the file would crash whoever reads it.
    constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) != 0 ||
        ::fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) {
        return fail(Errc::io, "shared memory: {}", errno_text(errno));
    }
    return attach(std::move(fd), size_bytes);
}

Result<std::unique_ptr<SharedStore>> SharedStore::attach(Fd fd, std::size_t size_bytes) {
    void* at = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (at == MAP_FAILED) return fail(Errc::io, "shared memory: {}", errno_text(errno));
    const MutableBytes bytes(static_cast<std::uint8_t*>(at), size_bytes);
    return std::unique_ptr<SharedStore>(new SharedStore(std::move(fd), bytes));
}

SharedStore::~SharedStore() {
    ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace cairn::media
