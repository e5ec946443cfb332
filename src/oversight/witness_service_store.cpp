#include <algorithm>

#include "oversight/witness_service.h"

namespace cairn::oversight {

WitnessService::WitnessService(
    db::Database& records,
    const std::vector<audit::VerifierKey>& followed,
    audit::Cosigner cosigner,
    const Clock& clock
)
    : records_(records), cosigner_(std::move(cosigner)), clock_(clock) {
    for (const audit::VerifierKey& key : followed) {
        auto log = std::ranges::find(followed_, key.name(), &audit::WitnessedLog::origin);
        if (log == followed_.end()) {
            log = followed_.insert(log, {.origin = key.name(), .keys = {}, .latest = {}});
        }
        log->keys.push_back(key);
    }
}

Result<audit::WitnessAnswer> WitnessService::add_checkpoint(std::string_view body) {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
    const auto time_s = static_cast<std::uint64_t>(now.time_since_epoch().count());
    audit::WitnessAnswer answer;
    // Compare and set: both are in one transaction.
    CAIRN_TRY(records_.transaction([&]() -> Status {
        for (audit::WitnessedLog& log : followed_) {
            CAIRN_TRY(recall(log));
        }
        answer = audit::answer_add_checkpoint(body, followed_, cosigner_, time_s);
        if (answer.advance) CAIRN_TRY(remember(*answer.advance));
        if (answer.suspicious) CAIRN_TRY(keep(*answer.suspicious, answer.status));
        return ok();
    }));
    return answer;
}

Status WitnessService::recall(audit::WitnessedLog& log) {
    log.latest = {};
    auto query =
        CAIRN_TRY(records_.prepare("SELECT size, root FROM witnessed_log WHERE origin = ?"));
    const bool row = CAIRN_TRY(query.bind(1, log.origin).step());
    if (!row) return ok();
    const Bytes root = query.bytes(1);
    if (query.integer(0) < 0 || root.size() != audit::kHashBytes) {
        return fail(Errc::corrupt_data, "witness: what was cosigned of {} is lost", log.origin);
    }
    log.latest.size = static_cast<std::uint64_t>(query.integer(0));
    std::ranges::copy(root, log.latest.root.begin());
    return ok();
}

Status WitnessService::remember(const audit::WitnessedCheckpoint& cosigned) {
    const audit::Checkpoint& checkpoint = cosigned.checkpoint;
    auto write = CAIRN_TRY(records_.prepare(
        "INSERT INTO witnessed_log (origin, size, root, note) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root,"
        " note = excluded.note"
    ));
    write.bind(1, checkpoint.origin).bind(2, static_cast<std::int64_t>(checkpoint.head.size));
    return write.bind(3, Bytes(checkpoint.head.root)).bind(4, cosigned.note).run();
}

Status WitnessService::keep(const audit::WitnessedCheckpoint& suspicious, int status) {
    const audit::Checkpoint& checkpoint = suspicious.checkpoint;
    auto write = CAIRN_TRY(records_.prepare(
        "INSERT INTO contradicting_note (origin, size, root, note, beside, status, seen)"
        " SELECT ?1, ?2, ?3, ?4, note, ?5, ?6 FROM witnessed_log WHERE origin = ?1"
        " AND (SELECT count(*) FROM contradicting_note WHERE origin = ?1) < ?7"
        " ON CONFLICT DO NOTHING"
    ));
    write.bind(1, checkpoint.origin).bind(2, static_cast<std::int64_t>(checkpoint.head.size));
    write.bind(3, Bytes(checkpoint.head.root)).bind(4, suspicious.note);
    write.bind(5, std::int64_t{status}).bind(6, microseconds_of(clock_.now()));
    return write.bind(7, kContradictionsMax).run();
}

Result<std::vector<std::string>> WitnessService::contradictions(const std::string& origin) {
    auto query = CAIRN_TRY(
        records_.prepare("SELECT note FROM contradicting_note WHERE origin = ? ORDER BY seen, size")
    );
    query.bind(1, origin);
    std::vector<std::string> notes;
    while (CAIRN_TRY(query.step())) notes.emplace_back(query.text(0));
    return notes;
}

}  // namespace cairn::oversight
