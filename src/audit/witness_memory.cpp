#include "audit/witness_memory.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/text.h"

namespace cairn::audit {
namespace {

constexpr int kConflict = 409;

Result<Checkpoint> checkpoint_in(const std::string& text) {
    const SignedNote note = CAIRN_TRY(parse_note(text));
    return parse_checkpoint(note.text);
}

/// Held until its end: one request at a time.
Result<Fd> lock_beside(const std::string& file) {
    const std::string path = file + ".lock";
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    while (::flock(fd.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return fail(Errc::io, "{}: {}", path, errno_text(errno));
    }
    return fd;
}

/// The head last cosigned; that of no entries before the first.
Result<TreeHead> recall(const WitnessMemory& memory) {
    const auto bytes = read_file(memory.file, kNoteBytesMax);
    if (!bytes && bytes.error().code == Errc::not_found) return TreeHead{};
    if (!bytes) return bytes.error();
    auto checkpoint = checkpoint_in(std::string(as_text(*bytes)));
    if (!checkpoint) return std::move(checkpoint).error().with_context(memory.file);
    if (checkpoint->origin == memory.log.name()) return checkpoint->head;
    return fail(
        Errc::invalid_argument,
        "{}: it remembers the log {}; each log needs a file of its own",
        memory.file,
        printable(checkpoint->origin)
    );
}

Status write_note(const std::string& path, const std::string& note) {
    AtomicFile file = CAIRN_TRY(AtomicFile::create(path, 0600));
    CAIRN_TRY(file.write(as_bytes(note)));
    return file.commit();
}

/// One name for one checkpoint, so that the same one is kept once.
std::string name_for(const std::string& file, int status, const Checkpoint& checkpoint) {
    return fmt::format(
        "{}.{}-{}-{}",
        file,
        status == kConflict ? "contradiction" : "unproven",
        checkpoint.head.size,
        hex_encode(Bytes(checkpoint.head.root).first(4))
    );
}

}  // namespace

Result<RememberedAnswer> answer_from_memory(
    std::string_view request, const WitnessMemory& memory, const NamedKey& witness, UtcTime now
) {
    if (witness.type != SignatureType::cosignature_v1) {
        return fail(Errc::invalid_argument, "the key is not a witness's; make one for a witness");
    }
    const Fd lock = CAIRN_TRY(lock_beside(memory.file));
    WitnessedLog log;
    log.origin = memory.log.name();
    log.keys = {memory.log};
    log.latest = CAIRN_TRY(recall(memory));
    const auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    RememberedAnswer remembered;
    remembered.answer = answer_add_checkpoint(
        request,
        std::span(&log, 1),
        {witness.name, witness.key},
        static_cast<std::uint64_t>(std::max<std::int64_t>(now_s, 0))
    );
    const WitnessAnswer& answer = remembered.answer;
    if (answer.advance) CAIRN_TRY(write_note(memory.file, answer.advance->note));
    if (answer.suspicious) {
        remembered.kept_file = name_for(memory.file, answer.status, answer.suspicious->checkpoint);
        CAIRN_TRY(write_note(remembered.kept_file, answer.suspicious->note));
    }
    return remembered;
}

Result<AddCheckpoint> make_request(
    TileSource& log, const std::string& note, std::uint64_t old_size
) {
    const Checkpoint checkpoint = CAIRN_TRY(checkpoint_in(note));
    const std::uint64_t size = checkpoint.head.size;
    if (old_size > size) {
        return fail(
            Errc::corrupt_data,
            "the witness has seen {} entries, {} are signed here: the log was cut or restored from "
            "an older copy",
            old_size,
            size
        );
    }
    TileHashReader reader(log, size);
    AddCheckpoint request;
    request.old_size = old_size;
    request.proof = CAIRN_TRY(consistency_proof(reader, old_size, size));
    request.note = note;
    return request;
}

Result<AcceptedAnswer> check_answer(
    std::string_view request, std::string_view answer, const VerifierKey& witness, UtcTime now
) {
    const AddCheckpoint asked = CAIRN_TRY(parse_add_checkpoint(request));
    SignedNote note = CAIRN_TRY(parse_note(asked.note));
    AcceptedAnswer accepted;
    accepted.checkpoint = CAIRN_TRY(parse_checkpoint(note.text));
    note.signatures = CAIRN_TRY(parse_signature_lines(answer));
    const auto verified = CAIRN_TRY(verify_note(note, std::span(&witness, 1)));
    const std::uint64_t time_s = verified.front().time_s;
    if (witness.type() != SignatureType::cosignature_v1) {
        return fail(Errc::invalid_argument, "{}: not the key of a witness", witness.name());
    }
    if (is_dated_ahead(time_s, now)) {
        return fail(
            Errc::unauthenticated,
            "the cosignature of {} is dated in the future; is a clock wrong?",
            printable(witness.name())
        );
    }
    accepted.time = UtcTime(std::chrono::seconds(time_s));
    for (const NoteSignature& signature : note.signatures) {
        const bool same = signature.name == witness.name() && signature.id == witness.id();
        const auto alone = verify_note({note.text, {signature}}, std::span(&witness, 1));
        if (same && alone && alone->front().time_s == time_s) accepted.cosignature = signature;
    }
    return accepted;
}

}  // namespace cairn::audit
