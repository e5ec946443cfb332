#include "index/digest_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace cairn::index {
namespace {

constexpr std::uint64_t kRecordsPerSlotMin = 8;
constexpr unsigned kDirectoryBitsMax = 28;
/// Uniform tags put 8 to 16 records into a slot, practically never so many: longer slots are
/// searched by halving.
constexpr std::uint32_t kSteppedMax = 64;
/// How far ahead a batch fetches slots, and records of slots read.
constexpr std::size_t kSlotsAhead = 32;
constexpr std::size_t kRecordsAhead = 16;

std::uint64_t load_big_endian(const std::uint8_t* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    return __builtin_bswap64(value);
}

}  // namespace

std::size_t record_bytes(RecordKind kind) {
    return kind == RecordKind::tag_only ? kTagBytes : kTagBytes + sizeof(std::uint32_t);
}

unsigned directory_bits(std::uint64_t records) {
    const std::uint64_t slots = records / kRecordsPerSlotMin;
    if (slots < 2) return 0;
    return std::min(static_cast<unsigned>(std::bit_width(slots)) - 1, kDirectoryBitsMax);
}

std::uint64_t directory_bytes(std::uint64_t records) {
    return ((std::uint64_t{1} << directory_bits(records)) + 1) * sizeof(std::uint32_t);
}

Result<DigestTable> DigestTable::open(RecordKind kind, Bytes records, Bytes directory) {
    const std::uint64_t count = records.size() / index::record_bytes(kind);
    if (records.size() % index::record_bytes(kind) != 0) {
        return fail(Errc::invalid_argument, "digest records of {} bytes", records.size());
    }
    if (count > std::numeric_limits<std::uint32_t>::max()) {
        return fail(Errc::limit_exceeded, "{} digests are too many for one table", count);
    }
    if (directory.size() != directory_bytes(count)) {
        return fail(
            Errc::invalid_argument,
            "a digest directory of {} bytes where {} records need {}",
            directory.size(),
            count,
            directory_bytes(count)
        );
    }
    return DigestTable(kind, records, directory);
}

DigestTable::DigestTable(RecordKind kind, Bytes records, Bytes directory)
    : records_(records),
      directory_(directory),
      record_bytes_(index::record_bytes(kind)),
      count_(static_cast<std::uint32_t>(records.size() / record_bytes_)),
      bits_(directory_bits(count_)) {}

Tag DigestTable::tag(std::uint32_t record) const {
    Tag tag;
    std::memcpy(tag.data(), &records_[record * record_bytes_], kTagBytes);
    return tag;
}

std::uint32_t DigestTable::payload(std::uint32_t record) const {
    std::uint32_t value = 0;
    if (record_bytes_ == kTagBytes) return value;
    std::memcpy(&value, &records_[record * record_bytes_ + kTagBytes], sizeof(value));
    return value;
}

DigestTable::Key DigestTable::key_of(const Tag& tag) {
    return {load_big_endian(tag.data()), load_big_endian(&tag[8])};
}

std::uint64_t DigestTable::high(std::uint32_t record) const {
    return load_big_endian(&records_[record * record_bytes_]);
}

bool DigestTable::is_below(std::uint32_t record, const Key& key) const {
    const std::uint64_t found = high(record);
    if (found != key.high) return found < key.high;
    return load_big_endian(&records_[record * record_bytes_ + 8]) < key.low;
}

bool DigestTable::equals(std::uint32_t record, const Key& key) const {
    return high(record) == key.high &&
           load_big_endian(&records_[record * record_bytes_ + 8]) == key.low;
}

std::size_t DigestTable::slot_of(const Key& key) const {
    return bits_ == 0 ? 0 : key.high >> (64 - bits_);
}

DigestTable::Slot DigestTable::slot(std::size_t number) const {
    std::array<std::uint32_t, 2> starts{};
    std::memcpy(starts.data(), &directory_[number * 4], sizeof(starts));
    const std::uint32_t end = std::min(starts[1], count_);
    return {std::min(starts[0], end), end};
}

/// Where a record would lie if those of the slot were spread evenly.
std::uint32_t DigestTable::guess(const Slot& slot, const Key& key) const {
    const std::uint64_t fraction = (key.high << bits_) >> 32U;
    return slot.begin + static_cast<std::uint32_t>((fraction * (slot.end - slot.begin)) >> 32U);
}

RecordRange DigestTable::find_in(const Slot& slot, const Key& key) const {
    std::uint32_t begin = slot.begin;
    std::uint32_t end = slot.end;
    if (end - begin > kSteppedMax) {
        while (begin < end) {
            const std::uint32_t middle = begin + (end - begin) / 2;
            if (is_below(middle, key)) {
                begin = middle + 1;
            } else {
                end = middle;
            }
        }
    } else {
        begin = guess(slot, key);
        while (begin < end && is_below(begin, key)) ++begin;
        while (begin > slot.begin && !is_below(begin - 1, key)) --begin;
    }
    end = begin;
    while (end < slot.end && equals(end, key)) ++end;
    return {begin, end};
}

RecordRange DigestTable::find(const Tag& tag) const {
    if (count_ == 0) return {};
    const Key key = key_of(tag);
    return find_in(slot(slot_of(key)), key);
}

void DigestTable::find_batch(std::span<const Tag> tags, std::span<RecordRange> out) const {
    if (count_ == 0) {
        std::fill(out.begin(), out.end(), RecordRange{});
        return;
    }
    std::array<Slot, kRecordsAhead> slots;
    const auto fetch_slot = [&](std::size_t i) {
        if (i < tags.size()) __builtin_prefetch(&directory_[slot_of(key_of(tags[i])) * 4]);
    };
    const auto fetch_records = [&](std::size_t i) {
        if (i >= tags.size()) return;
        const Key key = key_of(tags[i]);
        const Slot found = slot(slot_of(key));
        slots[i % kRecordsAhead] = found;
        if (found.begin == found.end) return;
        __builtin_prefetch(&records_[guess(found, key) * record_bytes_]);
    };
    for (std::size_t i = 0; i < kSlotsAhead; ++i) fetch_slot(i);
    for (std::size_t i = 0; i < kRecordsAhead; ++i) fetch_records(i);
    for (std::size_t i = 0; i < tags.size(); ++i) {
        fetch_slot(i + kSlotsAhead);
        out[i] = find_in(slots[i % kRecordsAhead], key_of(tags[i]));
        fetch_records(i + kRecordsAhead);
    }
}

Status DigestTable::verify() const {
    const auto damaged = [] {
        return fail(Errc::corrupt_data, "the digest table is out of order");
    };
    if (record_bytes_ == 0) return ok();
    std::uint32_t expected = 0;
    for (std::size_t number = 0; number < std::size_t{1} << bits_; ++number) {
        std::array<std::uint32_t, 2> starts{};
        std::memcpy(starts.data(), &directory_[number * 4], sizeof(starts));
        if (starts[0] != expected || starts[1] < starts[0] || starts[1] > count_) return damaged();
        for (std::uint32_t i = starts[0]; i < starts[1]; ++i) {
            const Key key = key_of(tag(i));
            if (slot_of(key) != number) return damaged();
            if (i > 0 && !is_below(i - 1, key) && !equals(i - 1, key)) return damaged();
        }
        expected = starts[1];
    }
    return expected == count_ ? ok() : damaged();
}

Result<DigestDirectoryBuilder> DigestDirectoryBuilder::start(std::uint64_t records) {
    if (records > std::numeric_limits<std::uint32_t>::max()) {
        return fail(Errc::limit_exceeded, "{} digests are too many for one table", records);
    }
    return DigestDirectoryBuilder(records);
}

DigestDirectoryBuilder::DigestDirectoryBuilder(std::uint64_t records)
    : starts_((std::size_t{1} << directory_bits(records)) + 1),
      records_(records),
      bits_(directory_bits(records)) {}

Status DigestDirectoryBuilder::add(const Tag& tag) {
    if (added_ == records_ || (added_ > 0 && tag < last_)) {
        return fail(Errc::invalid_argument, "digest record {} is not expected there", added_);
    }
    const std::size_t slot = bits_ == 0 ? 0 : load_big_endian(tag.data()) >> (64 - bits_);
    // starts_[slot] is already right when the slot has begun; 0 begins at 0.
    while (slots_begun_ < slot) starts_[++slots_begun_] = static_cast<std::uint32_t>(added_);
    last_ = tag;
    ++added_;
    return ok();
}

Result<std::vector<std::uint32_t>> DigestDirectoryBuilder::finish() {
    if (added_ != records_) {
        return fail(Errc::invalid_argument, "{} digest records, not {}", added_, records_);
    }
    while (slots_begun_ + 1 < starts_.size()) {
        starts_[++slots_begun_] = static_cast<std::uint32_t>(added_);
    }
    return std::move(starts_);
}

}  // namespace cairn::index
