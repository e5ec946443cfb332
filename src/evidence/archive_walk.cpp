#include "evidence/archive_walk.h"

#include <algorithm>
#include <optional>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "evidence/archive_file.h"
#include "evidence/rar5_headers.h"

namespace cairn::evidence {
namespace {

using fingerprint::FileType;
using Outcome = MemberEnd::Outcome;

constexpr std::size_t kChunk = 65536;
/// Times libarchive may ask to be called again, or complain, without anything coming of it.
constexpr int kRetriesMax = 100;
/// What may be decompressed only to get past it: beyond that a bomb stands before the rest.
constexpr std::uint64_t kSkippedBytesMax = 1ULL << 30U;
constexpr std::uint64_t kSkippedRatioMax = 200;
/// Times an archive is opened again to get past a member that libarchive cannot leave behind,
/// and headers that may be passed in doing so.
constexpr int kReopeningsMax = 100;
constexpr std::uint64_t kPassedHeadersMax = 2'000'000;

std::optional<UtcTime> modified_of(archive_entry* entry) {
    if (archive_entry_mtime_is_set(entry) == 0) return std::nullopt;
    // Years 0 to 9999; the rest is damage.
    const std::int64_t seconds = archive_entry_mtime(entry);
    if (seconds < -62'167'219'200 || seconds > 253'402'300'799) return std::nullopt;
    const std::int64_t nanoseconds = std::clamp(archive_entry_mtime_nsec(entry), 0L, 999'999'999L);
    return UtcTime(std::chrono::seconds(seconds) + std::chrono::microseconds(nanoseconds / 1000));
}

/// The name's bytes; "" when libarchive could not take them in (a name flagged as UTF-8 that is
/// not, for example).
std::string name_of(archive_entry* entry) {
    if (const char* name = archive_entry_pathname(entry)) return name;
    if (const char* name = archive_entry_pathname_utf8(entry)) return name;
    return {};
}

ArchiveMember::Kind kind_of(archive_entry* entry) {
    const bool sized = archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) > 0;
    // Of the names of one file in a cpio, the last carries the content and calls itself a link.
    if (archive_entry_hardlink(entry) != nullptr && !sized) return ArchiveMember::Kind::link;
    switch (archive_entry_filetype(entry)) {
        case S_IFDIR:
            return ArchiveMember::Kind::folder;
        case S_IFLNK:
            return ArchiveMember::Kind::link;
        case S_IFCHR:
        case S_IFBLK:
        case S_IFIFO:
        case S_IFSOCK:
            return ArchiveMember::Kind::special;
        default:
            return ArchiveMember::Kind::file;
    }
}

/// Hands content on in pieces of 64 KiB, with zeros for holes.
class Pieces {
public:
    explicit Pieces(MemberSink& sink) : sink_(sink) { buffer_.reserve(kChunk); }

    std::uint64_t size_bytes() const { return size_bytes_; }

    /// False: the sink has enough.
    bool add(Bytes bytes) {
        size_bytes_ += bytes.size();
        while (!bytes.empty()) {
            const std::size_t step = std::min(kChunk - buffer_.size(), bytes.size());
            buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + std::ptrdiff_t(step));
            bytes = bytes.subspan(step);
            if (buffer_.size() == kChunk && !flush()) return false;
        }
        return true;
    }

    bool add_zeros(std::uint64_t count) {
        static constexpr std::array<std::uint8_t, 4096> kZeros{};
        for (; count > 0; count -= std::min<std::uint64_t>(count, kZeros.size())) {
            const auto step =
                static_cast<std::size_t>(std::min<std::uint64_t>(count, kZeros.size()));
            if (!add(Bytes(kZeros).first(step))) return false;
        }
        return true;
    }

    bool flush() {
        if (buffer_.empty()) return true;
        const bool more = sink_.on_data(buffer_);
        buffer_.clear();
        return more;
    }

private:
    MemberSink& sink_;
    ByteVector buffer_;
    std::uint64_t size_bytes_ = 0;
};

class Walk {
public:
    Walk(const ArchiveInput& input, Layout layout, MemberSink& sink)
        : input_(input), layout_(layout), sink_(sink) {
        file_.emplace(input, layout);
        if (input.type == FileType::rar) rar5_.emplace(input.fd, input.size_bytes);
    }

    ArchiveEnd run();

private:
    std::optional<ArchiveEnd> step();
    std::optional<ArchiveEnd> without_entry(int code);
    ArchiveMember describe(archive_entry* entry);
    MemberEnd deliver(archive_entry* entry, const ArchiveMember& member);
    MemberEnd read_content(archive_entry* entry, Pieces& pieces);
    MemberEnd failed_read(const ArchiveMember& member, std::string reason) const;
    bool skip_by_reading();
    bool reopen_behind_last_member();
    ArchiveEnd ended(ArchiveEnd::Outcome outcome, std::string reason = {}) const;

    const ArchiveInput& input_;
    Layout layout_;
    MemberSink& sink_;
    std::optional<ArchiveFile> file_;
    std::optional<Rar5Headers> rar5_;
    std::uint64_t members_ = 0;
    std::uint64_t skipped_bytes_ = 0;
    std::uint64_t passed_headers_ = 0;
    int retries_ = 0;
    int reopenings_ = 0;
    bool content_read_ = false;  ///< since the archive was opened
    bool names_only_ = false;    ///< too much damage: the rest is listed and not read
};

ArchiveEnd Walk::ended(ArchiveEnd::Outcome outcome, std::string reason) const {
    ArchiveEnd end;
    end.outcome = outcome;
    const char* format = archive_format_name(file_->get());
    if (layout_ != Layout::single && format != nullptr) end.format = format;
    if (layout_ != Layout::container) {
        const std::string filter = archive_filter_name(file_->get(), 0);
        end.format = end.format.empty() ? filter : filter + ", " + end.format;
    }
    end.members = members_;
    end.reason = std::move(reason);
    return end;
}

ArchiveMember Walk::describe(archive_entry* entry) {
    ArchiveMember member;
    member.ordinal = members_;
    member.modified = modified_of(entry);
    if (layout_ == Layout::single) return member;
    member.kind = kind_of(entry);
    member.name = name_of(entry);
    if (archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) >= 0) {
        member.size_bytes = static_cast<std::uint64_t>(archive_entry_size(entry));
    }
    member.encrypted = archive_entry_is_encrypted(entry) != 0;
    if (rar5_) {
        const auto position = archive_read_header_position(file_->get());
        if (position >= 0 && rar5_->is_encrypted_from(static_cast<std::uint64_t>(position))) {
            member.encrypted = true;
        }
    }
    return member;
}

/// The outcome for a member whose content could not be read to its end.
MemberEnd Walk::failed_read(const ArchiveMember& member, std::string reason) const {
    if (!member.encrypted) return {Outcome::damaged, std::move(reason)};
    // A wrong password may pass the format's own check (one byte in old zip files) and show as
    // damage only later.
    if (!input_.passwords.empty()) reason = "no given password opens it";
    return {Outcome::encrypted, std::move(reason)};
}

MemberEnd Walk::read_content(archive_entry* entry, Pieces& pieces) {
    MemberEnd enough{Outcome::limit, "not wanted in full"};
    std::string complaint;
    for (int complaints = 0; complaints < kRetriesMax;) {
        const void* block = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int code = archive_read_data_block(file_->get(), &block, &size, &offset);
        if (code == ARCHIVE_EOF) break;
        if (code < ARCHIVE_OK) {
            complaint = file_->error();
            ++complaints;
        }
        if (code < ARCHIVE_WARN && code != ARCHIVE_RETRY) break;
        // A warning (a wrong checksum) may come together with the last bytes.
        if (size == 0 || block == nullptr) continue;
        const auto at = static_cast<std::uint64_t>(offset);
        if (offset < 0 || at < pieces.size_bytes()) {
            complaint = "content out of order";
            break;
        }
        if (!pieces.add_zeros(at - pieces.size_bytes())) return enough;
        if (!pieces.add({static_cast<const std::uint8_t*>(block), size})) return enough;
    }
    if (complaint.empty() && archive_entry_sparse_count(entry) > 0) {
        // A hole at the end has no block after it.
        const auto size =
            static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
        if (size > pieces.size_bytes() && !pieces.add_zeros(size - pieces.size_bytes())) {
            return enough;
        }
    }
    if (!pieces.flush()) return enough;
    if (complaint.empty()) return {};
    return {Outcome::damaged, std::move(complaint)};
}

MemberEnd Walk::deliver(archive_entry* entry, const ArchiveMember& member) {
    const bool can_decrypt = input_.type == FileType::zip && !input_.passwords.empty();
    if (member.encrypted && !can_decrypt) {
        return {Outcome::encrypted, input_.type == FileType::zip ? "password needed" : "encrypted"};
    }
    const std::uint64_t claimed = member.size_bytes.value_or(0);
    if (member.kind == ArchiveMember::Kind::folder && input_.type == FileType::zip && claimed > 0) {
        return {Outcome::damaged, fmt::format("calls itself a folder but holds {} bytes", claimed)};
    }
    if (member.kind != ArchiveMember::Kind::file) return {};
    if (names_only_) return {Outcome::damaged, "too much damage before it"};
    content_read_ = true;
    Pieces pieces(sink_);
    MemberEnd end = read_content(entry, pieces);
    if (end.outcome == Outcome::damaged) return failed_read(member, std::move(end.reason));
    if (end.outcome == Outcome::complete && member.size_bytes && claimed != pieces.size_bytes()) {
        return failed_read(
            member, fmt::format("{} bytes instead of {}", pieces.size_bytes(), claimed)
        );
    }
    return end;
}

/// Where the next member lies behind compressed bytes, getting there means decompressing: do it
/// here, counted. False: more than is reasonable.
bool Walk::skip_by_reading() {
    const bool behind_compression = layout_ != Layout::container ||
                                    input_.type == FileType::seven_zip ||
                                    input_.type == FileType::cab;
    if (!behind_compression || names_only_) return true;
    content_read_ = true;
    const std::uint64_t limit = kSkippedBytesMax + kSkippedRatioMax * input_.size_bytes;
    for (int complaints = 0; complaints < kRetriesMax;) {
        const void* block = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int code = archive_read_data_block(file_->get(), &block, &size, &offset);
        if (code == ARCHIVE_EOF || (code < ARCHIVE_WARN && code != ARCHIVE_RETRY)) return true;
        if (code != ARCHIVE_OK) ++complaints;
        if (input_.on_working && !input_.on_working()) return true;
        skipped_bytes_ += size;
        if (skipped_bytes_ > limit) return false;
    }
    return true;
}

/// libarchive does not always find the way from a member it could not read to the next one, but
/// in these formats does so when it need not read that member. False: not worth trying.
bool Walk::reopen_behind_last_member() {
    const bool has_directory = input_.type == FileType::zip || input_.type == FileType::seven_zip ||
                               input_.type == FileType::rar || input_.type == FileType::cab ||
                               input_.type == FileType::iso9660;
    if (!has_directory || !content_read_ || names_only_) return false;
    content_read_ = false;
    names_only_ = ++reopenings_ > kReopeningsMax || passed_headers_ > kPassedHeadersMax;
    file_.emplace(input_, layout_);
    for (std::uint64_t passed = 0; passed < members_; ++passed, ++passed_headers_) {
        archive_entry* entry = nullptr;
        const int code = archive_read_next_header(file_->get(), &entry);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return false;
        if (input_.on_working && !input_.on_working()) return false;
    }
    return true;
}

/// The end of the walk, or nothing when it is worth trying once more.
std::optional<ArchiveEnd> Walk::without_entry(int code) {
    const bool silent_damage = layout_ == Layout::single && file_->has_complained();
    if (code == ARCHIVE_EOF && !silent_damage) return ended(ArchiveEnd::Outcome::complete);
    if (code != ARCHIVE_EOF && code != ARCHIVE_FATAL && ++retries_ < kRetriesMax) {
        return std::nullopt;
    }
    std::string reason = file_->error();
    if (reopen_behind_last_member()) return std::nullopt;
    // Asked about a file of no known format, libarchive 3.6.2 follows a wild pointer.
    const bool known = archive_format(file_->get()) != 0;
    const bool names_encrypted = (known && archive_read_has_encrypted_entries(file_->get()) == 1) ||
                                 (rar5_ && rar5_->headers_encrypted());
    if (members_ == 0 && names_encrypted) {
        return ended(ArchiveEnd::Outcome::encrypted, "the list of members is encrypted");
    }
    return ended(ArchiveEnd::Outcome::damaged, std::move(reason));
}

/// One member. The end of the walk, or nothing when there may be more.
std::optional<ArchiveEnd> Walk::step() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(file_->get(), &entry);
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return without_entry(code);
    if (members_ >= input_.members_max) {
        return ended(
            ArchiveEnd::Outcome::limit, fmt::format("more than {} members", input_.members_max)
        );
    }
    const ArchiveMember member = describe(entry);
    ++members_;
    const MemberSink::Want want = sink_.on_member(member);
    if (want == MemberSink::Want::stop) return ended(ArchiveEnd::Outcome::stopped);
    const MemberEnd end = want == MemberSink::Want::content ? deliver(entry, member)
                                                            : MemberEnd{Outcome::skipped, {}};
    sink_.on_member_end(end);
    if (layout_ == Layout::single) {
        const bool damaged = end.outcome == Outcome::damaged;
        return ended(
            damaged ? ArchiveEnd::Outcome::damaged : ArchiveEnd::Outcome::complete, end.reason
        );
    }
    const bool unread = end.outcome == Outcome::skipped || end.outcome == Outcome::limit;
    if (unread && !member.encrypted && !skip_by_reading()) {
        return ended(ArchiveEnd::Outcome::limit, "too many bytes to decompress before the rest");
    }
    return std::nullopt;
}

ArchiveEnd Walk::run() {
    while (true) {
        auto end = step();
        if (!end) continue;
        const bool empty_content = layout_ == Layout::single && members_ == 0;
        if (!empty_content || end->outcome == ArchiveEnd::Outcome::limit) return *end;
        // An empty or at once unreadable content: still one member.
        ++members_;
        end->members = members_;
        const MemberSink::Want want = sink_.on_member({});
        if (want == MemberSink::Want::stop) return ended(ArchiveEnd::Outcome::stopped);
        const bool damaged = end->outcome != ArchiveEnd::Outcome::complete;
        const Outcome outcome = want == MemberSink::Want::skip ? Outcome::skipped
                                : damaged                      ? Outcome::damaged
                                                               : Outcome::complete;
        sink_.on_member_end({outcome, outcome == Outcome::damaged ? end->reason : ""});
        return *end;
    }
}

/// Whether a compressed file holds a tar or cpio, told by our own sniffing of its first bytes.
Layout layout_of(const ArchiveInput& input) {
    if (!is_compressed_file(input.type)) return Layout::container;
    const ArchiveFile file(input, Layout::single);
    archive_entry* entry = nullptr;
    ByteVector head;
    if (archive_read_next_header(file.get(), &entry) != ARCHIVE_OK) return Layout::single;
    while (head.size() < fingerprint::kSniffBytes) {
        const void* block = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        if (archive_read_data_block(file.get(), &block, &size, &offset) != ARCHIVE_OK) break;
        const auto* bytes = static_cast<const std::uint8_t*>(block);
        head.insert(
            head.end(), bytes, bytes + std::min(size, fingerprint::kSniffBytes - head.size())
        );
    }
    const FileType inner = fingerprint::sniff(head);
    const bool is_archive = inner == FileType::tar || inner == FileType::cpio;
    return is_archive ? Layout::inner_archive : Layout::single;
}

}  // namespace

ArchiveEnd walk_archive(const ArchiveInput& input, MemberSink& sink) {
    return Walk(input, layout_of(input), sink).run();
}

}  // namespace cairn::evidence
