#include "hashlist/index_file.h"

#include <algorithm>
#include <bit>

#include <unistd.h>
#include <xxhash.h>

#include "base/hex.h"
#include "index/code.h"
#include "index/digest_table.h"

namespace cairn::hashlist {
namespace {

static_assert(std::endian::native == std::endian::little, "list files are little-endian");

constexpr std::string_view kMagic = "CAIRNLST";
constexpr std::uint16_t kMajor = 2;
constexpr std::uint16_t kMinor = 0;
constexpr std::uint32_t kEndianMark = 0x0102'0304;
constexpr std::size_t kSectionsMax = 64;
constexpr std::size_t kChecksumOffset = kHeaderBytes - sizeof(std::uint64_t);
constexpr std::size_t kWriteBytes = std::size_t{1} << 20U;

template <std::size_t N>
Result<std::array<std::uint8_t, N>> take_array(ByteReader& reader) {
    const Bytes bytes = CAIRN_TRY(reader.take(N));
    std::array<std::uint8_t, N> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

/// The length each section must have by the header's counts; texts may have any.
std::uint64_t wanted_bytes(const IndexHeader& header, SectionType type) {
    switch (type) {
        case SectionType::row_tags:
            return header.entries * kTagBytes;
        case SectionType::entries:
            return header.entries * kEntryBytes;
        case SectionType::md5_records:
            return header.digest_records[0] * kDigestRecordBytes;
        case SectionType::sha1_records:
            return header.digest_records[1] * kDigestRecordBytes;
        case SectionType::sha256_records:
            return header.digest_records[2] * kDigestRecordBytes;
        case SectionType::md5_directory:
            return index::directory_bytes(header.digest_records[0]);
        case SectionType::sha1_directory:
            return index::directory_bytes(header.digest_records[1]);
        case SectionType::sha256_directory:
            return index::directory_bytes(header.digest_records[2]);
        case SectionType::pdq_codes:
            return header.pdq_codes * index::kCodeBytes;
        case SectionType::pdq_posting_starts:
            return (header.pdq_codes + 1) * 4;
        case SectionType::pdq_postings:
            return header.pdq_postings * 4;
        case SectionType::pdq_bands:
            return index::bands_bytes(header.plan, header.pdq_codes);
        case SectionType::pdq_quarantined:
            return header.pdq_quarantined * kCodeRecordBytes;
        case SectionType::texts:
            break;
    }
    return header.section(SectionType::texts).bytes;
}

Status check_counts(const IndexHeader& header) {
    const auto within = [&](std::uint64_t count) { return count <= header.entries; };
    const bool sound = header.entries <= kEntriesMax && within(header.digest_records[0]) &&
                       within(header.digest_records[1]) && within(header.digest_records[2]) &&
                       header.pdq_codes <= header.pdq_postings && within(header.pdq_postings) &&
                       within(header.pdq_quarantined);
    if (!sound) return fail(Errc::corrupt_data, "list index: counts contradict each other");
    return ok();
}

Status check_sections(const IndexHeader& header, std::uint64_t file_bytes) {
    for (std::size_t i = 0; i < kSectionTypes; ++i) {
        const Section& section = header.sections[i];
        const auto type = static_cast<SectionType>(i + 1);
        const bool inside =
            section.offset >= kHeaderBytes && section.offset % kSectionAlignment == 0 &&
            section.offset <= file_bytes && section.bytes <= file_bytes - section.offset;
        if (!inside || section.bytes != wanted_bytes(header, type)) {
            return fail(Errc::corrupt_data, "list index: section {} is missing or cut off", i + 1);
        }
    }
    return ok();
}

/// Magic, byte order and version: what tells another file from a damaged one.
Status check_preamble(ByteReader& reader) {
    const Bytes magic = CAIRN_TRY(reader.take(kMagic.size()));
    if (as_text(magic) != kMagic) return fail(Errc::corrupt_data, "not a Cairn list index");
    const std::uint16_t major = CAIRN_TRY(reader.u16_le());
    const std::uint16_t minor = CAIRN_TRY(reader.u16_le());
    const std::uint32_t endian = CAIRN_TRY(reader.u32_le());
    if (endian != kEndianMark) {
        return fail(Errc::unsupported, "list index written on a machine of other byte order");
    }
    if (major != kMajor) {
        return fail(
            Errc::unsupported,
            "list index format {}.{}, this program reads {}.x; import the list again",
            major,
            minor,
            kMajor
        );
    }
    return ok();
}

/// The plan of the PDQ bands; one that could lose a hit is refused.
Status read_plan(ByteReader& reader, std::uint32_t count, IndexHeader& header) {
    if (count > index::kBandsMax) return fail(Errc::corrupt_data, "list index: too many bands");
    std::vector<index::Band> bands(count);
    for (std::size_t i = 0; i < index::kBandsMax; ++i) {
        index::Band band;
        band.width = CAIRN_TRY(reader.u8());
        band.key_bits = CAIRN_TRY(reader.u8());
        const std::uint8_t threshold = CAIRN_TRY(reader.u8());
        band.threshold = threshold < 128 ? threshold : threshold - 256;
        const std::uint8_t link = CAIRN_TRY(reader.u8());
        if (link > static_cast<std::uint8_t>(index::Link::next_band)) {
            return fail(Errc::corrupt_data, "list index: unknown kind of PDQ band");
        }
        band.link = static_cast<index::Link>(link);
        if (i < count) bands[i] = band;
    }
    if (count == 0) return ok();
    auto plan = index::BandPlan::make(std::move(bands));
    if (!plan) return fail(Errc::corrupt_data, "list index: {}", plan.error().message);
    header.plan = *std::move(plan);
    return ok();
}

Status read_fields(ByteReader& reader, IndexHeader& header) {
    header.salt = CAIRN_TRY(take_array<16>(reader));
    header.key_check = CAIRN_TRY(take_array<16>(reader));
    header.content = CAIRN_TRY(take_array<16>(reader));
    header.entries = CAIRN_TRY(reader.u64_le());
    for (std::uint64_t& count : header.digest_records) count = CAIRN_TRY(reader.u64_le());
    header.pdq_codes = CAIRN_TRY(reader.u64_le());
    header.pdq_postings = CAIRN_TRY(reader.u64_le());
    header.pdq_quarantined = CAIRN_TRY(reader.u64_le());
    const std::uint32_t bands = CAIRN_TRY(reader.u32_le());
    const std::uint32_t sections = CAIRN_TRY(reader.u32_le());
    CAIRN_TRY(read_plan(reader, bands, header));
    if (sections > kSectionsMax) return fail(Errc::corrupt_data, "list index: too many sections");
    for (std::uint32_t i = 0; i < sections; ++i) {
        const std::uint32_t type = CAIRN_TRY(reader.u32_le());
        CAIRN_TRY(reader.u32_le());
        Section section;
        section.offset = CAIRN_TRY(reader.u64_le());
        section.bytes = CAIRN_TRY(reader.u64_le());
        section.checksum = CAIRN_TRY(reader.u64_le());
        // Sections of a later minor version are passed over.
        if (type >= 1 && type <= kSectionTypes) header.sections[type - 1] = section;
    }
    return ok();
}

}  // namespace

std::uint64_t checksum_of(Bytes bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::array<std::uint8_t, kHeaderBytes> IndexHeader::encode() const {
    ByteWriter writer;
    writer.raw(as_bytes(kMagic));
    writer.u16_le(kMajor);
    writer.u16_le(kMinor);
    writer.u32_le(kEndianMark);
    writer.raw(salt);
    writer.raw(key_check);
    writer.raw(content);
    writer.u64_le(entries);
    for (const std::uint64_t count : digest_records) writer.u64_le(count);
    writer.u64_le(pdq_codes);
    writer.u64_le(pdq_postings);
    writer.u64_le(pdq_quarantined);
    writer.u32_le(static_cast<std::uint32_t>(plan.bands().size()));
    writer.u32_le(static_cast<std::uint32_t>(sections.size()));
    for (std::size_t i = 0; i < index::kBandsMax; ++i) {
        index::Band band{0, 0, 0, index::Link::code};
        if (i < plan.bands().size()) band = plan.bands()[i];
        writer.u8(band.width);
        writer.u8(band.key_bits);
        writer.u8(static_cast<std::uint8_t>(band.threshold));
        writer.u8(static_cast<std::uint8_t>(band.link));
    }
    for (std::size_t i = 0; i < sections.size(); ++i) {
        writer.u32_le(static_cast<std::uint32_t>(i + 1));
        writer.u32_le(0);
        writer.u64_le(sections[i].offset);
        writer.u64_le(sections[i].bytes);
        writer.u64_le(sections[i].checksum);
    }
    std::array<std::uint8_t, kHeaderBytes> out{};
    std::copy(writer.bytes().begin(), writer.bytes().end(), out.begin());
    ByteWriter checksum;
    checksum.u64_le(checksum_of(Bytes(out).first(kChecksumOffset)));
    std::copy(checksum.bytes().begin(), checksum.bytes().end(), out.begin() + kChecksumOffset);
    return out;
}

Result<IndexHeader> IndexHeader::decode(Bytes head, std::uint64_t file_bytes) {
    ByteReader reader(head);
    CAIRN_TRY(check_preamble(reader));
    if (head.size() < kHeaderBytes) return fail(Errc::corrupt_data, "list index: header cut off");
    ByteReader checksum(head.subspan(kChecksumOffset));
    const std::uint64_t stored = CAIRN_TRY(checksum.u64_le());
    if (stored != checksum_of(head.first(kChecksumOffset))) {
        return fail(Errc::corrupt_data, "list index: header is damaged");
    }
    IndexHeader header;
    CAIRN_TRY(read_fields(reader, header));
    CAIRN_TRY(check_counts(header));
    CAIRN_TRY(check_sections(header, file_bytes));
    return header;
}

crypto::Tag128 list_salt(const crypto::SecretKey& list_key, std::string_view name) {
    return crypto::Prf128(list_key.derive("list salt"))(as_bytes(name));
}

IndexKeys::IndexKeys(const crypto::SecretKey& list_key, const crypto::Tag128& salt)
    : file_key(list_key.derive("list file " + hex_encode(salt))),
      key_check(crypto::Prf128(file_key.derive("key check"))({})),
      digest_prfs{
          crypto::Prf128(file_key.derive("md5")),
          crypto::Prf128(file_key.derive("sha1")),
          crypto::Prf128(file_key.derive("sha256"))},
      row_prf(file_key.derive("rows")),
      content_prf(file_key.derive("content")),
      text_key(file_key.derive("texts")) {}

crypto::Prf128 IndexKeys::entry_prf(const crypto::Tag128& content) const {
    return crypto::Prf128(file_key.derive("entries " + hex_encode(content)));
}

struct SectionWriter::Checksum {
    struct Free {
        void operator()(XXH3_state_t* owned) const { XXH3_freeState(owned); }
    };
    std::unique_ptr<XXH3_state_t, Free> state{XXH3_createState()};
};

SectionWriter::SectionWriter(int fd) : fd_(fd), checksum_(std::make_unique<Checksum>()) {
    buffer_.reserve(kWriteBytes);
    buffer_.assign(kHeaderBytes, 0);
    file_bytes_ = kHeaderBytes;
}

SectionWriter::~SectionWriter() = default;

Status SectionWriter::flush() {
    CAIRN_TRY(write_all(fd_, buffer_));
    buffer_.clear();
    return ok();
}

Status SectionWriter::begin(SectionType type) {
    const std::uint64_t padding =
        (kSectionAlignment - file_bytes_ % kSectionAlignment) % kSectionAlignment;
    buffer_.resize(buffer_.size() + padding, 0);
    file_bytes_ += padding;
    type_ = type;
    section_ = {file_bytes_, 0, 0};
    XXH3_64bits_reset(checksum_->state.get());
    return ok();
}

Status SectionWriter::write(Bytes bytes) {
    XXH3_64bits_update(checksum_->state.get(), bytes.data(), bytes.size());
    section_.bytes += bytes.size();
    file_bytes_ += bytes.size();
    if (buffer_.size() + bytes.size() > kWriteBytes) CAIRN_TRY(flush());
    if (bytes.size() > kWriteBytes) return write_all(fd_, bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return ok();
}

Status SectionWriter::write_u32s(std::span<const std::uint32_t> values) {
    // Memory of a little-endian host is the file's form already.
    const void* const data = values.data();
    return write({static_cast<const std::uint8_t*>(data), values.size_bytes()});
}

Status SectionWriter::end() {
    section_.checksum = XXH3_64bits_digest(checksum_->state.get());
    sections_.at(static_cast<std::size_t>(type_) - 1) = section_;
    return flush();
}

Status SectionWriter::rewind(SectionType first) {
    CAIRN_TRY(flush());
    file_bytes_ = written(first).offset;
    const auto end = static_cast<off_t>(file_bytes_);
    if (::ftruncate(fd_, end) != 0 || ::lseek(fd_, end, SEEK_SET) != end) {
        return fail(Errc::io, "list index: cannot take back a section");
    }
    return ok();
}

Status SectionWriter::finish(IndexHeader& header) {
    CAIRN_TRY(flush());
    header.sections = sections_;
    const auto head = header.encode();
    if (::lseek(fd_, 0, SEEK_SET) != 0) return fail(Errc::io, "list index: cannot seek");
    return write_all(fd_, head);
}

}  // namespace cairn::hashlist
