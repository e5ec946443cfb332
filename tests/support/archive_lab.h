#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "evidence/archive_reader.h"
#include "support/temp_dir.h"

namespace cairn::test {

/// Keeps everything an archive's walk yields, as one line for each member where that helps.
class RecordingSink final : public evidence::MemberSink {
public:
    struct Entry {
        evidence::ArchiveMember member;
        std::string content;
        evidence::MemberEnd end;
        bool ended = false;
    };
    std::vector<Entry> entries;
    std::function<Want(const evidence::ArchiveMember&)> decide =
        [](const evidence::ArchiveMember&) { return Want::content; };
    std::size_t content_bytes_max = SIZE_MAX;  ///< on_data says false from here on

    Want on_member(const evidence::ArchiveMember& member) override {
        entries.push_back({member, {}, {}, false});
        return decide(member);
    }
    bool on_data(Bytes bytes) override {
        entries.back().content += as_text(bytes);
        return entries.back().content.size() < content_bytes_max;
    }
    void on_member_end(const evidence::MemberEnd& end) override {
        entries.back().end = end;
        entries.back().ended = true;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const Entry& entry : entries) found.push_back(entry.member.name);
        return found;
    }
    /// The first entry of that name; fails loudly when there is none.
    const Entry& at(std::string_view name) const {
        for (const Entry& entry : entries) {
            if (entry.member.name == name) return entry;
        }
        throw std::out_of_range("no member " + std::string(name));
    }
};

/// Makes archives with the system's packers in a folder of its own and reads them through a real
/// confined child.
class ArchiveLab {
public:
    explicit ArchiveLab(evidence::ArchiveReader::Options options = {}) {
        if (options.reader_program.empty()) options.reader_program = CAIRN_BIN_DIR "/cairn-reader";
        auto created = evidence::ArchiveReader::create(std::move(options));
        if (!created) throw std::runtime_error(created.error().message);
        reader_ = std::move(*created);
    }

    const TempDir& dir() const { return dir_; }
    evidence::ArchiveReader& reader() const { return *reader_; }

    /// Runs a shell command in the folder; throws when it fails.
    void run(const std::string& command) const {
        const std::string whole =
            "cd '" + dir_.path().string() + "' && ( " + command + " ) >/dev/null 2>&1";
        if (std::system(whole.c_str()) != 0) throw std::runtime_error("failed: " + command);
    }

    /// Reads the file as whatever its own first bytes say it is.
    evidence::ArchiveEnd read(const std::string& name, evidence::MemberSink& sink) const {
        return read_path(dir_ / name, sink);
    }
    evidence::ArchiveEnd read_golden(const std::string& name, evidence::MemberSink& sink) const {
        return read_path(CAIRN_SOURCE_DIR "/tests/golden/archives/" + name, sink);
    }
    evidence::ArchiveEnd read_path(const std::string& path, evidence::MemberSink& sink) const {
        const auto fd = open_for_reading(path);
        if (!fd) throw std::runtime_error(fd.error().message);
        ByteVector head(fingerprint::kSniffBytes);
        const auto size = read_at(fd->get(), 0, head);
        if (!size) throw std::runtime_error(size.error().message);
        const auto type = fingerprint::sniff(Bytes(head).first(*size));
        return read_as(fd->get(), type, sink);
    }
    evidence::ArchiveEnd read_as(int fd, fingerprint::FileType type, evidence::MemberSink& sink)
        const {
        auto end = reader_->read(fd, type, sink);
        if (!end) throw std::runtime_error(end.error().message);
        return *end;
    }

private:
    TempDir dir_;
    std::unique_ptr<evidence::ArchiveReader> reader_;
};

}  // namespace cairn::test
