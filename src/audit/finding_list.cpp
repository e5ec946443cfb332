#include "audit/finding_list.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace cairn::audit {
namespace {

struct KindRow {
    FindingKind kind;
    std::string_view name;
    Verdict verdict;
};

constexpr KindRow kKinds[] = {
    {FindingKind::entry_altered, "entry_altered", Verdict::tampered},
    {FindingKind::entry_missing, "entry_missing", Verdict::tampered},
    {FindingKind::entry_inserted, "entry_inserted", Verdict::tampered},
    {FindingKind::entries_swapped, "entries_swapped", Verdict::tampered},
    {FindingKind::entry_moved, "entry_moved", Verdict::tampered},
    {FindingKind::leaf_hash_altered, "leaf_hash_altered", Verdict::tampered},
    {FindingKind::entries_rewritten, "entries_rewritten", Verdict::tampered},
    {FindingKind::log_truncated, "log_truncated", Verdict::tampered},
    {FindingKind::tile_altered, "tile_altered", Verdict::tampered},
    {FindingKind::tile_missing, "tile_missing", Verdict::tampered},
    {FindingKind::root_differs, "root_differs", Verdict::tampered},
    {FindingKind::checkpoint_conflict, "checkpoint_conflict", Verdict::tampered},
    {FindingKind::checkpoint_malformed, "checkpoint_malformed", Verdict::tampered},
    {FindingKind::signature_wrong, "signature_wrong", Verdict::tampered},
    {FindingKind::cosignature_missing, "cosignature_missing", Verdict::tampered},
    {FindingKind::cosignature_ahead, "cosignature_ahead", Verdict::incomplete},
    {FindingKind::binding_differs, "binding_differs", Verdict::tampered},
    {FindingKind::binding_missing, "binding_missing", Verdict::tampered},
    {FindingKind::writer_gap, "writer_gap", Verdict::tampered},
    {FindingKind::writer_repeated, "writer_repeated", Verdict::tampered},
    {FindingKind::time_backwards, "time_backwards", Verdict::good},
    {FindingKind::entry_unreadable, "entry_unreadable", Verdict::good},
    {FindingKind::not_verified, "not_verified", Verdict::incomplete},
};

const KindRow& row_of(FindingKind kind) {
    return *std::ranges::find(kKinds, kind, &KindRow::kind);
}

std::uint64_t place_of(const Finding& finding) {
    return finding.first.value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

std::string_view name_of(FindingKind kind) {
    return row_of(kind).name;
}

Verdict verdict_of(FindingKind kind) {
    return row_of(kind).verdict;
}

void FindingList::add(Finding finding) {
    verdict_ = std::max(verdict_, verdict_of(finding.kind));
    if (full()) {
        ++left_out_;
    } else {
        findings_.push_back(std::move(finding));
    }
}

void FindingList::add(FindingKind kind, std::string text) {
    add({kind, std::nullopt, std::nullopt, std::nullopt, std::move(text)});
}

void FindingList::add(FindingKind kind, std::uint64_t first, std::uint64_t last, std::string text) {
    add({kind, first, last, std::nullopt, std::move(text)});
}

void FindingList::move_to(LogReport& report) {
    std::ranges::stable_sort(findings_, {}, place_of);
    report.verdict = verdict_;
    report.findings = std::move(findings_);
    report.findings_left_out = left_out_;
}

void FindingList::add_to(LogReport& report) {
    report.verdict = std::max(report.verdict, verdict_);
    report.findings_left_out += left_out_;
    std::ranges::move(findings_, std::back_inserter(report.findings));
    findings_.clear();
    std::ranges::stable_sort(report.findings, {}, place_of);
}

std::string entries_text(std::uint64_t first, std::uint64_t last) {
    return first == last ? fmt::format("entry {}", first)
                         : fmt::format("entries {} to {}", first, last);
}

}  // namespace cairn::audit
