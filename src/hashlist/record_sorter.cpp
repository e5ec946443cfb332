#include "hashlist/record_sorter.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace cairn::hashlist {
namespace {

constexpr std::size_t kBlockBytesAbout = 128U << 10U;

int compare(Bytes a, Bytes b) {
    return std::memcmp(a.data(), b.data(), a.size());
}

/// The first eight bytes of the key as a number that compares alike: decides nearly always.
std::uint64_t prefix_of(Bytes key) {
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < sizeof(prefix); ++i) {
        prefix = prefix << 8U | (i < key.size() ? key[i] : 0U);
    }
    return prefix;
}

Result<Fd> make_unlinked_file(const std::string& folder) {
    std::string path = folder + "/.spill.XXXXXX";
    Fd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd) {
        return fail(Errc::io, "{}: cannot make a temporary file: {}", folder, errno_text(errno));
    }
    ::unlink(path.c_str());
    return fd;
}

}  // namespace

/// Walks one sorted run.
class RecordSorter::Cursor {
public:
    Cursor(const RecordSorter& sorter, Run run)
        : sorter_(sorter), run_(run), block_(sorter.block_bytes_) {}

    /// Moves to the next record; false at the end of the run.
    Result<bool> advance() {
        at_ += sorter_.options_.record_bytes;
        if (at_ < filled_) return true;
        at_ = 0;
        filled_ = CAIRN_TRY(sorter_.read_block(run_, done_, block_));
        done_ += filled_;
        return filled_ > 0;
    }

    Bytes record() const { return Bytes(block_).subspan(at_, sorter_.options_.record_bytes); }

private:
    const RecordSorter& sorter_;
    Run run_;
    ByteVector block_;
    std::size_t at_ = 0;
    std::size_t filled_ = 0;
    std::uint64_t done_ = 0;
};

RecordSorter::RecordSorter(Options options)
    : options_(std::move(options)),
      block_bytes_(kBlockBytesAbout / options_.record_bytes * options_.record_bytes),
      pad_key_(crypto::SecretKey::random()) {
    if (options_.key_bytes == 0) options_.key_bytes = options_.record_bytes;
    options_.run_bytes = std::max(options_.run_bytes, block_bytes_);
}

bool RecordSorter::less(Bytes a, Bytes b) const {
    const auto key = [&](Bytes record) {
        return record.subspan(options_.key_offset, options_.key_bytes);
    };
    const int by_key = compare(key(a), key(b));
    return by_key != 0 ? by_key < 0 : compare(a, b) < 0;
}

Bytes RecordSorter::record_at(std::uint32_t index) const {
    return Bytes(buffer_).subspan(index * options_.record_bytes, options_.record_bytes);
}

Status RecordSorter::add(Bytes record) {
    if (sealed_ || record.size() != options_.record_bytes) {
        return fail(Errc::internal, "record of {} bytes cannot be sorted now", record.size());
    }
    if (buffer_.size() + record.size() > options_.run_bytes) CAIRN_TRY(spill());
    if (buffer_.capacity() < options_.run_bytes && buffer_.size() == buffer_.capacity()) {
        const std::size_t wanted = std::max<std::size_t>(2 * buffer_.capacity(), 64U << 10U);
        buffer_.reserve(std::min(wanted, options_.run_bytes));
    }
    buffer_.insert(buffer_.end(), record.begin(), record.end());
    ++count_;
    return ok();
}

void RecordSorter::sort_buffer() {
    const std::size_t records = buffer_.size() / options_.record_bytes;
    order_.resize(records);
    for (std::size_t i = 0; i < records; ++i) {
        const auto index = static_cast<std::uint32_t>(i);
        order_[i] = {
            prefix_of(record_at(index).subspan(options_.key_offset, options_.key_bytes)), index};
    }
    std::sort(order_.begin(), order_.end(), [&](const Item& a, const Item& b) {
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        return less(record_at(a.index), record_at(b.index));
    });
}

/// One-time pad from the offset in the spill file: no byte of it is used twice.
void RecordSorter::apply_pad(std::uint64_t offset, MutableBytes block) const {
    const ByteVector pad =
        crypto::expand(pad_key_.derive(fmt::format("spill {}", offset)), block.size());
    for (std::size_t i = 0; i < block.size(); ++i) block[i] ^= pad[i];
}

Status RecordSorter::write_block(MutableBytes block) {
    apply_pad(spilled_bytes_, block);
    CAIRN_TRY(write_all(spill_file_.get(), block));
    spilled_bytes_ += block.size();
    return ok();
}

Status RecordSorter::spill() {
    if (!spill_file_) spill_file_ = CAIRN_TRY(make_unlinked_file(options_.folder));
    sort_buffer();
    const Run run{spilled_bytes_, buffer_.size()};
    ByteVector block;
    block.reserve(block_bytes_);
    for (const Item& item : order_) {
        const Bytes record = record_at(item.index);
        block.insert(block.end(), record.begin(), record.end());
        if (block.size() < block_bytes_) continue;
        CAIRN_TRY(write_block(block));
        block.clear();
    }
    if (!block.empty()) CAIRN_TRY(write_block(block));
    runs_.push_back(run);
    buffer_.clear();
    return ok();
}

Result<std::size_t> RecordSorter::read_block(const Run& run, std::uint64_t done, MutableBytes out)
    const {
    const auto left = run.bytes - done;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size()));
    const MutableBytes block = out.first(wanted);
    const std::size_t got = CAIRN_TRY(read_at(spill_file_.get(), run.offset + done, block));
    if (got != wanted) return fail(Errc::io, "temporary file is shorter than written");
    if (wanted > 0) apply_pad(run.offset + done, block);
    return wanted;
}

Status RecordSorter::merge(const Visitor& visit) {
    std::vector<Cursor> cursors;
    cursors.reserve(runs_.size());
    std::vector<std::size_t> heap;
    for (const Run& run : runs_) {
        cursors.emplace_back(*this, run);
        const bool any = CAIRN_TRY(cursors.back().advance());
        if (any) heap.push_back(cursors.size() - 1);
    }
    const auto later = [&](std::size_t a, std::size_t b) {
        return less(cursors[b].record(), cursors[a].record());
    };
    std::make_heap(heap.begin(), heap.end(), later);
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), later);
        Cursor& cursor = cursors[heap.back()];
        CAIRN_TRY(visit(cursor.record()));
        const bool more = CAIRN_TRY(cursor.advance());
        if (more) {
            std::push_heap(heap.begin(), heap.end(), later);
        } else {
            heap.pop_back();
        }
    }
    return ok();
}

Status RecordSorter::for_each(const Visitor& visit) {
    if (!sealed_) {
        sealed_ = true;
        if (runs_.empty()) {
            sort_buffer();
        } else {
            if (!buffer_.empty()) CAIRN_TRY(spill());
            buffer_ = {};
            order_ = {};
        }
    }
    if (!runs_.empty()) return merge(visit);
    for (const Item& item : order_) CAIRN_TRY(visit(record_at(item.index)));
    return ok();
}

}  // namespace cairn::hashlist
