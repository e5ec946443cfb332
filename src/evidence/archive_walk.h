#pragma once

#include <functional>

#include "evidence/archive_reader.h"

namespace cairn::evidence {

/// An archive to walk in this very process. Only for the confined child (and its fuzzer).
struct ArchiveInput {
    int fd = -1;  ///< read with pread only: its position is shared with others
    std::uint64_t size_bytes = 0;
    fingerprint::FileType type = fingerprint::FileType::unknown;
    std::uint64_t members_max = 0;
    std::vector<std::string> passwords;
    /// Called at every read of the archive; false ends the walk. Must not throw: libarchive's
    /// frames lie in between.
    std::function<bool()> on_working;
};

/// True when `type` is an archive or a compressed file that walk_archive() reads.
bool is_readable_archive(fingerprint::FileType type);

/// Feeds the members of an archive to `sink`, with libarchive. Never throws by itself; what the
/// sink throws passes through. ArchiveReader says what is promised about the order and content.
ArchiveEnd walk_archive(const ArchiveInput& input, MemberSink& sink);

/// Has libarchive and the C library load what they would otherwise load at first use: names in
/// UTF-8, times without a zone read as UTC. Call before lock_down().
void prepare_archive_library();

}  // namespace cairn::evidence
