#include "audit/witness_request.h"

#include <algorithm>

#include "audit/lines.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kOld = "old ";
constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kSize = "text/x.tlog.size";

Error malformed(std::string_view why) {
    return fail(Errc::corrupt_data, "not an add-checkpoint request: {}", why);
}

WitnessAnswer refusal(int status, std::string_view why) {
    return {status, std::string(kPlain), fmt::format("{}\n", why), std::nullopt, std::nullopt};
}

/// The parts of a request that is well formed.
struct Request {
    AddCheckpoint body;
    SignedNote note;
    Checkpoint checkpoint;
};

Result<Request> parse_request(std::string_view body) {
    Request request;
    request.body = CAIRN_TRY(parse_add_checkpoint(body));
    request.note = CAIRN_TRY(parse_note(request.body.note));
    request.checkpoint = CAIRN_TRY(parse_checkpoint(request.note.text));
    return request;
}

/// What the log proves of a request whose signature holds.
WitnessAnswer judge(
    const Request& request, const WitnessedLog& log, const Cosigner& cosigner, std::uint64_t time_s
) {
    const TreeHead& head = request.checkpoint.head;
    const std::uint64_t old_size = request.body.old_size;
    if (old_size > head.size) {
        return refusal(400, "the old size is over the size of the checkpoint");
    }
    if (old_size != log.latest.size) {
        const std::string size = fmt::format("{}\n", log.latest.size);
        return {409, std::string(kSize), size, std::nullopt, std::nullopt};
    }
    const WitnessedCheckpoint witnessed{request.checkpoint, request.body.note};
    if (head.size == log.latest.size && head.root != log.latest.root) {
        WitnessAnswer answer = refusal(409, "another root was cosigned at this size");
        answer.suspicious = witnessed;
        return answer;
    }
    if (const Status proof = verify_consistency(log.latest, head, request.body.proof); !proof) {
        WitnessAnswer answer = refusal(422, proof.error().message);
        answer.suspicious = witnessed;
        return answer;
    }
    const NoteSignature cosignature =
        cosign_note(request.note.text, cosigner.name, cosigner.key, time_s);
    return {200, std::string(kPlain), format_signature_line(cosignature), witnessed, std::nullopt};
}

}  // namespace

std::string format_add_checkpoint(const AddCheckpoint& request) {
    std::string body = fmt::format("{}{}\n", kOld, request.old_size);
    for (const Hash& hash : request.proof) body += crypto::base64_encode(hash) + '\n';
    return body + '\n' + request.note;
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
    if (body.size() > kWitnessRequestBytesMax) {
        return fail(
            Errc::limit_exceeded, "add-checkpoint request is over {} bytes", kWitnessRequestBytesMax
        );
    }
    LineReader lines(body);
    const auto first = lines.next();
    if (!first || !first->starts_with(kOld)) return malformed("the line \"old ...\" is missing");
    const auto old_size = parse_decimal(first->substr(kOld.size()));
    if (!old_size) return malformed(old_size.error().message);
    AddCheckpoint request;
    request.old_size = *old_size;
    request.proof = CAIRN_TRY(read_proof_lines(lines));
    request.note = lines.rest();
    return request;
}

WitnessAnswer answer_add_checkpoint(
    std::string_view body,
    std::span<const WitnessedLog> logs,
    const Cosigner& cosigner,
    std::uint64_t time_s
) {
    const auto request = parse_request(body);
    if (!request) return refusal(400, request.error().message);
    const auto log = std::ranges::find(logs, request->checkpoint.origin, &WitnessedLog::origin);
    if (log == logs.end()) return refusal(404, "this witness does not follow a log of this origin");
    if (const auto verified = verify_note(request->note, log->keys); !verified) {
        return refusal(403, verified.error().message);
    }
    return judge(*request, *log, cosigner, time_s);
}

}  // namespace cairn::audit
