#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace cairn::index {

inline constexpr std::size_t kTagBytes = 16;
/// A keyed function of a digest: uniform, so that its position can be computed.
using Tag = std::array<std::uint8_t, kTagBytes>;

/// What a sorted record holds.
enum class RecordKind : unsigned char {
    tag_only,          ///< 16 bytes: the set itself is the answer
    tag_with_payload,  ///< 20 bytes: the tag, then 32 bits, little-endian
};
std::size_t record_bytes(RecordKind kind);

/// The directory over so many records has 2^bits + 1 starts of 32 bits, 8 to 16 records a slot.
unsigned directory_bits(std::uint64_t records);
/// The length of the directory over so many records.
std::uint64_t directory_bytes(std::uint64_t records);

/// The records with one tag: [begin, end), empty where the tag is not in the table.
struct RecordRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool empty() const { return begin == end; }
    bool operator==(const RecordRange&) const = default;
};

/// Looks tags up in sorted records. A view: borrows the bytes, may be copied; any number of
/// threads. Contents are not trusted: damaged tables give wrong answers, never a read outside
/// them, never more than O(log n) steps.
class DigestTable {
public:
    /// An empty table.
    DigestTable() = default;

    /// Checks lengths only, O(1): `directory` is directory_bytes() of the records long.
    static Result<DigestTable> open(RecordKind kind, Bytes records, Bytes directory);

    std::uint32_t size() const { return count_; }
    Tag tag(std::uint32_t record) const;
    /// 0 in a table without payload.
    std::uint32_t payload(std::uint32_t record) const;

    /// About two cache misses.
    RecordRange find(const Tag& tag) const;
    bool contains(const Tag& tag) const { return !find(tag).empty(); }

    /// find() for each of `tags` into `out`, of the same length, with the misses overlapped.
    void find_batch(std::span<const Tag> tags, std::span<RecordRange> out) const;

    /// Checks every record and slot: corrupt_data where tags are out of order or in a wrong slot.
    Status verify() const;

private:
    struct Slot {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };
    struct Key {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
    };

    DigestTable(RecordKind kind, Bytes records, Bytes directory);

    static Key key_of(const Tag& tag);
    std::uint64_t high(std::uint32_t record) const;
    bool is_below(std::uint32_t record, const Key& key) const;
    bool equals(std::uint32_t record, const Key& key) const;
    std::size_t slot_of(const Key& key) const;
    Slot slot(std::size_t number) const;
    std::uint32_t guess(const Slot& slot, const Key& key) const;
    RecordRange find_in(const Slot& slot, const Key& key) const;

    Bytes records_;
    Bytes directory_;
    std::size_t record_bytes_ = 0;
    std::uint32_t count_ = 0;
    unsigned bits_ = 0;
};

/// Builds the directory from the sorted tags, one after another.
class DigestDirectoryBuilder {
public:
    /// `records`: how many tags will be added; at most 2^32 - 1, else limit_exceeded.
    static Result<DigestDirectoryBuilder> start(std::uint64_t records);

    /// Tags come in ascending order; equal ones may follow each other.
    Status add(const Tag& tag);
    /// The directory; invalid_argument when another number of tags was added than announced.
    Result<std::vector<std::uint32_t>> finish();

private:
    explicit DigestDirectoryBuilder(std::uint64_t records);

    std::vector<std::uint32_t> starts_;
    std::uint64_t records_ = 0;
    std::uint64_t added_ = 0;
    std::size_t slots_begun_ = 0;
    unsigned bits_ = 0;
    Tag last_{};
};

}  // namespace cairn::index
