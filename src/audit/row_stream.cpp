#include "audit/row_stream.h"

#include "audit/entry.h"

namespace cairn::audit {

RowStream::RowStream(LogSource& source, const LogVerifierOptions& options, FindingList& findings)
    : source_(source),
      options_(options),
      findings_(findings),
      writers_(options.first_index == 0, findings) {}

const RowHash* RowStream::peek(std::size_t ahead) {
    while (rows_.size() <= ahead) {
        if (ended_ || !read_one()) return nullptr;
    }
    return &rows_[ahead];
}

void RowStream::pop() {
    rows_.pop_front();
}

bool RowStream::read_one() {
    const auto row = source_.next_row();
    ended_ = !row || !*row;
    if (!row) {
        failed_ = true;
        findings_.add(
            FindingKind::not_verified,
            fmt::format("rows behind the first {} cannot be read: {}", count_, row.error().message)
        );
    }
    if (ended_) return false;
    ++count_;
    const LogRow& read = **row;
    const Hash hash = leaf_hash(read.entry);
    const bool agrees = !read.leaf_hash || hash == *read.leaf_hash;
    rows_.push_back({read.index, hash, agrees});
    check_marks(read, agrees);
    return true;
}

void RowStream::check_marks(const LogRow& row, bool stored_agrees) {
    const auto marks = read_marks(row.entry);
    if (!marks) writers_.note_unknown(1);
    if (!marks && !stored_agrees) return;  // the alteration will be reported
    if (!marks) {
        findings_.add(
            FindingKind::entry_unreadable,
            row.index,
            row.index,
            fmt::format("entry {}: {}", row.index, marks.error().message)
        );
        return;
    }
    writers_.note(marks->writer, marks->writer_sequence, row.index);
    if (newest_ && *newest_ - marks->time > options_.backwards_max) {
        findings_.add(
            FindingKind::time_backwards,
            row.index,
            row.index,
            fmt::format(
                "entry {}: its time is {} before that of an earlier entry; was the clock set back?",
                row.index,
                human_duration(
                    std::chrono::duration_cast<std::chrono::milliseconds>(*newest_ - marks->time)
                )
            )
        );
    }
    if (!newest_ || *newest_ < marks->time) newest_ = marks->time;
}

}  // namespace cairn::audit
