#include <algorithm>

#include "identity/openid_attempt.h"

namespace cairn::identity {

Result<bool> OpenidAttempts::begin(
    const std::string& issuer, const OpenidSecrets& secrets, const crypto::Tag256& network
) {
    auto count = CAIRN_TRY(
        records_.prepare("SELECT count(*) FROM openid_attempt WHERE network = ? AND expires > ?")
    );
    count.bind(1, Bytes(network)).bind(2, microseconds_of(clock_.now()));
    const std::int64_t under_way = CAIRN_TRY(count.run_for_integer());
    if (under_way >= kOpenidAttemptsMax) return false;
    const crypto::Sha256 state = crypto::sha256(as_bytes(secrets.state));
    const crypto::Sha256 verifier = crypto::sha256(as_bytes(secrets.verifier));
    auto put = CAIRN_TRY(
        records_.prepare("INSERT INTO openid_attempt (state, verifier, issuer, network, expires) "
                         "VALUES (?, ?, ?, ?, ?)")
    );
    put.bind(1, Bytes(state)).bind(2, Bytes(verifier)).bind(3, issuer).bind(4, Bytes(network));
    CAIRN_TRY(put.bind(5, microseconds_of(clock_.now() + kOpenidAttemptLasts)).run());
    return true;
}

Result<std::optional<OpenidAttempt>> OpenidAttempts::spend(std::string_view state_text) {
    const crypto::Sha256 state = crypto::sha256(as_bytes(state_text));
    auto find = CAIRN_TRY(
        records_.prepare("SELECT issuer, verifier, expires FROM openid_attempt WHERE state = ?")
    );
    const bool found = CAIRN_TRY(find.bind(1, Bytes(state)).step());
    if (!found) return std::optional<OpenidAttempt>();
    OpenidAttempt attempt{.issuer = std::string(find.text(0)), .verifier = {}};
    const Bytes verifier = find.bytes(1);
    if (verifier.size() != attempt.verifier.size()) {
        return fail(Errc::corrupt_data, "openid_attempt: a digest has {} bytes", verifier.size());
    }
    std::copy(verifier.begin(), verifier.end(), attempt.verifier.begin());
    const UtcTime expires = utc_from_microseconds(find.integer(2));
    find.reset();
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM openid_attempt WHERE state = ?"));
    CAIRN_TRY(remove.bind(1, Bytes(state)).run());
    if (clock_.now() >= expires) return std::optional<OpenidAttempt>();
    return std::optional(std::move(attempt));
}

Result<std::size_t> OpenidAttempts::sweep() {
    auto remove = CAIRN_TRY(records_.prepare("DELETE FROM openid_attempt WHERE expires <= ?"));
    CAIRN_TRY(remove.bind(1, microseconds_of(clock_.now())).run());
    return static_cast<std::size_t>(records_.changed_rows());
}

}  // namespace cairn::identity
