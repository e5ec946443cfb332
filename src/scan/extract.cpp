#include "scan/extract.h"

#include <array>

namespace cairn::scan {
namespace {

using evidence::Step;

/// Keeps the content of one member and skips the others.
class MemberExtraction final : public evidence::MemberSink {
public:
    MemberExtraction(std::uint64_t ordinal, Spool& content)
        : ordinal_(ordinal), content_(content) {}

    Want on_member(const evidence::ArchiveMember& member) override {
        if (found_) return Want::stop;
        found_ = member.ordinal == ordinal_;
        return found_ ? Want::content : Want::skip;
    }
    bool on_data(Bytes bytes) override {
        status_ = content_.append(bytes);
        return status_.has_value();
    }
    void on_member_end(const evidence::MemberEnd& end) override {
        if (!found_ || done_) return;
        done_ = true;
        if (status_ && end.outcome != evidence::MemberEnd::Outcome::complete) {
            status_ = fail(Errc::corrupt_data, "member {}: {}", ordinal_, end.reason);
        }
    }
    Status outcome() {
        if (!found_) return fail(Errc::not_found, "the archive has no member {}", ordinal_);
        return std::move(status_);
    }

private:
    const std::uint64_t ordinal_;
    Spool& content_;
    bool found_ = false;
    bool done_ = false;
    Status status_ = ok();
};

Result<Spool> extract_member(
    int container,
    const Step& step,
    evidence::ArchiveReader& archives,
    const std::string& spool_folder
) {
    std::array<std::uint8_t, fingerprint::kSniffBytes> head{};
    const std::size_t got = CAIRN_TRY(read_at(container, 0, head));
    Spool content = CAIRN_TRY(Spool::create(spool_folder));
    MemberExtraction extraction(step.ordinal, content);
    const auto type = fingerprint::sniff(Bytes(head).first(got));
    const auto end = CAIRN_TRY(archives.read(container, type, extraction));
    auto outcome = extraction.outcome();
    if (!outcome) {
        return end.reason.empty() ? std::move(outcome).error()
                                  : std::move(outcome).error().with_context(end.reason);
    }
    return content;
}

Result<Spool> copy_of(int fd, const std::string& spool_folder) {
    Spool content = CAIRN_TRY(Spool::create(spool_folder));
    ByteVector buffer(256U << 10U);
    for (std::uint64_t offset = 0;;) {
        const std::size_t got = CAIRN_TRY(read_at(fd, offset, buffer));
        CAIRN_TRY(content.append(Bytes(buffer).first(got)));
        offset += got;
        if (got < buffer.size()) return content;
    }
}

Result<crypto::Sha256> sha256_of(int fd) {
    crypto::DigestStream digests;
    ByteVector buffer(256U << 10U);
    for (std::uint64_t offset = 0;;) {
        const std::size_t got = CAIRN_TRY(read_at(fd, offset, buffer));
        digests.update(Bytes(buffer).first(got));
        offset += got;
        if (got < buffer.size()) return digests.finish().sha256;
    }
}

}  // namespace

Result<Spool> extract_item(
    const ItemRecord& item, evidence::ArchiveReader& archives, const std::string& spool_folder
) {
    const auto& steps = item.path.steps();
    const bool usual = steps.size() >= 2 && steps[0].kind == Step::Kind::source &&
                       steps[1].kind == Step::Kind::file;
    if (!usual) return fail(Errc::unsupported, "{}: not a file on an exhibit", item.path.text());
    const auto walk = CAIRN_TRY(evidence::FolderWalk::open(steps[0].name, {}));
    const Fd file = CAIRN_TRY(walk->open_file(steps[1].name));
    std::optional<Spool> content;
    for (std::size_t i = 2; i < steps.size(); ++i) {
        const int container = content ? content->fd() : file.get();
        content = CAIRN_TRY(extract_member(container, steps[i], archives, spool_folder));
    }
    if (!content) content = CAIRN_TRY(copy_of(file.get(), spool_folder));
    const crypto::Sha256 now = CAIRN_TRY(sha256_of(content->fd()));
    if (item.digests && now != item.digests->sha256) {
        return fail(
            Errc::conflict, "{}: the content is no longer what was recorded", item.path.text()
        );
    }
    return std::move(*content);
}

}  // namespace cairn::scan
