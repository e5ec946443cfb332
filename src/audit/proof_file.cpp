#include "audit/proof_file.h"

#include <algorithm>
#include <set>

#include "audit/lines.h"
#include "audit/tile.h"
#include "crypto/base64.h"

namespace cairn::audit {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Error malformed(std::string_view why) {
    return fail(Errc::corrupt_data, "not a proof file: {}", why);
}

Status check_limits(const ProofFile& proof) {
    const bool within = !proof.entry.empty() && proof.entry.size() <= kEntryBytesMax &&
                        proof.index < kTreeSizeMax && proof.proof.size() <= kProofHashesMax &&
                        !proof.note.empty() && proof.note.size() <= kNoteBytesMax;
    if (within) return ok();
    return fail(
        Errc::limit_exceeded, "proof file: entry, index, proof or note missing or too large"
    );
}

/// The next line without `prefix`.
Result<std::string_view> take_field(LineReader& lines, std::string_view prefix) {
    const auto line = lines.next();
    if (!line || !line->starts_with(prefix)) {
        return malformed(fmt::format("a line \"{}...\" is missing", prefix));
    }
    return line->substr(prefix.size());
}

/// Distinct witnesses, whatever number of keys each has.
std::size_t witnesses_of(
    const std::vector<VerifiedSignature>& cosignatures, const std::vector<VerifierKey>& keys
) {
    std::set<std::string_view> names;
    for (const VerifiedSignature& cosignature : cosignatures) {
        const VerifierKey& key = keys[cosignature.key];
        if (key.type() == SignatureType::cosignature_v1) names.insert(key.name());
    }
    return names.size();
}

Status check_policy(const ProvenEntry& proven, const ProofPolicy& policy) {
    const bool by_log = std::ranges::any_of(proven.log_signatures, [&](const auto& signature) {
        return policy.log_keys[signature.key].name() == proven.checkpoint.origin;
    });
    if (!by_log) {
        return fail(
            Errc::unauthenticated, "the checkpoint is not signed by the log it names as its origin"
        );
    }
    const std::size_t witnesses = witnesses_of(proven.cosignatures, policy.witness_keys);
    if (witnesses >= policy.witnesses_min) return ok();
    return fail(
        Errc::unauthenticated,
        "the checkpoint is cosigned by {} known witnesses, {} wanted",
        witnesses,
        policy.witnesses_min
    );
}

}  // namespace

Result<std::string> format_proof_file(const ProofFile& proof) {
    CAIRN_TRY(check_limits(proof));
    std::string text = fmt::format(
        "{}\n{}{}\n{}{}\n",
        kFirstLine,
        kExtra,
        crypto::base64_encode(proof.entry),
        kIndex,
        proof.index
    );
    for (const Hash& hash : proof.proof) text += crypto::base64_encode(hash) + '\n';
    return text + '\n' + proof.note;
}

Result<ProofFile> parse_proof_file(std::string_view text) {
    if (text.size() > kProofFileBytesMax) {
        return fail(Errc::limit_exceeded, "proof file is over {} bytes", kProofFileBytesMax);
    }
    LineReader lines(text);
    const auto first = lines.next();
    if (!first || *first != kFirstLine) return malformed("it does not begin as one");
    const std::string_view extra = CAIRN_TRY(take_field(lines, kExtra));
    const std::string_view index = CAIRN_TRY(take_field(lines, kIndex));
    auto entry = crypto::base64_decode(extra);
    if (!entry) return malformed("the extra line is not base64 of an entry");
    const auto number = parse_decimal(index);
    if (!number) return malformed(number.error().message);
    ProofFile proof;
    proof.entry = *std::move(entry);
    proof.index = *number;
    proof.proof = CAIRN_TRY(read_proof_lines(lines));
    proof.note = lines.rest();
    CAIRN_TRY(check_limits(proof));
    return proof;
}

Result<ProvenEntry> verify_proof_file(const ProofFile& proof, const ProofPolicy& policy) {
    const SignedNote note = CAIRN_TRY(parse_note(proof.note));
    ProvenEntry proven;
    proven.checkpoint = CAIRN_TRY(parse_checkpoint(note.text));
    std::vector<VerifierKey> keys = policy.log_keys;
    keys.insert(keys.end(), policy.witness_keys.begin(), policy.witness_keys.end());
    const auto verified = CAIRN_TRY(verify_note(note, keys));
    for (const VerifiedSignature& signature : verified) {
        if (signature.key < policy.log_keys.size()) {
            proven.log_signatures.push_back(signature);
        } else {
            if (is_dated_ahead(signature.time_s, policy.now)) continue;
            const std::size_t key = signature.key - policy.log_keys.size();
            proven.cosignatures.push_back({key, signature.time_s});
        }
    }
    CAIRN_TRY(check_policy(proven, policy));
    const Hash leaf = leaf_hash(proof.entry);
    CAIRN_TRY(verify_inclusion(leaf, proof.index, proven.checkpoint.head, proof.proof));
    return proven;
}

}  // namespace cairn::audit
