#include "audit/writer_sequences.h"

#include "base/text.h"

namespace cairn::audit {
namespace {

/// A writer is one run of a server process.
constexpr std::size_t kWritersMax = 100'000;
constexpr std::size_t kGapsMax = 100'000;

}  // namespace

void WriterSequences::note(std::string_view writer, std::uint64_t sequence, std::uint64_t entry) {
    Writer* known = find(writer, sequence);
    if (known == nullptr) return;
    if (sequence == known->next) {
        ++known->next;
    } else if (sequence > known->next) {
        open_gap(*known, sequence, entry);
        known->next = sequence + 1;
    } else if (!fill_gap(*known, sequence) && sequence >= known->begin) {
        findings_.add(
            FindingKind::writer_repeated,
            entry,
            entry,
            fmt::format(
                "entry {}: number {} of writer {} was used before",
                entry,
                sequence,
                printable(writer)
            )
        );
    }
}

WriterSequences::Writer* WriterSequences::find(std::string_view name, std::uint64_t sequence) {
    if (last_ != nullptr && name == last_name_) return last_;
    auto found = writers_.find(name);
    if (found == writers_.end()) {
        if (writers_.size() == kWritersMax) {
            over_limit();
            return nullptr;
        }
        const std::uint64_t begin = from_start_ ? 0 : sequence;
        found = writers_.emplace(std::string(name), Writer{begin, begin, {}}).first;
    }
    last_name_ = found->first;  // elements of the map stay where they are
    last_ = &found->second;
    return last_;
}

void WriterSequences::open_gap(Writer& writer, std::uint64_t sequence, std::uint64_t entry) {
    if (gaps_ == kGapsMax) {
        over_limit();
        return;
    }
    ++gaps_;
    writer.gaps.emplace(writer.next, Gap{sequence - 1, entry});
}

bool WriterSequences::fill_gap(Writer& writer, std::uint64_t sequence) {
    auto found = writer.gaps.upper_bound(sequence);
    if (found == writer.gaps.begin()) return false;
    --found;
    const std::uint64_t first = found->first;
    const Gap gap = found->second;
    if (sequence > gap.last) return false;
    writer.gaps.erase(found);
    --gaps_;
    if (first < sequence) {
        writer.gaps.emplace(first, Gap{sequence - 1, gap.entry});
        ++gaps_;
    }
    if (sequence < gap.last) {
        writer.gaps.emplace(sequence + 1, gap);
        ++gaps_;
    }
    return true;
}

void WriterSequences::over_limit() {
    if (limited_) return;
    limited_ = true;
    findings_.add(
        FindingKind::not_verified,
        fmt::format(
            "more than {} writers or {} gaps in their numbers: not all numbers were checked",
            kWritersMax,
            kGapsMax
        )
    );
}

void WriterSequences::finish() {
    const std::string why =
        unknown_ == 0 ? "acts were removed before they were logged"
                      : "they are among the entries that are missing, altered or unreadable, or "
                        "were removed before they were logged";
    for (const auto& [name, writer] : writers_) {
        for (const auto& [first, gap] : writer.gaps) {
            findings_.add(
                FindingKind::writer_gap,
                gap.entry,
                gap.entry,
                fmt::format(
                    "before entry {}: numbers {} to {} of writer {} are missing: {}",
                    gap.entry,
                    first,
                    gap.last,
                    printable(name),
                    why
                )
            );
        }
    }
}

}  // namespace cairn::audit
