#include "audit/checkpoint_stream.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::audit {
namespace {

std::string origin_of(const LogVerifierOptions& options) {
    if (!options.origin.empty() || options.log_keys.empty()) return options.origin;
    return options.log_keys.front().name();
}

}  // namespace

CheckpointStream::CheckpointStream(
    LogSource& source, const LogVerifierOptions& options, FindingList& findings
)
    : source_(source),
      options_(options),
      findings_(findings),
      origin_(origin_of(options)),
      keys_(options.log_keys) {
    keys_.insert(keys_.end(), options.witness_keys.begin(), options.witness_keys.end());
}

const SignedHead* CheckpointStream::peek() {
    while (!next_ && !ended_) {
        const auto stored = source_.next_checkpoint();
        ended_ = !stored || !*stored;
        if (!stored) {
            findings_.add(
                FindingKind::not_verified,
                fmt::format("checkpoints cannot be read: {}", stored.error().message)
            );
        }
        if (ended_) break;
        ++count_;
        next_ = check(**stored);
        if (next_) ++sound_;
    }
    return next_ ? &*next_ : nullptr;
}

std::optional<SignedHead> CheckpointStream::check(const LogCheckpoint& stored) {
    const auto malformed = [this](std::string_view why) {
        findings_.add(
            FindingKind::checkpoint_malformed, fmt::format("checkpoint {}: {}", count_, why)
        );
        return std::nullopt;
    };
    const auto note = parse_note(stored.note);
    if (!note) return malformed(note.error().message);
    auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) return malformed(checkpoint.error().message);
    if (!origin_.empty() && checkpoint->origin != origin_) {
        return malformed(fmt::format("of another log, {}", printable(checkpoint->origin)));
    }
    if (!check_signatures(*note, *checkpoint, stored.witnessed)) return std::nullopt;
    check_order(*checkpoint);
    before_ = *checkpoint;
    return SignedHead{*std::move(checkpoint), stored.witnessed};
}

bool CheckpointStream::check_signatures(
    const SignedNote& note, const Checkpoint& checkpoint, bool witnessed
) {
    if (options_.log_keys.empty()) return true;
    const auto verified = verify_note(note, keys_);
    const std::size_t log_keys = options_.log_keys.size();
    const auto by_log = [&](const VerifiedSignature& one) { return one.key < log_keys; };
    if (!verified || std::ranges::none_of(*verified, by_log)) {
        findings_.add(
            FindingKind::signature_wrong,
            fmt::format(
                "checkpoint of size {}: {}",
                checkpoint.head.size,
                verified ? "not signed by a key of the log" : verified.error().message
            )
        );
        return false;
    }
    const bool want_witness = witnessed && !options_.witness_keys.empty();
    if (want_witness && std::ranges::all_of(*verified, by_log)) {
        findings_.add(
            FindingKind::cosignature_missing,
            fmt::format(
                "checkpoint of size {}: no cosignature of a known witness", checkpoint.head.size
            )
        );
        return false;
    }
    return true;
}

void CheckpointStream::check_order(const Checkpoint& checkpoint) {
    if (!before_) return;
    const TreeHead& before = before_->head;
    const TreeHead& head = checkpoint.head;
    if (head.size == before.size && head.root != before.root) {
        findings_.add(
            FindingKind::checkpoint_conflict,
            fmt::format(
                "two signed checkpoints of size {} have different roots: the log showed two "
                "histories; keep both",
                head.size
            )
        );
    }
    if (head.size < before.size) {
        findings_.add(
            FindingKind::not_verified,
            fmt::format(
                "checkpoint of size {} was delivered behind one of size {}: not compared",
                head.size,
                before.size
            )
        );
    }
}

}  // namespace cairn::audit
