#include "hashlist/list_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kIndexSuffix = ".cairnlist";
constexpr std::string_view kWithdrawnSuffix = ".withdrawn";
constexpr std::size_t kHashBlockBytes = std::size_t{1} << 20U;

/// Random, so that files may be written side by side without asking who writes which.
std::string new_name(const std::string& version_id, std::string_view suffix) {
    std::array<std::uint8_t, 4> tail{};
    crypto::random_bytes(tail);
    return fmt::format("{}-{}{}", version_id, hex_encode(tail), suffix);
}

Result<Fd> open_lock(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    return fd;
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& path, Mode mode) {
    Fd fd = CAIRN_TRY(open_lock(path));
    while (::flock(fd.get(), mode == Mode::shared ? LOCK_SH : LOCK_EX) != 0) {
        if (errno != EINTR) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    }
    return FolderLock(std::move(fd));
}

Result<FolderLock> FolderLock::try_take(const std::string& path) {
    Fd fd = CAIRN_TRY(open_lock(path));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return FolderLock(std::move(fd));
    const Errc code = errno == EWOULDBLOCK ? Errc::unavailable : Errc::io;
    return fail(code, "{}: {}", path, errno_text(errno));
}

Result<ListFolder> ListFolder::open(const std::string& path) {
    std::error_code failed;
    const auto parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failed);
    if (::mkdir(path.c_str(), S_IRWXU) == 0) {
        CAIRN_TRY(sync_directory(parent.empty() ? "." : parent));
        return ListFolder(path);
    }
    if (errno == EEXIST && std::filesystem::is_directory(path, failed)) return ListFolder(path);
    const Errc code = errno == EACCES ? Errc::permission_denied : Errc::io;
    return fail(code, "{}: cannot make the list folder: {}", path, errno_text(errno));
}

std::string ListFolder::new_index_name(const std::string& version_id) {
    return new_name(version_id, kIndexSuffix);
}

std::string ListFolder::new_withdrawn_name(const std::string& version_id) {
    return new_name(version_id, kWithdrawnSuffix);
}

Result<FolderLock> ListFolder::lock_for_change() const {
    return FolderLock::take(path_of(".lock"), FolderLock::Mode::exclusive);
}

Result<FolderLock> ListFolder::note_work() const {
    return FolderLock::take(path_of(".work"), FolderLock::Mode::shared);
}

Result<FolderLock> ListFolder::lock_for_merge() const {
    return FolderLock::take(path_of(".merge"), FolderLock::Mode::exclusive);
}

Result<FolderLock> ListFolder::try_lock_for_merge() const {
    return FolderLock::try_take(path_of(".merge"));
}

void ListFolder::sweep(const std::vector<std::string>& kept) const {
    const bool nobody_works = FolderLock::try_take(path_of(".work")).has_value();
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(path_, failed)) {
        const std::string name = entry.path().filename();
        const auto contains = [&](std::string_view part) { return name.find(part) != name.npos; };
        const bool ours = contains(kIndexSuffix) || contains(kWithdrawnSuffix);
        const bool unfinished = name.starts_with(".spill.") || (name.starts_with('.') && ours);
        const bool unneeded = !name.starts_with('.') && ours &&
                              std::find(kept.begin(), kept.end(), name) == kept.end();
        if (unneeded || (unfinished && nobody_works)) {
            std::filesystem::remove(entry.path(), failed);
        }
    }
}

Result<std::string> sha256_of_file(int fd) {
    crypto::Sha256Stream digest;
    ByteVector block(kHashBlockBytes);
    std::uint64_t offset = 0;
    while (true) {
        const std::size_t got = CAIRN_TRY(read_at(fd, offset, block));
        if (got == 0) return hex_encode(digest.finish());
        digest.update(Bytes(block).first(got));
        offset += got;
    }
}

}  // namespace cairn::hashlist
