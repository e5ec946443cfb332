#include "hashlist/version_files.h"

#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"

namespace cairn::hashlist {

std::vector<SegmentedIndex::Files> VersionFiles::paths_of(const RegistryVersion& version) const {
    std::vector<SegmentedIndex::Files> paths;
    for (const RegistrySegment& segment : version.segments) {
        const std::string& withdrawn = segment.withdrawn_name;
        paths.push_back(
            {folder_.path_of(segment.file_name),
             withdrawn.empty() ? "" : folder_.path_of(withdrawn)}
        );
    }
    return paths;
}

Result<std::shared_ptr<const SegmentedIndex>> VersionFiles::open(const RegistryVersion& version
) const {
    return SegmentedIndex::open(paths_of(version), key_);
}

Status VersionFiles::verify_file(const std::string& name, const std::string& sha256) const {
    const std::string path = folder_.path_of(name);
    const Fd fd = CAIRN_TRY(open_for_reading(path));
    const std::string found = CAIRN_TRY(sha256_of_file(fd.get()));
    if (found == sha256) return ok();
    return fail(
        Errc::corrupt_data, "{}: differs from what was imported; import the list again", path
    );
}

Status VersionFiles::verify(const RegistryVersion& version) const {
    for (const RegistrySegment& segment : version.segments) {
        CAIRN_TRY(verify_file(segment.file_name, segment.file_sha256));
        if (segment.withdrawn_name.empty()) continue;
        CAIRN_TRY(verify_file(segment.withdrawn_name, segment.withdrawn_sha256));
    }
    const auto index = CAIRN_TRY(open(version));
    for (std::size_t i = 0; i < version.segments.size(); ++i) {
        const Status sound = index->segments()[i].index->verify();
        if (!sound) {
            return Error(sound.error())
                .with_context(folder_.path_of(version.segments[i].file_name));
        }
    }
    const bool counts_agree = index->entry_count() == version.info.entries &&
                              index->digest_counts() == version.info.digests &&
                              index->pdq_count() == version.info.pdq_codes;
    if (counts_agree) return ok();
    return fail(
        Errc::corrupt_data,
        "{}: counts differ from lists.db",
        folder_.path_of(version.segments.front().file_name)
    );
}

Result<NewFile> VersionFiles::begin_index(const std::string& version_id) const {
    std::string name = ListFolder::new_index_name(version_id);
    AtomicFile file = CAIRN_TRY(AtomicFile::create(folder_.path_of(name), S_IRUSR | S_IWUSR));
    return NewFile{std::move(name), std::move(file)};
}

Result<RegistrySegment> VersionFiles::finish_index(const NewFile& file, const IndexHeader& header)
    const {
    RegistrySegment segment;
    segment.file_name = file.name;
    segment.file_sha256 = CAIRN_TRY(sha256_of_file(file.fd()));
    segment.entries = header.entries;
    if (::fsync(file.fd()) != 0) return fail(Errc::io, "{}: {}", file.name, errno_text(errno));
    return segment;
}

Status VersionFiles::withdraw_from(
    RegistrySegment& segment,
    const crypto::Tag128& content,
    std::vector<std::uint32_t> entries,
    const std::string& version_id
) const {
    if (entries.empty()) return ok();
    const WithdrawnEntries withdrawn(std::move(entries));
    const ByteVector bytes = withdrawn.encode(content);
    const std::string name = ListFolder::new_withdrawn_name(version_id);
    AtomicFile file = CAIRN_TRY(AtomicFile::create(folder_.path_of(name), S_IRUSR | S_IWUSR));
    CAIRN_TRY(file.write(bytes));
    CAIRN_TRY(file.commit());
    segment.withdrawn_name = name;
    segment.withdrawn_sha256 = hex_encode(crypto::sha256(bytes));
    segment.withdrawn = withdrawn.count();
    return ok();
}

Status VersionFiles::withdraw(
    RegistryVersion& version,
    const SegmentedIndex& index,
    const std::vector<std::vector<std::uint32_t>>& entries,
    const std::string& version_id
) const {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].empty()) continue;
        const SegmentedIndex::Segment& segment = index.segments()[i];
        std::vector<std::uint32_t> all = segment.withdrawn.entries();
        all.insert(all.end(), entries[i].begin(), entries[i].end());
        const crypto::Tag128& content = segment.index->header().content;
        CAIRN_TRY(withdraw_from(version.segments[i], content, std::move(all), version_id));
    }
    return ok();
}

Status VersionFiles::count(RegistryVersion& version) const {
    const auto index = CAIRN_TRY(open(version));
    ListInfo& info = version.info;
    info.entries = index->entry_count();
    info.digests = index->digest_counts();
    info.pdq_codes = index->pdq_count();
    info.pdq_quarantined = index->pdq_quarantined();
    info.file_size_bytes = index->file_size_bytes();
    info.segments = version.segments.size();
    info.withdrawn = 0;
    for (const RegistrySegment& segment : version.segments) info.withdrawn += segment.withdrawn;
    return ok();
}

}  // namespace cairn::hashlist
