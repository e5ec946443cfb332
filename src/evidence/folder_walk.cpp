#include "evidence/folder_walk.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "evidence/open_beneath.h"

namespace cairn::evidence {
namespace {

/// Descriptors kept for the deepest folders of the current path; those above are opened again
/// when the walk comes back to them, so that depth does not use up descriptors.
constexpr std::size_t kOpenFoldersMax = 32;

/// Years 0 to 9999; a file system may claim any number of seconds.
constexpr std::int64_t kSecondsMin = -62'167'219'200;
constexpr std::int64_t kSecondsMax = 253'402'300'799;

UtcTime utc_of(const timespec& time) {
    const std::chrono::seconds seconds(
        std::clamp<std::int64_t>(time.tv_sec, kSecondsMin, kSecondsMax)
    );
    return UtcTime(seconds + std::chrono::microseconds(time.tv_nsec / 1000));
}

/// The names of one folder in byte order, packed: a million of them need about 40 MB.
class NameList {
public:
    struct Name {
        std::string_view text;  ///< valid as long as the list
        bool known_folder;      ///< the listing itself said so
    };

    void add(std::string_view text, bool known_folder) {
        places_.push_back({arena_.size(), static_cast<std::uint16_t>(text.size()), known_folder});
        arena_ += text;
    }
    void sort() {
        std::ranges::sort(places_, [this](const Place& a, const Place& b) {
            return text(a) < text(b);
        });
    }
    bool at_end() const { return next_ == places_.size(); }
    Name take() {
        const Place& place = places_[next_++];
        return {text(place), place.known_folder};
    }

private:
    struct Place {
        std::size_t offset;
        std::uint16_t size;  // NAME_MAX is 255
        bool known_folder;
    };
    std::string_view text(const Place& place) const {
        return std::string_view(arena_).substr(place.offset, place.size);
    }

    std::string arena_;
    std::vector<Place> places_;
    std::size_t next_ = 0;
};

/// Lists an open folder; what could be read before an error stays in `names`.
Status list_folder(const Fd& folder, NameList& names) {
    // fdopendir takes the descriptor over, and we still need ours.
    Fd own(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0));
    if (!own) return fail(Errc::io, "{}", errno_text(errno));
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(own.get()), ::closedir);
    if (!listing) return fail(Errc::io, "{}", errno_text(errno));
    own.release();
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(listing.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.add(name, entry->d_type == DT_DIR);
    }
    const int error = errno;
    names.sort();
    if (error != 0) return fail(Errc::io, "listing stopped: {}", errno_text(error));
    return ok();
}

FolderEntry::Kind kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return FolderEntry::Kind::file;
        case S_IFLNK:
            return FolderEntry::Kind::symlink;
        case S_IFIFO:
            return FolderEntry::Kind::fifo;
        case S_IFSOCK:
            return FolderEntry::Kind::socket;
        default:
            return FolderEntry::Kind::device;
    }
}

void describe(FolderEntry& entry, const struct stat& facts) {
    entry.kind = kind_of(facts.st_mode);
    if (entry.kind == FolderEntry::Kind::file) {
        entry.size_bytes = static_cast<std::uint64_t>(facts.st_size);
    }
    entry.modified = utc_of(facts.st_mtim);
    entry.device_id = facts.st_dev;
    entry.inode = facts.st_ino;
    entry.link_count = facts.st_nlink;
}

/// One folder on the current path.
struct Level {
    NameList names;
    std::size_t prefix_size = 0;  ///< how much of the current path leads to this folder
    dev_t device = 0;
    ino_t inode = 0;
    Fd folder;  ///< none when closed to save descriptors
};

bool is_same_folder(const Level& level, const Fd& folder) {
    struct stat facts {};
    return ::fstat(folder.get(), &facts) == 0 && facts.st_dev == level.device &&
           facts.st_ino == level.inode;
}

class Walk final : public FolderWalk {
public:
    /// `root` is the folder, or the folder of the single file called `file_name`.
    Walk(Fd root, std::string file_name, Options options)
        : root_(std::move(root)), file_name_(std::move(file_name)), options_(std::move(options)) {
        if (file_name_.empty()) enter(Fd(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0)));
    }

    std::optional<FolderEntry> next() override;
    Result<Fd> open_file(const std::string& relative) const override;

private:
    void enter(Fd folder);
    std::optional<FolderEntry> visit(const NameList::Name& listed);
    std::optional<FolderEntry> describe_here(const std::string& name);
    std::optional<FolderEntry> descend(const std::string& name);
    Result<int> folder_of(std::size_t depth);
    bool is_excluded(const std::string& name) const;
    FolderEntry entry_here(FolderEntry::Kind kind, std::string problem = {}) const;

    Fd root_;
    std::string file_name_;  ///< "" for a folder
    Options options_;
    std::vector<Level> levels_;
    std::string path_;  ///< of the entry at hand, below the source
    std::optional<FolderEntry> pending_;
    bool single_done_ = false;
};

FolderEntry Walk::entry_here(FolderEntry::Kind kind, std::string problem) const {
    FolderEntry entry;
    entry.kind = kind;
    entry.relative = path_;
    entry.problem = std::move(problem);
    return entry;
}

bool Walk::is_excluded(const std::string& name) const {
    return std::ranges::any_of(options_.exclude, [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0 ||
               ::fnmatch(pattern.c_str(), path_.c_str(), 0) == 0;
    });
}

/// Lists `folder`, whose path is path_, and makes it the deepest level.
void Walk::enter(Fd folder) {
    Level level;
    struct stat facts {};
    auto listed = !folder || ::fstat(folder.get(), &facts) != 0
                      ? Status(fail(Errc::io, "{}", errno_text(errno)))
                      : list_folder(folder, level.names);
    if (!listed) {
        pending_ = entry_here(FolderEntry::Kind::unreadable_folder, listed.error().message);
    }
    level.prefix_size = path_.size();
    level.device = facts.st_dev;
    level.inode = facts.st_ino;
    level.folder = std::move(folder);
    levels_.push_back(std::move(level));
    if (levels_.size() > kOpenFoldersMax) {
        levels_[levels_.size() - 1 - kOpenFoldersMax].folder = Fd();
    }
}

/// The descriptor of the folder at `depth`, opened again if need be.
Result<int> Walk::folder_of(std::size_t depth) {
    Level& level = levels_[depth];
    if (level.folder) return level.folder.get();
    const std::string relative = path_.substr(0, level.prefix_size);
    Fd folder = CAIRN_TRY(open_beneath(root_.get(), relative, O_RDONLY | O_DIRECTORY));
    if (!is_same_folder(level, folder)) {
        return fail(Errc::not_found, "its folder was replaced during the walk");
    }
    level.folder = std::move(folder);
    return level.folder.get();
}

/// Enters the folder at path_; an entry says so if that cannot be done.
std::optional<FolderEntry> Walk::descend(const std::string& name) {
    if (levels_.size() > options_.depth_max) {
        return entry_here(
            FolderEntry::Kind::too_deep,
            fmt::format("more than {} folders deep: not entered", options_.depth_max)
        );
    }
    const auto parent = folder_of(levels_.size() - 1);
    if (!parent) return entry_here(FolderEntry::Kind::vanished, parent.error().message);
    auto folder = open_beneath(*parent, name, O_RDONLY | O_DIRECTORY);
    if (!folder) {
        const bool gone =
            folder.error().code == Errc::not_found || folder.error().code == Errc::unsupported;
        return entry_here(
            gone ? FolderEntry::Kind::vanished : FolderEntry::Kind::unreadable_folder,
            folder.error().message
        );
    }
    enter(std::move(*folder));
    return std::nullopt;
}

/// What the entry called `name` in the deepest folder is; a folder is entered instead.
std::optional<FolderEntry> Walk::describe_here(const std::string& name) {
    const auto folder = folder_of(levels_.size() - 1);
    if (!folder) return entry_here(FolderEntry::Kind::vanished, folder.error().message);
    struct stat facts {};
    const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (::fstatat(*folder, name.c_str(), &facts, flags) != 0) {
        const int error = errno;
        // Listed but not to be looked at: opening it will fail too and be recorded as such.
        const auto kind = error == ENOENT ? FolderEntry::Kind::vanished : FolderEntry::Kind::file;
        return entry_here(kind, errno_text(error));
    }
    if (S_ISDIR(facts.st_mode)) return descend(name);
    FolderEntry entry = entry_here(FolderEntry::Kind::file);
    describe(entry, facts);
    return entry;
}

/// The entry for one listed name, or nothing when it was a folder and is now entered.
std::optional<FolderEntry> Walk::visit(const NameList::Name& listed) {
    const std::string name(listed.text);  // entering a folder moves the list
    if (!path_.empty()) path_ += '/';
    path_ += name;
    if (is_excluded(name)) return entry_here(FolderEntry::Kind::excluded);
    return listed.known_folder ? descend(name) : describe_here(name);
}

std::optional<FolderEntry> Walk::next() {
    if (!file_name_.empty() && !single_done_) {
        single_done_ = true;
        FolderEntry entry;
        struct stat facts {};
        if (::fstatat(root_.get(), file_name_.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
            return entry_here(FolderEntry::Kind::vanished, errno_text(errno));
        }
        describe(entry, facts);
        return entry;
    }
    while (true) {
        if (pending_) return std::exchange(pending_, std::nullopt);
        if (levels_.empty()) return std::nullopt;
        Level& level = levels_.back();
        if (level.names.at_end()) {
            levels_.pop_back();
            continue;
        }
        path_.resize(level.prefix_size);
        if (auto entry = visit(level.names.take())) return entry;
    }
}

Result<Fd> Walk::open_file(const std::string& relative) const {
    // O_NONBLOCK: a FIFO that took the file's place must not make us wait for a writer.
    constexpr int kFlags = O_RDONLY | O_NONBLOCK;
    if (!file_name_.empty() && !relative.empty()) {
        return fail(Errc::not_found, "{}: the source is a single file", printable(relative));
    }
    const std::string& name = file_name_.empty() ? relative : file_name_;
    auto fd = open_beneath(root_.get(), name, kFlags);
    if (!fd) return std::move(fd).error().with_context(printable(name));
    struct stat facts {};
    if (::fstat(fd->get(), &facts) != 0) {
        return fail(Errc::io, "{}: {}", printable(name), errno_text(errno));
    }
    if (!S_ISREG(facts.st_mode)) {
        return fail(Errc::unsupported, "{}: not a regular file: not read", printable(name));
    }
    return fd;
}

/// The real path of what the user named: the one place where symbolic links are followed.
Result<std::string> resolve(const std::string& source) {
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(source.c_str(), nullptr), ::free);
    if (!real) return open_error(errno).with_context(printable(source));
    return std::string(real.get());
}

}  // namespace

Result<std::unique_ptr<FolderWalk>> FolderWalk::open(const std::string& source, Options options) {
    const std::string real = CAIRN_TRY(resolve(source));
    struct stat facts {};
    if (::stat(real.c_str(), &facts) != 0) return open_error(errno).with_context(printable(source));
    const bool is_folder = S_ISDIR(facts.st_mode);
    const auto slash = real.rfind('/');
    const std::string folder = is_folder ? real : real.substr(0, slash + 1);
    const std::string file_name = is_folder ? "" : real.substr(slash + 1);
    Fd root(::open(folder.c_str(), (is_folder ? O_RDONLY : O_PATH) | O_DIRECTORY | O_CLOEXEC));
    if (!root) return open_error(errno).with_context(printable(source));
    return std::unique_ptr<FolderWalk>(new Walk(std::move(root), file_name, std::move(options)));
}

Result<std::unique_ptr<FolderWalk>> FolderWalk::open_below(
    int root, const std::string& relative, Options options
) {
    const Fd there = CAIRN_TRY(evidence::open_beneath(root, relative, O_PATH));
    struct stat facts {};
    if (::fstat(there.get(), &facts) != 0) return open_error(errno);
    if (S_ISLNK(facts.st_mode)) return open_error(ELOOP);  // what kernels without openat2 give
    const bool is_folder = S_ISDIR(facts.st_mode);
    const auto slash = relative.rfind('/');
    const std::string above = slash == std::string::npos ? "" : relative.substr(0, slash);
    const std::string file_name =
        is_folder ? "" : relative.substr(slash == std::string::npos ? 0 : slash + 1);
    Fd folder = CAIRN_TRY(evidence::open_beneath(
        root, is_folder ? relative : above, (is_folder ? O_RDONLY : O_PATH) | O_DIRECTORY
    ));
    return std::unique_ptr<FolderWalk>(new Walk(std::move(folder), file_name, std::move(options)));
}

}  // namespace cairn::evidence
