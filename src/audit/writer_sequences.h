#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "audit/finding_list.h"

namespace cairn::audit {

/// Checks that each writer's numbers come without gap and once. Numbers may come a little out of
/// order, as concurrent acts commit: only what is missing at the end is a gap. Memory grows with
/// writers and open gaps, both bounded.
class WriterSequences {
public:
    /// `from_start`: the log is read from its first entry, so writers begin at 0.
    WriterSequences(bool from_start, FindingList& findings)
        : from_start_(from_start), findings_(findings) {}

    void note(std::string_view writer, std::uint64_t sequence, std::uint64_t entry);
    /// Entries whose writers cannot be told: they may explain gaps.
    void note_unknown(std::uint64_t entries) { unknown_ += entries; }
    /// Reports gaps that nobody filled.
    void finish();

private:
    struct Gap {
        std::uint64_t last = 0;   ///< number
        std::uint64_t entry = 0;  ///< which entry came next
    };
    struct Writer {
        std::uint64_t next = 0;
        std::uint64_t begin = 0;            ///< numbers below are not known
        std::map<std::uint64_t, Gap> gaps;  ///< by first missing number
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    Writer* find(std::string_view name, std::uint64_t sequence);
    void open_gap(Writer& writer, std::uint64_t sequence, std::uint64_t entry);
    /// False when `sequence` is in no gap.
    bool fill_gap(Writer& writer, std::uint64_t sequence);
    void over_limit();

    bool from_start_;
    FindingList& findings_;
    std::unordered_map<std::string, Writer, TextHash, std::equal_to<>> writers_;
    std::string_view last_name_;  ///< of the writer of the entry before: mostly the same
    Writer* last_ = nullptr;
    std::size_t gaps_ = 0;
    std::uint64_t unknown_ = 0;
    bool limited_ = false;
};

}  // namespace cairn::audit
