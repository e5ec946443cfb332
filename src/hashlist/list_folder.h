#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace cairn::hashlist {

/// A lock between processes and threads; the kernel lets go when the process dies.
class FolderLock {
public:
    enum class Mode : std::uint8_t { exclusive, shared };

    /// Waits for the lock on the file `path`, which is made when absent.
    static Result<FolderLock> take(const std::string& path, Mode mode);
    /// Does not wait: Errc::unavailable while another holds it.
    static Result<FolderLock> try_take(const std::string& path);

private:
    explicit FolderLock(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

/// The folder of a list store: its locks and its files.
class ListFolder {
public:
    /// Makes the folder (mode 0700) when absent.
    static Result<ListFolder> open(const std::string& path);

    const std::string& path() const { return path_; }
    std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }
    /// A name that no file in the folder has. Index files and files of withdrawn entries.
    static std::string new_index_name(const std::string& version_id);
    static std::string new_withdrawn_name(const std::string& version_id);

    /// Held while the registry and the files it names change: for moments.
    Result<FolderLock> lock_for_change() const;
    /// Held as long as unfinished files are written, so that none is taken for a leftover.
    Result<FolderLock> note_work() const;
    /// Held by the one who merges.
    Result<FolderLock> lock_for_merge() const;
    Result<FolderLock> try_lock_for_merge() const;

    /// Removes index files and files of withdrawn entries that are not in `kept`, and what killed
    /// processes left. The caller holds lock_for_change().
    void sweep(const std::vector<std::string>& kept) const;

private:
    explicit ListFolder(std::string path) : path_(std::move(path)) {}

    std::string path_;
};

/// SHA-256 of a whole file, hex.
Result<std::string> sha256_of_file(int fd);

}  // namespace cairn::hashlist
