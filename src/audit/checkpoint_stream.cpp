#include "audit/checkpoint_stream.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.h"

namespace cairn::audit {
namespace {

std::string origin_of(const LogVerifierOptions& options) {
    if (!options.origin.empty() || options.log_keys.empty()) return options.origin;
    return options.log_keys.front().name();
}

/// 0 for what is no checkpoint: it comes first and becomes a finding.
std::uint64_t size_in(const std::string& text) {
    const auto note = parse_note(text);
    const auto checkpoint = note ? parse_checkpoint(note->text) : note.error();
    return checkpoint ? checkpoint->head.size : 0;
}

}  // namespace

CheckpointStream::CheckpointStream(
    LogSource& source, const LogVerifierOptions& options, FindingList& findings
)
    : source_(source),
      options_(options),
      findings_(findings),
      origin_(origin_of(options)),
      keys_(options.log_keys),
      kept_(options.kept_notes) {
    std::ranges::sort(kept_, std::ranges::greater(), size_in);
    keys_.insert(keys_.end(), options.witness_keys.begin(), options.witness_keys.end());
}

const SignedHead* CheckpointStream::peek() {
    while (!next_ && !ended_) {
        const auto stored = next_by_size();
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

Result<std::optional<LogCheckpoint>> CheckpointStream::next_by_size() {
    if (!stored_ && !stored_ended_) {
        stored_ = CAIRN_TRY(source_.next_checkpoint());
        stored_ended_ = !stored_;
    }
    if (!kept_.empty() && (!stored_ || size_in(kept_.back()) <= size_in(stored_->note))) {
        LogCheckpoint kept{std::move(kept_.back()), false, true};
        kept_.pop_back();
        return std::optional(std::move(kept));
    }
    return std::exchange(stored_, std::nullopt);
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
    SignedHead head{*checkpoint, stored.witnessed, stored.kept, {}};
    if (!check_signatures(*note, stored.witnessed, head)) return std::nullopt;
    check_order(*checkpoint);
    before_ = *std::move(checkpoint);
    return head;
}

bool CheckpointStream::check_signatures(
    const SignedNote& note, bool must_be_witnessed, SignedHead& head
) {
    if (options_.log_keys.empty()) return true;
    const std::uint64_t size = head.checkpoint.head.size;
    const auto verified = verify_note(note, keys_);
    const std::size_t log_keys = options_.log_keys.size();
    const auto by_log = [&](const VerifiedSignature& one) { return one.key < log_keys; };
    if (!verified || std::ranges::none_of(*verified, by_log)) {
        findings_.add(
            FindingKind::signature_wrong,
            fmt::format(
                "checkpoint of size {}: {}",
                size,
                verified ? "not signed by a key of the log" : verified.error().message
            )
        );
        return false;
    }
    for (const VerifiedSignature& signature : *verified) {
        if (!by_log(signature)) take_cosignature(signature, head);
    }
    if (!head.cosignatures.empty()) head.witnessed = true;
    if (must_be_witnessed && !options_.witness_keys.empty() && head.cosignatures.empty()) {
        findings_.add(
            FindingKind::cosignature_missing,
            fmt::format("checkpoint of size {}: no cosignature of a known witness", size)
        );
        return false;
    }
    return true;
}

void CheckpointStream::take_cosignature(const VerifiedSignature& signature, SignedHead& head) {
    const std::string& witness = keys_[signature.key].name();
    if (is_dated_ahead(signature.time_s, options_.now)) {
        findings_.add(
            FindingKind::cosignature_ahead,
            fmt::format(
                "checkpoint of size {}: the cosignature of {} is dated in the future: not counted",
                head.checkpoint.head.size,
                printable(witness)
            )
        );
        return;
    }
    const auto since_1970 = std::chrono::seconds(signature.time_s);
    head.cosignatures.push_back({witness, UtcTime(since_1970)});
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
