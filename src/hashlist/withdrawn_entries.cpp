#include "hashlist/withdrawn_entries.h"

#include <algorithm>

#include "hashlist/index_file.h"
#include "hashlist/stored_number.h"

namespace cairn::hashlist {
namespace {

constexpr std::string_view kMagic = "CAIRNWDN";
constexpr std::uint16_t kMajor = 1;
constexpr std::uint16_t kMinor = 0;
constexpr std::uint32_t kEndianMark = 0x0102'0304;
constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);

Error damaged() {
    return fail(Errc::corrupt_data, "withdrawn entries: file is damaged or cut off");
}

Status check_preamble(ByteReader& reader) {
    const Bytes magic = CAIRN_TRY(reader.take(kMagic.size()));
    if (as_text(magic) != kMagic) {
        return fail(Errc::corrupt_data, "not a Cairn file of withdrawn entries");
    }
    const std::uint16_t major = CAIRN_TRY(reader.u16_le());
    const std::uint16_t minor = CAIRN_TRY(reader.u16_le());
    const std::uint32_t endian = CAIRN_TRY(reader.u32_le());
    if (endian != kEndianMark) {
        return fail(
            Errc::unsupported, "withdrawn entries written on a machine of other byte order"
        );
    }
    if (major == kMajor) return ok();
    return fail(
        Errc::unsupported,
        "withdrawn entries of format {}.{}, this program reads {}.x; import the list again",
        major,
        minor,
        kMajor
    );
}

}  // namespace

WithdrawnEntries::WithdrawnEntries(std::vector<std::uint32_t> entries)
    : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end());
    entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
}

bool WithdrawnEntries::contains(std::uint32_t entry) const {
    return std::binary_search(entries_.begin(), entries_.end(), entry);
}

ByteVector WithdrawnEntries::encode(const crypto::Tag128& content) const {
    ByteWriter writer;
    writer.raw(as_bytes(kMagic));
    writer.u16_le(kMajor);
    writer.u16_le(kMinor);
    writer.u32_le(kEndianMark);
    writer.raw(content);
    writer.u64_le(entries_.size());
    for (const std::uint32_t entry : entries_) writer.u32_le(entry);
    writer.u64_le(checksum_of(writer.bytes()));
    return writer.take();
}

Result<WithdrawnEntries> WithdrawnEntries::decode(
    Bytes bytes, const crypto::Tag128& content, std::uint64_t entries_in_file
) {
    ByteReader reader(bytes);
    CAIRN_TRY(check_preamble(reader));
    if (bytes.size() < reader.offset() + kChecksumBytes) return damaged();
    const Bytes checked = bytes.first(bytes.size() - kChecksumBytes);
    ByteReader stored(bytes.subspan(checked.size()));
    const std::uint64_t checksum = CAIRN_TRY(stored.u64_le());
    if (checksum != checksum_of(checked)) return damaged();
    const Bytes belongs_to = CAIRN_TRY(reader.take(content.size()));
    if (!std::equal(belongs_to.begin(), belongs_to.end(), content.begin())) {
        return fail(Errc::corrupt_data, "withdrawn entries belong to another index file");
    }
    const std::uint64_t count = CAIRN_TRY(reader.u64_le());
    if (reader.offset() > checked.size() || count > entries_in_file) return damaged();
    const Bytes numbers = checked.subspan(reader.offset());
    if (numbers.size() != count * sizeof(std::uint32_t)) return damaged();
    WithdrawnEntries withdrawn;
    withdrawn.entries_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t entry = load_u32(numbers, i);
        const bool ascends = i == 0 || withdrawn.entries_.back() < entry;
        if (!ascends || entry >= entries_in_file) return damaged();
        withdrawn.entries_.push_back(entry);
    }
    return withdrawn;
}

}  // namespace cairn::hashlist
