#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "evidence/archive_reader.h"
#include "evidence/folder_walk.h"
#include "fingerprint/picture_reader.h"
#include "scan/limits.h"
#include "scan/matcher.h"
#include "scan/records.h"
#include "scan/spool.h"

namespace cairn::scan {

/// What every examination uses. Shared by all threads; must outlive them.
struct Tools {
    fingerprint::PictureReader& pictures;
    evidence::ArchiveReader& archives;
    const Matcher& matcher;
    Limits limits;
    std::string spool_folder;
    bool has_passwords = false;
};

/// One file on the exhibit while the items inside it are still being examined. The last one to
/// let go of it emits the file's own record, so that record says: everything inside is recorded.
class TopItem;

/// A member's content, ready to be examined by any thread.
struct MemberTask {
    ItemRecord record;
    Spool content;
    std::shared_ptr<TopItem> top;
};

/// Where examined items go. Thread-safe.
class ItemSink {
public:
    virtual ~ItemSink() = default;
    virtual void emit(ItemRecord&& record) = 0;
    /// Takes a member for another thread; false, and `task` untouched, when none is free.
    virtual bool offer(MemberTask& task) = 0;
    /// True when the scan was asked to stop: leave unfinished files unrecorded.
    virtual bool stopping() const = 0;
    /// The scan cannot go on (disk full, ...).
    virtual void abort(Error error) = 0;
};

class TopItem {
public:
    TopItem(ItemRecord record, ItemSink& sink) : record_(std::move(record)), sink_(sink) {}
    TopItem(const TopItem&) = delete;
    TopItem& operator=(const TopItem&) = delete;
    /// Emits the record, unless the scan is stopping.
    ~TopItem();

    ItemRecord& record() { return record_; }

private:
    ItemRecord record_;
    ItemSink& sink_;
};

/// Examines items: digests, type, picture hashes, containers, matches. One per thread.
class Examiner {
public:
    Examiner(const Tools& tools, ItemSink& sink);

    /// A regular file below a source. Reading problems become findings.
    void examine_file(
        const evidence::FolderWalk& walk, const evidence::FolderEntry& entry, ItemRecord record
    );
    void examine_member(MemberTask task);

private:
    friend class Expansion;

    /// Reads all of `fd`, digesting. On a read error the record says so; false as well when the
    /// scan is to stop before the end.
    bool read_content(int fd, ItemRecord& record, fingerprint::FileType& type);
    /// Pictures and matches of content that was read.
    void identify(int fd, ItemRecord& record);
    void read_picture(int fd, ItemRecord& record);
    /// Opens a container and examines what is inside.
    void expand(int fd, ItemRecord& record, class ExpansionState& state);

    const Tools& tools_;
    ItemSink& sink_;
    crypto::DigestStream digests_;
    ByteVector buffer_;
};

}  // namespace cairn::scan
