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
    /// Whether libarchive has complained, be it at opening. It takes a compressed file that is
    /// damaged from its first bytes on for an empty one, without an error code.
    bool has_complained() const;

private:
    struct Feed;
    std::unique_ptr<Feed> feed_;
    archive* archive_;
    bool complained_at_opening_ = false;
};

/// True when `type` is one compressed file.
bool is_compressed_file(fingerprint::FileType type);

}  // namespace cairn::evidence
