#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit/finding_list.h"

namespace cairn::audit {

/// Whose word a checkpoint is, beside the log's.
enum class Voucher : std::uint8_t { log, witness, kept };

/// A checkpoint whose signatures hold.
struct SignedHead {
    Checkpoint checkpoint;
    bool witnessed = false;
    bool kept = false;
    std::vector<Cosignature> cosignatures;  ///< by known witnesses

    Voucher voucher() const {
        if (kept) return Voucher::kept;
        return witnessed ? Voucher::witness : Voucher::log;
    }
};

/// The checkpoints of a source that are well formed, of the right log and signed as they should be;
/// all others become findings.
class CheckpointStream {
public:
    CheckpointStream(LogSource& source, const LogVerifierOptions& options, FindingList& findings);

    /// The next sound checkpoint; null behind the last. Valid until the next call.
    const SignedHead* peek();
    void pop() { next_.reset(); }

    std::uint64_t count() const { return count_; }
    /// Sound ones among them.
    std::uint64_t sound() const { return sound_; }

private:
    /// Stored and kept ones by size.
    Result<std::optional<LogCheckpoint>> next_by_size();
    std::optional<SignedHead> check(const LogCheckpoint& stored);
    bool check_signatures(const SignedNote& note, bool must_be_witnessed, SignedHead& head);
    void take_cosignature(const VerifiedSignature& signature, SignedHead& head);
    void check_order(const Checkpoint& checkpoint);

    LogSource& source_;
    const LogVerifierOptions& options_;
    FindingList& findings_;
    std::string origin_;
    std::vector<VerifierKey> keys_;  ///< of the log, then of witnesses
    std::vector<std::string> kept_;  ///< notes, by descending size
    std::optional<LogCheckpoint> stored_;
    bool stored_ended_ = false;
    std::optional<SignedHead> next_;
    std::optional<Checkpoint> before_;
    std::uint64_t count_ = 0;
    std::uint64_t sound_ = 0;
    bool ended_ = false;
};

}  // namespace cairn::audit
