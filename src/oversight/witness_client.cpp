#include "oversight/witness_client.h"

#include "audit/audit_log.h"
#include "audit/lines.h"
#include "audit/log_records.h"
#include "audit/witness_memory.h"
#include "base/text.h"

namespace cairn::oversight {
namespace {

constexpr std::string_view kContentType = "text/plain; charset=utf-8";
constexpr std::size_t kShownBytesMax = 200;
constexpr int kDone = 200;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;

Result<std::uint64_t> size_of_note(const std::string& text) {
    const audit::SignedNote note = CAIRN_TRY(audit::parse_note(text));
    const audit::Checkpoint checkpoint = CAIRN_TRY(audit::parse_checkpoint(note.text));
    return checkpoint.head.size;
}

/// One witness being asked about one log.
class Question {
public:
    Question(
        db::Database& records, audit::StoredLog& log, const Witness& witness, const Clock& clock
    )
        : records_(records), log_(log), witness_(witness), clock_(clock) {}

    /// The size of the checkpoint that it cosigned.
    Result<std::uint64_t> ask(fetch::WebClient& web) {
        std::uint64_t old_size = 0;
        const auto before = CAIRN_TRY(log_.cosigned_by(witness_.key));
        if (before) old_size = CAIRN_TRY(size_of_note(*before));
        const std::string request = CAIRN_TRY(request_from(old_size));
        const fetch::Answer answer = CAIRN_TRY(post(web, request));
        if (answer.status != kConflict) return accept(request, answer);
        // It remembers another size than was noted here, and says which.
        const auto remembered = size_in(answer.body);
        if (!remembered) return accept(request, answer);
        const std::string second = CAIRN_TRY(request_from(*remembered));
        const fetch::Answer last = CAIRN_TRY(post(web, second));
        return accept(second, last);
    }

private:
    static std::optional<std::uint64_t> size_in(std::string_view body) {
        if (!body.ends_with('\n')) return std::nullopt;
        const auto size = audit::parse_decimal(body.substr(0, body.size() - 1));
        return size ? std::optional(*size) : std::nullopt;
    }

    /// For the newest checkpoint at this moment: another server may have brought one meanwhile.
    Result<std::string> request_from(std::uint64_t old_size) {
        const audit::LatestNotes notes = CAIRN_TRY(log_.latest_notes());
        if (!notes.last) return fail(Errc::not_found, "nothing of the log is signed yet");
        const auto request = CAIRN_TRY(audit::make_request(log_, *notes.last, old_size));
        return audit::format_add_checkpoint(request);
    }

    Result<fetch::Answer> post(fetch::WebClient& web, const std::string& request) const {
        return web.post(witness_.address + "/add-checkpoint", kContentType, request);
    }

    Result<std::uint64_t> accept(const std::string& request, const fetch::Answer& answer) {
        if (answer.status != kDone) return refused(answer);
        const auto accepted =
            CAIRN_TRY(audit::check_answer(request, answer.body, witness_.key, clock_.now()));
        CAIRN_TRY(audit::add_cosignature(records_, accepted.checkpoint, accepted.cosignature));
        return accepted.checkpoint.head.size;
    }

    static Error refused(const fetch::Answer& answer) {
        const std::string said = printable(answer.body.substr(0, kShownBytesMax));
        switch (answer.status) {
            case kForbidden:
                return fail(
                    Errc::permission_denied,
                    "it does not accept the log's signature ({}); give it the log's public key",
                    said
                );
            case kNotFound:
                return fail(
                    Errc::not_found,
                    "it does not follow this log ({}); ask it to, or correct its address",
                    said
                );
            case kConflict:
                return fail(
                    Errc::conflict,
                    "it remembers another history of the log ({}); run cairn audit verify, and "
                    "compare the checkpoints with it",
                    said
                );
            default:
                return fail(Errc::unavailable, "it answered {} ({})", answer.status, said);
        }
    }

    db::Database& records_;
    audit::StoredLog& log_;
    const Witness& witness_;
    const Clock& clock_;
};

}  // namespace

Result<std::vector<WitnessReport>> refresh_witnesses(
    db::Database& records,
    const std::string& origin,
    std::span<const Witness> witnesses,
    fetch::WebClient& web,
    const Clock& clock
) {
    const auto log = CAIRN_TRY(audit::open_stored_log(records, origin));
    const audit::LatestNotes notes = CAIRN_TRY(log->latest_notes());
    if (!notes.last) return fail(Errc::not_found, "nothing of the log is signed yet");
    std::vector<WitnessReport> reports;
    for (const Witness& witness : witnesses) {
        const auto size = Question(records, *log, witness, clock).ask(web);
        WitnessReport report{.name = witness.key.name(), .outcome = ok(), .size = 0};
        if (size) {
            report.size = *size;
        } else {
            report.outcome = Error(size.error()).with_context("witness " + report.name);
        }
        reports.push_back(std::move(report));
    }
    return reports;
}

}  // namespace cairn::oversight
