#include "evidence/archive_file.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <optional>

#include <archive.h>

namespace cairn::evidence {
namespace {

using fingerprint::FileType;

/// libarchive's code for the compression of a file as a whole.
std::optional<int> filter_of(FileType type) {
    switch (type) {
        case FileType::gzip:
            return ARCHIVE_FILTER_GZIP;
        case FileType::bzip2:
            return ARCHIVE_FILTER_BZIP2;
        case FileType::xz:
            return ARCHIVE_FILTER_XZ;
        case FileType::zstd:
            return ARCHIVE_FILTER_ZSTD;
        default:
            return std::nullopt;
    }
}

/// Admits the format(s) of `type`; false when we read none. Never "all": mtree opens files by
/// the names it reads, and others start programs.
bool admit_format(archive* reader, FileType type) {
    switch (type) {
        case FileType::zip:
            return archive_read_support_format_zip(reader) == ARCHIVE_OK;
        case FileType::seven_zip:
            return archive_read_support_format_7zip(reader) == ARCHIVE_OK;
        case FileType::rar:
            return archive_read_support_format_rar(reader) == ARCHIVE_OK &&
                   archive_read_support_format_rar5(reader) == ARCHIVE_OK;
        case FileType::tar:
            return archive_read_support_format_tar(reader) == ARCHIVE_OK;
        case FileType::iso9660:
            return archive_read_support_format_iso9660(reader) == ARCHIVE_OK;
        case FileType::cab:
            return archive_read_support_format_cab(reader) == ARCHIVE_OK;
        case FileType::ar:
            return archive_read_support_format_ar(reader) == ARCHIVE_OK;
        case FileType::cpio:
            return archive_read_support_format_cpio(reader) == ARCHIVE_OK;
        default:
            return false;
    }
}

void admit(archive* reader, FileType type, Layout layout) {
    if (const auto filter = filter_of(type)) archive_read_append_filter(reader, *filter);
    switch (layout) {
        case Layout::container:
            admit_format(reader, type);
            return;
        case Layout::single:
            archive_read_support_format_raw(reader);
            archive_read_support_format_empty(reader);
            return;
        case Layout::inner_archive:
            archive_read_support_format_tar(reader);
            archive_read_support_format_cpio(reader);
            return;
    }
}

}  // namespace

/// Gives libarchive the bytes of the descriptor; its position is ours alone.
struct ArchiveFile::Feed {
    int fd;
    std::uint64_t size_bytes;
    std::function<bool()> on_working;
    std::uint64_t position = 0;
    ByteVector buffer = ByteVector(1U << 16U);

    static la_ssize_t read(archive* reader, void* data, const void** out) {
        auto& feed = *static_cast<Feed*>(data);
        if (feed.on_working && !feed.on_working()) {
            archive_set_error(reader, ECANCELED, "cancelled");
            return -1;
        }
        const std::uint64_t left = feed.size_bytes - feed.position;
        const auto wanted = std::min<std::uint64_t>(left, feed.buffer.size());
        const auto got = read_at(
            feed.fd,
            feed.position,
            MutableBytes(feed.buffer).first(static_cast<std::size_t>(wanted))
        );
        if (!got) {
            archive_set_error(reader, EIO, "%s", got.error().message.c_str());
            return -1;
        }
        feed.position += *got;
        *out = feed.buffer.data();
        return static_cast<la_ssize_t>(*got);
    }

    static la_int64_t skip(archive* /*reader*/, void* data, la_int64_t request) {
        auto& feed = *static_cast<Feed*>(data);
        if (request <= 0) return 0;
        const auto step =
            std::min(static_cast<std::uint64_t>(request), feed.size_bytes - feed.position);
        feed.position += step;
        return static_cast<la_int64_t>(step);
    }

    static la_int64_t seek(archive* /*reader*/, void* data, la_int64_t offset, int whence) {
        auto& feed = *static_cast<Feed*>(data);
        const auto size = static_cast<la_int64_t>(feed.size_bytes);
        la_int64_t base = 0;
        if (whence == SEEK_CUR) base = static_cast<la_int64_t>(feed.position);
        if (whence == SEEK_END) base = size;
        la_int64_t target = 0;
        const bool possible = !__builtin_add_overflow(base, offset, &target);
        if (!possible || target < 0 || target > size) return ARCHIVE_FAILED;
        feed.position = static_cast<std::uint64_t>(target);
        return target;
    }
};

ArchiveFile::ArchiveFile(const ArchiveInput& input, Layout layout)
    : feed_(std::make_unique<Feed>(Feed{input.fd, input.size_bytes, input.on_working})),
      archive_(archive_read_new()) {
    if (archive_ == nullptr) throw std::bad_alloc();
    admit(archive_, input.type, layout);
    for (const std::string& password : input.passwords) {
        archive_read_add_passphrase(archive_, password.c_str());
    }
    archive_read_set_read_callback(archive_, Feed::read);
    archive_read_set_skip_callback(archive_, Feed::skip);
    archive_read_set_seek_callback(archive_, Feed::seek);
    archive_read_set_callback_data(archive_, feed_.get());
    // A failure shows again, with its reason, at the first header.
    archive_read_open1(archive_);
    complained_at_opening_ = archive_error_string(archive_) != nullptr;
}

ArchiveFile::~ArchiveFile() {
    archive_read_free(archive_);
}

std::string ArchiveFile::error() const {
    const char* text = archive_error_string(archive_);
    return text != nullptr ? text : "damaged";
}

bool ArchiveFile::has_complained() const {
    return complained_at_opening_ || archive_error_string(archive_) != nullptr;
}

bool is_compressed_file(FileType type) {
    return filter_of(type).has_value();
}

bool is_readable_archive(FileType type) {
    return is_compressed_file(type) ||
           fingerprint::family_of(type) == fingerprint::FileFamily::archive;
}

void prepare_archive_library() {
    // The library converts names with the C library's locale; C.UTF-8 is built into it.
    std::setlocale(LC_CTYPE, "C.UTF-8");
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    ArchiveInput nothing;
    nothing.type = FileType::zip;
    const ArchiveFile file(nothing, Layout::container);
}

}  // namespace cairn::evidence
