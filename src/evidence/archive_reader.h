#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "fingerprint/file_type.h"

namespace cairn::evidence {

/// One member of an archive, in the archive's own order.
struct ArchiveMember {
    enum class Kind : std::uint8_t { file, folder, link, special };
    Kind kind = Kind::file;
    std::uint64_t ordinal = 0;
    std::string name;                         ///< bytes as found (never used to open anything)
    std::optional<std::uint64_t> size_bytes;  ///< as the archive claims
    std::optional<UtcTime> modified;
    bool encrypted = false;
};

/// How reading one member ended.
struct MemberEnd {
    enum class Outcome : std::uint8_t { complete, skipped, encrypted, damaged, limit };
    Outcome outcome = Outcome::complete;
    std::string reason;  ///< for damaged and limit
};

/// Receives an archive's members in order. Any call may return false to stop the walk.
class MemberSink {
public:
    virtual ~MemberSink() = default;
    /// A member begins; return what to do with its content.
    enum class Want : std::uint8_t { content, skip, stop };
    virtual Want on_member(const ArchiveMember& member) = 0;
    /// Content in order, at most 64 KiB a call. False: stop reading this member (it ends as limit).
    virtual bool on_data(Bytes bytes) = 0;
    virtual void on_member_end(const MemberEnd& end) = 0;
};

/// How reading a whole archive ended.
struct ArchiveEnd {
    enum class Outcome : std::uint8_t {
        complete,
        stopped,    ///< the sink said so
        encrypted,  ///< member names are encrypted too: nothing could be listed
        damaged,    ///< truncated or malformed; what came before it was delivered
        limit,      ///< too many members
        crashed,    ///< the confined reader died or hung: reason says how
    };
    Outcome outcome = Outcome::complete;
    std::string format;  ///< libarchive's name, e.g. "ZIP 2.0 (deflation)"
    std::uint64_t members = 0;
    std::string reason;
};

/// Reads archives with libarchive in confined `cairn-reader` children. Thread-safe: each call of
/// read() takes an idle child or starts one; a child that failed is replaced.
class ArchiveReader {
public:
    struct Options {
        std::string reader_program;          ///< path of cairn-reader
        std::vector<std::string> passwords;  ///< tried on encrypted zip members
        std::uint64_t members_max = 1'000'000;
        std::chrono::milliseconds step_deadline{30'000};  ///< for each answer of the child
    };
    static Result<std::unique_ptr<ArchiveReader>> create(Options options);
    virtual ~ArchiveReader() = default;

    /// Reads the archive in `fd` (readable, seekable, borrowed). `type` as sniffed; a compressed
    /// single file (gzip, ...) yields one member with ordinal 0 and an empty name unless a tar or
    /// cpio lies inside, whose members are then yielded.
    virtual Result<ArchiveEnd> read(int fd, fingerprint::FileType type, MemberSink& sink) = 0;
};

}  // namespace cairn::evidence
