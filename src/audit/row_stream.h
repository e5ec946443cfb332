#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "audit/finding_list.h"
#include "audit/writer_sequences.h"
#include "base/utc_time.h"

namespace cairn::audit {

/// What the tree needs of a row.
struct RowHash {
    std::uint64_t index = 0;
    Hash hash{};                ///< recomputed from the entry
    bool stored_agrees = true;  ///< with the leaf hash in the row
};

/// The rows of a source, hashed, with a look ahead. What concerns a row alone, its time and its
/// writer's number, is checked on the way.
class RowStream {
public:
    RowStream(LogSource& source, const LogVerifierOptions& options, FindingList& findings);

    /// The row `ahead` places behind the next one; null behind the last. Valid until the next call.
    const RowHash* peek(std::size_t ahead = 0);
    void pop();

    std::uint64_t count() const { return count_; }
    /// True when the source failed: there may be more rows.
    bool failed() const { return failed_; }
    /// Logged entries that have no row.
    void note_missing(std::uint64_t entries) { writers_.note_unknown(entries); }
    /// Reports what only the end shows.
    void finish() { writers_.finish(); }

private:
    bool read_one();
    void check_marks(const LogRow& row, bool stored_agrees);

    LogSource& source_;
    const LogVerifierOptions& options_;
    FindingList& findings_;
    WriterSequences writers_;
    std::deque<RowHash> rows_;
    std::optional<UtcTime> newest_;
    std::uint64_t count_ = 0;
    bool ended_ = false;
    bool failed_ = false;
};

}  // namespace cairn::audit
