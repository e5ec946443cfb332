#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "crypto/secret.h"

namespace cairn::hashlist {

/// Sorts any number of fixed-size records in bounded memory: runs that do not fit go to an
/// unlinked temporary file in `folder`, encrypted under a key that exists only in this object, so
/// that nothing readable outlives the process. Order: the key bytes, then the whole record.
class RecordSorter {
public:
    struct Options {
        std::string folder;
        std::size_t record_bytes;
        std::size_t key_offset = 0;
        std::size_t key_bytes = 0;  ///< 0: the whole record
        std::size_t run_bytes = std::size_t{64} << 20U;
    };
    using Visitor = std::function<Status(Bytes)>;

    explicit RecordSorter(Options options);

    Status add(Bytes record);
    /// Gives every record in order; may be called again. Nothing can be added afterwards.
    Status for_each(const Visitor& visit);
    std::uint64_t count() const { return count_; }

private:
    struct Item {
        std::uint64_t prefix;
        std::uint32_t index;
    };
    struct Run {
        std::uint64_t offset;
        std::uint64_t bytes;
    };
    class Cursor;

    bool less(Bytes a, Bytes b) const;
    Bytes record_at(std::uint32_t index) const;
    void sort_buffer();
    Status spill();
    Status write_block(MutableBytes block);
    Result<std::size_t> read_block(const Run& run, std::uint64_t done, MutableBytes out) const;
    void apply_pad(std::uint64_t offset, MutableBytes block) const;
    Status merge(const Visitor& visit);

    Options options_;
    std::size_t block_bytes_;
    crypto::SecretKey pad_key_;
    ByteVector buffer_;
    std::vector<Item> order_;
    std::vector<Run> runs_;
    Fd spill_file_;
    std::uint64_t spilled_bytes_ = 0;
    std::uint64_t count_ = 0;
    bool sealed_ = false;
};

}  // namespace cairn::hashlist
