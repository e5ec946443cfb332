#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/log_verifier.h"

namespace cairn::audit {

/// Findings up to a limit; the verdict counts those beyond it too.
class FindingList {
public:
    explicit FindingList(std::size_t max) : max_(max) {}

    void add(Finding finding);
    /// About no entry in particular.
    void add(FindingKind kind, std::string text);
    /// About entries `first` to `last`.
    void add(FindingKind kind, std::uint64_t first, std::uint64_t last, std::string text);

    bool full() const { return findings_.size() >= max_; }
    Verdict verdict() const { return verdict_; }
    /// Moves everything into the report, in order of entries.
    void move_to(LogReport& report);
    /// Adds everything to what the report has.
    void add_to(LogReport& report);

private:
    std::size_t max_;
    std::vector<Finding> findings_;
    std::uint64_t left_out_ = 0;
    Verdict verdict_ = Verdict::good;
};

/// "entry 7", "entries 7 to 9".
std::string entries_text(std::uint64_t first, std::uint64_t last);

}  // namespace cairn::audit
