#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"

namespace cairn::audit {

inline constexpr std::size_t kProofFileBytesMax = 256U * 1024U;

/// An entry and all that shows it to be in a log: a C2SP tlog-proof file whose extra data is the
/// entry. Nothing in it is trusted before verify_proof_file.
struct ProofFile {
    ByteVector entry;
    std::uint64_t index = 0;
    std::vector<Hash> proof;
    std::string note;  ///< the checkpoint with its signatures, as received
};

/// Errc::limit_exceeded when entry, proof or note is over its limit.
Result<std::string> format_proof_file(const ProofFile& proof);
/// The inverse of format_proof_file, and nothing else.
Result<ProofFile> parse_proof_file(std::string_view text);

/// Whom the reader of a proof trusts.
struct ProofPolicy {
    std::vector<VerifierKey> log_keys;      ///< one of them must have signed
    std::vector<VerifierKey> witness_keys;  ///< witnesses known
    std::size_t witnesses_min = 0;          ///< of them, how many must have cosigned
    UtcTime now = UtcTime::max();           ///< a cosignature from later is not counted
};

/// What a proof file proves.
struct ProvenEntry {
    Checkpoint checkpoint;
    std::vector<VerifiedSignature> log_signatures;  ///< by log_keys
    std::vector<VerifiedSignature> cosignatures;    ///< by witness_keys
};

/// Checks signatures, origin (the name of the log key that signed) and inclusion. Errors say which
/// check failed.
Result<ProvenEntry> verify_proof_file(const ProofFile& proof, const ProofPolicy& policy);

}  // namespace cairn::audit
