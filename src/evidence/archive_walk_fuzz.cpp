// Walks arbitrary bytes as an archive with the code of the confined child. The first byte chooses
// the type. Invariants: members are numbered, content comes only when wanted and in pieces that
// fit a message, the count is right, and the same bytes give the same walk.
#include <array>
#include <cstdlib>

#include "evidence/archive_protocol.h"
#include "evidence/archive_walk.h"

/// A lying header asks libarchive for gigabytes. The confined reader refuses them by RLIMIT_AS,
/// which sanitizers cannot have: here their allocator refuses, instead of ending the run.
extern "C" const char* __asan_default_options() {
    return "allocator_may_return_null=1:max_allocation_size_mb=2048";
}

namespace {

using cairn::Bytes;
using cairn::ByteVector;
using cairn::ByteWriter;
using cairn::fingerprint::FileType;
using namespace cairn::evidence;

constexpr std::size_t kContentBytesMax = 1U << 20U;
constexpr std::array kTypes = {
    FileType::zip,
    FileType::seven_zip,
    FileType::rar,
    FileType::tar,
    FileType::iso9660,
    FileType::cab,
    FileType::ar,
    FileType::cpio,
    FileType::gzip,
    FileType::bzip2,
    FileType::xz,
    FileType::zstd,
};

void require(bool holds) {
    if (!holds) std::abort();
}

/// Checks the calls and writes them down.
class CheckingSink final : public MemberSink {
public:
    Want on_member(const ArchiveMember& member) override {
        require(!open_ && member.ordinal == members_++);
        log_.raw(encode_member(member));
        const Want want = member.ordinal % 5 == 3 ? Want::skip : Want::content;
        open_ = true;
        wanted_ = want == Want::content;
        return want;
    }
    bool on_data(Bytes bytes) override {
        require(open_ && wanted_ && !bytes.empty() && bytes.size() <= kDataBytesMax);
        log_.sized(bytes.first(1));
        content_bytes_ += bytes.size();
        wanted_ = content_bytes_ < kContentBytesMax;
        return wanted_;
    }
    void on_member_end(const MemberEnd& end) override {
        require(open_);
        log_.raw(encode_member_end(end));
        open_ = false;
    }
    ByteVector finish(const ArchiveEnd& end) {
        require(!open_ && end.members == members_);
        require(end.outcome != ArchiveEnd::Outcome::crashed);
        log_.raw(encode_end(end));
        return log_.take();
    }

private:
    ByteWriter log_;
    std::uint64_t members_ = 0;
    std::size_t content_bytes_ = 0;
    bool open_ = false;
    bool wanted_ = false;
};

ByteVector walk(int fd, std::size_t size, FileType type) {
    const ArchiveInput input{
        .fd = fd,
        .size_bytes = size,
        .type = type,
        .members_max = 50,
        .passwords = {"secret"},
        .on_working = {}};
    CheckingSink sink;
    const ArchiveEnd end = walk_archive(input, sink);
    return sink.finish(end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool prepared = (prepare_archive_library(), true);
    if (!prepared || size == 0) return 0;
    const FileType type = kTypes[data[0] % kTypes.size()];
    // libarchive 3.6.2 follows a null pointer in any cabinet cut inside a stored block, which
    // would end every run here. DamagedArchive.ACutCabinetCostsThatArchiveOnly covers cabinets.
    if (type == FileType::cab) return 0;
    const Bytes archive = Bytes(data, size).subspan(1);
    const auto fd = cairn::make_memory_file("archive");
    require(fd && cairn::write_all(fd->get(), archive));
    require(walk(fd->get(), archive.size(), type) == walk(fd->get(), archive.size(), type));
    return 0;
}
