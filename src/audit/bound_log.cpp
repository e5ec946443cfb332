#include "audit/bound_log.h"

#include "audit/entry.h"
#include "audit/head_binding.h"
#include "base/text.h"

namespace cairn::audit {
namespace {

/// As canonical JSON spells it: the cheap question that nearly all rows answer with no.
constexpr std::string_view kMark = "\"op\":\"audit.bind\"";

std::optional<Hash> bound_root(Bytes bytes) {
    if (as_text(bytes).find(kMark) == std::string_view::npos) return std::nullopt;
    const auto entry = parse_entry(bytes);
    if (!entry || entry->operation != kBindOperation) return std::nullopt;
    const auto* ids = std::get_if<std::vector<std::string>>(&entry->objects);
    if (ids == nullptr || ids->size() != 1) return std::nullopt;
    return parse_bind_object(ids->front());
}

}  // namespace

/// An agency's log, open for comparison.
struct BoundLog::BoundOne {
    std::unique_ptr<StoredLog> log;  ///< null: it is not there
    std::uint64_t size = 0;
    std::unique_ptr<TileHashReader> reader;
};

BoundLog::BoundLog(StoredLog& log, LogPlace& place, std::size_t findings_max)
    : log_(log), place_(place), findings_(findings_max) {}

BoundLog::~BoundLog() = default;

Result<std::optional<LogRow>> BoundLog::next_row() {
    auto row = log_.next_row();
    if (row && *row) check(**row);
    return row;
}

void BoundLog::check(const LogRow& row) {
    const auto root = bound_root(row.entry);
    if (!root) return;
    auto binding = log_.next_binding(row.index);
    if (!binding) {
        findings_.add(FindingKind::not_verified, row.index, row.index, binding.error().message);
    } else if (*binding && (*binding)->place == row.index) {
        check_binding(row.index, *root, **binding);
    } else {
        findings_.add(
            FindingKind::binding_missing,
            row.index,
            row.index,
            fmt::format("entry {}: what it bound of the agencies' logs is gone", row.index)
        );
    }
}

void BoundLog::check_binding(std::uint64_t index, const Hash& root, Binding& binding) {
    for (Checkpoint& head : binding.changed) {
        check_head(index, head);
        heads_[head.origin] = head.head;
    }
    std::vector<Checkpoint> heads;
    for (const auto& [origin, head] : heads_) heads.push_back({origin, head});
    if (HeadBinding(std::move(heads), binding.secret).root() == root) return;
    findings_.add(
        FindingKind::binding_differs,
        index,
        index,
        fmt::format(
            "entry {}: the record of what it bound of the agencies' logs was altered", index
        )
    );
}

void BoundLog::check_head(std::uint64_t index, const Checkpoint& head) {
    const auto differs = [&](std::string_view why) {
        findings_.add(
            FindingKind::binding_differs,
            index,
            index,
            fmt::format(
                "entry {} bound the log {} with {} entries: {}",
                index,
                printable(head.origin),
                head.head.size,
                why
            )
        );
    };
    BoundOne& bound = opened(head.origin);
    if (!bound.log) return differs("that log is not here");
    if (bound.size < head.head.size) {
        return differs(fmt::format("it has {} now: cut off, or restored", bound.size));
    }
    const auto root = root_at(*bound.reader, head.head.size);
    if (!root) return differs(root.error().message);
    if (*root != head.head.root) differs("its entries up to there are others now");
}

BoundLog::BoundOne& BoundLog::opened(const std::string& origin) {
    std::unique_ptr<BoundOne>& bound = logs_[origin];
    if (bound) return *bound;
    bound = std::make_unique<BoundOne>();
    auto log = place_.log(origin);
    if (!log) return *bound;
    bound->log = *std::move(log);
    const auto size = bound->log->tree_size();
    bound->size = size ? *size : 0;
    bound->reader = std::make_unique<TileHashReader>(*bound->log, bound->size);
    return *bound;
}

void BoundLog::add_to(LogReport& report) {
    findings_.add_to(report);
}

}  // namespace cairn::audit
