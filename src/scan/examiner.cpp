#include "scan/examiner.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>

#include "scan/expansion.h"

namespace cairn::scan {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;

bool same_file_state(const struct stat& a, const struct stat& b) {
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
           a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

/// How a failed picture is recorded. Damage leaves the file covered: its digests were asked.
Finding picture_problem(const Error& error) {
    switch (error.code) {
        case Errc::limit_exceeded:
            return make_finding(Finding::Kind::limit, "picture_limit", error.message, true);
        case Errc::unavailable:
            return make_finding(Finding::Kind::error, "decoder_failed", error.message, true);
        case Errc::unsupported:
            return make_finding(Finding::Kind::error, "picture_unsupported", error.message, false);
        default:
            return make_finding(Finding::Kind::error, "picture_damaged", error.message, false);
    }
}

}  // namespace

TopItem::~TopItem() {
    if (!sink_.stopping()) sink_.emit(std::move(record_));
}

Examiner::Examiner(const Tools& tools, ItemSink& sink)
    : tools_(tools), sink_(sink), buffer_(kReadBytes) {}

void Examiner::examine_file(
    const evidence::FolderWalk& walk, const evidence::FolderEntry& entry, ItemRecord record
) {
    auto fd = walk.open_file(entry.relative);
    if (!fd) {
        const bool gone = fd.error().code == Errc::not_found;
        record.coverage = gone ? Coverage::vanished : Coverage::unreadable;
        record.findings.push_back(make_finding(
            Finding::Kind::error, gone ? "vanished" : "unreadable", fd.error().message, true
        ));
        sink_.emit(std::move(record));
        return;
    }
    struct stat before {};
    struct stat after {};
    ::fstat(fd->get(), &before);
    const bool read = read_content(fd->get(), record, record.type);
    if (!read && sink_.stopping()) return;
    if (read) identify(fd->get(), record);
    ::fstat(fd->get(), &after);
    const bool truncated_or_grown = record.size_bytes != static_cast<std::uint64_t>(after.st_size);
    if (read && (truncated_or_grown || !same_file_state(before, after))) {
        record.coverage = Coverage::vanished;
        record.findings.push_back(make_finding(
            Finding::Kind::error,
            "changed_while_read",
            "the file changed while it was read; scan it again",
            true
        ));
    }
    const bool container = fingerprint::family_of(record.type) == fingerprint::FileFamily::archive;
    if (!read || !container) {
        sink_.emit(std::move(record));
        return;
    }
    const auto top = std::make_shared<TopItem>(std::move(record), sink_);
    ExpansionState state(top);
    expand(fd->get(), top->record(), state);
}

void Examiner::examine_member(MemberTask task) {
    const int fd = task.content.fd();
    const bool read = read_content(fd, task.record, task.record.type);
    if (!read && sink_.stopping()) return;
    if (read) identify(fd, task.record);
    sink_.emit(std::move(task.record));
}

bool Examiner::read_content(int fd, ItemRecord& record, fingerprint::FileType& type) {
    std::uint64_t offset = 0;
    while (true) {
        const auto got = read_at(fd, offset, buffer_);
        if (!got) {
            digests_.finish();
            record.size_bytes = offset;
            record.coverage = Coverage::unreadable;
            record.findings.push_back(
                make_finding(Finding::Kind::error, "read_error", got.error().message, true)
            );
            return false;
        }
        const Bytes piece = Bytes(buffer_).first(*got);
        if (offset == 0) {
            type = fingerprint::sniff(piece.first(std::min(*got, fingerprint::kSniffBytes)));
        }
        digests_.update(piece);
        offset += *got;
        if (*got < buffer_.size()) break;
        if (sink_.stopping()) {  // a file may take hours
            digests_.finish();
            return false;
        }
    }
    record.digests = digests_.finish();
    record.size_bytes = offset;
    return true;
}

void Examiner::identify(int fd, ItemRecord& record) {
    const auto family = fingerprint::family_of(record.type);
    if (family == fingerprint::FileFamily::picture) read_picture(fd, record);
    if (family == fingerprint::FileFamily::encrypted) {
        record.findings.push_back(make_finding(
            Finding::Kind::encrypted,
            "encrypted_container",
            fmt::format("encrypted container ({})", name_of(record.type)),
            true
        ));
    }
    if (auto matched = tools_.matcher.match(record); !matched) {
        sink_.abort(std::move(matched).error().with_context("matching"));
        return;
    }
    const bool found =
        std::any_of(record.findings.begin(), record.findings.end(), [](const Finding& f) {
            return f.kind == Finding::Kind::match;
        });
    if (!found) return;
    const auto media_type = tools_.pictures.media_type(fd);
    record.media_type = media_type ? *media_type : std::string(media_type_of(record.type));
}

void Examiner::read_picture(int fd, ItemRecord& record) {
    auto picture = tools_.pictures.read(fd, record.size_bytes, record.type);
    if (!picture) {
        record.findings.push_back(picture_problem(picture.error()));
        return;
    }
    if (picture->partial) {
        record.findings.push_back(make_finding(
            Finding::Kind::error,
            "picture_partial",
            "the picture is cut short; what is there was compared",
            false
        ));
    }
    record.picture = std::move(*picture);
}

void Examiner::expand(int fd, ItemRecord& record, ExpansionState& state) {
    const auto refusal = state.enter(record, tools_.limits);
    if (refusal) {
        record.findings.push_back(*refusal);
        if (refusal->gap) record.coverage = Coverage::limited;
        return;
    }
    Expansion expansion(*this, record, state);
    auto end = tools_.archives.read(fd, record.type, expansion);
    state.leave();
    if (end) {
        expansion.conclude(*end);
    } else {
        record.coverage = Coverage::damaged;
        record.findings.push_back(
            make_finding(Finding::Kind::error, "archive_unreadable", end.error().message, true)
        );
    }
}

}  // namespace cairn::scan
