#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/utc_time.h"

namespace cairn::evidence {

/// One directory entry below a source.
struct FolderEntry {
    enum class Kind : std::uint8_t {
        file,
        symlink,
        fifo,
        socket,
        device,
        unreadable_folder,  ///< could not be listed: `problem` says why
        vanished,           ///< was listed, then gone
        excluded,           ///< an --exclude pattern matched; a folder is not entered
        too_deep,           ///< folder nesting limit
    };
    Kind kind = Kind::file;
    std::string relative;  ///< bytes below the source; "" when the source is itself the file
    std::uint64_t size_bytes = 0;
    UtcTime modified;
    std::uint64_t device_id = 0;
    std::uint64_t inode = 0;
    std::uint64_t link_count = 1;
    std::string problem;
};

/// Walks a folder (or names a single file) depth first, names in byte order, so that every run
/// yields the same sequence. Symbolic links are never followed, special files never opened, other
/// file systems entered. Memory: the names of the folders on the current path.
class FolderWalk {
public:
    struct Options {
        std::vector<std::string>
            exclude;  ///< shell patterns against the relative path and the name
        std::size_t depth_max = 512;
    };
    /// The source is the one place where symbolic links are followed, once: the user named it.
    /// Errc::not_found or permission_denied when the source itself cannot be opened.
    static Result<std::unique_ptr<FolderWalk>> open(const std::string& source, Options options);
    /// The source `relative` ("" for the whole) below the folder `root`, which is borrowed: no
    /// symbolic link is followed. Errc as open_beneath() has them.
    static Result<std::unique_ptr<FolderWalk>> open_below(
        int root, const std::string& relative, Options options
    );
    virtual ~FolderWalk() = default;

    /// The next entry; nothing at the end.
    virtual std::optional<FolderEntry> next() = 0;

    /// Opens a file entry for reading without following a symbolic link in any component and
    /// without blocking on a special file; O_NOATIME where allowed. Thread-safe.
    virtual Result<Fd> open_file(const std::string& relative) const = 0;
};

}  // namespace cairn::evidence
