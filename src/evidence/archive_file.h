#pragma once

#include <memory>

#include "evidence/archive_walk.h"

struct archive;

namespace cairn::evidence {

/// What libarchive may make of a file. Always told beforehand by the file's content: libarchive's
/// own guessing takes plain text for an "mtree" and a run of zeros for an empty tar.
enum class Layout : std::uint8_t {
    container,     ///< the format ArchiveInput::type says, not compressed as a whole
    single,        ///< one compressed file
    inner_archive  ///< a compressed tar or cpio
};

/// An archive opened by libarchive on a borrowed descriptor.
class ArchiveFile {
public:
    ArchiveFile(const ArchiveInput& input, Layout layout);
    ArchiveFile(const ArchiveFile&) = delete;
    ArchiveFile& operator=(const ArchiveFile&) = delete;
    ~ArchiveFile();

    archive* get() const { return archive_; }
    /// libarchive's last complaint, never empty.
    std::string error() const;

private:
    struct Feed;
    std::unique_ptr<Feed> feed_;
    archive* archive_;
};

/// True when `type` is one compressed file.
bool is_compressed_file(fingerprint::FileType type);

}  // namespace cairn::evidence
