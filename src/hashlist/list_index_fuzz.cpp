// A hostile index file must not be read out of bounds, and what verify() passes must answer.
// Inputs are patches (section, offset, byte) to a sound file, after which every checksum is made
// to fit; the first byte 0xFF means a whole file instead.
#include <algorithm>
#include <cstdlib>

#include "hashlist/index_file.h"
#include "hashlist/list_builder.h"
#include "hashlist/list_index.h"
#include "hashlist/memory_list.h"

namespace cairn::hashlist {
namespace {

constexpr std::uint64_t kEntries = 40;

crypto::SecretKey key() {
    return crypto::SecretKey::from_bytes(std::array<std::uint8_t, crypto::SecretKey::kSize>{});
}

EntryRow row_of(std::uint64_t number) {
    const crypto::Digests digests = crypto::digest(as_bytes(fmt::format("file {}", number)));
    EntryRow row;
    row.md5 = digests.md5;
    row.sha1 = digests.sha1;
    row.sha256 = digests.sha256;
    for (std::size_t i = 0; i < 4; ++i) row.pdq.words[i] = number * 0x9E37'79B9'7F4A'7C15U + i;
    row.size_bytes = number + 1;
    return row;
}

ByteVector sound_file() {
    ListBuilder builder("/tmp", key(), "list");
    for (std::uint64_t i = 0; i < kEntries; ++i) {
        if (!builder.add(row_of(i))) std::abort();
    }
    auto file = make_memory_file("index");
    if (!file || !builder.merge(ListKind::illegal, "") || !builder.write(file->get())) std::abort();
    auto bytes = read_file("/proc/self/fd/" + std::to_string(file->get()), 1U << 24U);
    if (!bytes) std::abort();
    return *std::move(bytes);
}

/// Makes the header's own checksum fit, then those of the sections it names.
void fit_checksums(ByteVector& file) {
    if (file.size() < kHeaderBytes) return;
    const MutableBytes head = MutableBytes(file).first(kHeaderBytes);
    const std::uint64_t sum = checksum_of(head.first(kHeaderBytes - 8));
    for (unsigned i = 0; i < 8; ++i)
        head[kHeaderBytes - 8 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
    auto header = IndexHeader::decode(head, file.size());
    if (!header) return;
    for (Section& section : header->sections) {
        section.checksum = checksum_of(Bytes(file).subspan(section.offset, section.bytes));
    }
    header->key_check = IndexKeys(key(), header->salt).key_check;
    const auto encoded = header->encode();
    std::copy(encoded.begin(), encoded.end(), file.begin());
}

/// Four bytes a patch: section (0: header), offset (16 bits, in the section), value.
ByteVector patched(Bytes patches) {
    static const ByteVector kSound = sound_file();
    static const IndexHeader kHeader =
        *IndexHeader::decode(Bytes(kSound).first(kHeaderBytes), kSound.size());
    ByteVector file = kSound;
    for (; patches.size() >= 4; patches = patches.subspan(4)) {
        const std::size_t section = patches[0] % (kSectionTypes + 1);
        std::size_t offset = static_cast<std::size_t>(patches[1]) << 8U | patches[2];
        if (section > 0) {
            const Section& place = kHeader.sections.at(section - 1);
            if (place.bytes == 0) continue;
            offset = place.offset + offset % place.bytes;
        }
        if (offset < file.size()) file[offset] = patches[3];
    }
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input(data, size);
    const bool whole = size > 0 && data[0] == 0xFF;
    ByteVector file = whole ? ByteVector(input.begin() + 1, input.end()) : patched(input);
    fit_checksums(file);
    const MemoryList list(file);
    const auto index = ListIndex::open(list.path(), key());
    if (!index) return 0;
    const bool verified = (*index)->verify().has_value();
    for (std::uint64_t i = 0; i < kEntries + 1; ++i) {
        const EntryRow row = row_of(i);
        for (const DigestHit& hit :
             (*index)->find(crypto::Digests{row.md5, row.sha1, row.sha256})) {
            if (hit.entry >= (*index)->entry_count()) std::abort();
            if (verified && !(*index)->entry(hit.entry)) std::abort();
        }
        for (const PdqHit& hit : (*index)->find(row.pdq, 31)) {
            if (hit.distance > 31 || hit.entry >= (*index)->entry_count()) std::abort();
            if (verified && !(*index)->entry(hit.entry)) std::abort();
        }
    }
    return 0;
}

}  // namespace cairn::hashlist
