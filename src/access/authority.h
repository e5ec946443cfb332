#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "access/operation.h"
#include "crypto/digest.h"

namespace cairn::access {

/// What an authority can be bounded to.
enum class ScopeKind : std::uint8_t {
    agency,   ///< id
    case_id,  ///< id
    entity,   ///< id, or kind and value ("email:a@example.org")
    network,  ///< file-sharing network
    list,     ///< name of a hash list
    area,     ///< ISO 3166 country or region; "DE" covers "DE-BY"
    exhibit,  ///< id
};
inline constexpr std::array kScopeKinds = {
    ScopeKind::agency,
    ScopeKind::case_id,
    ScopeKind::entity,
    ScopeKind::network,
    ScopeKind::list,
    ScopeKind::area,
    ScopeKind::exhibit};

std::string_view name_of(ScopeKind kind);
Result<ScopeKind> parse_scope_kind(std::string_view name);

/// Written out to mean every one of its kind.
inline constexpr std::string_view kAll = "all";

struct ScopeItem {
    ScopeKind kind{};
    std::string value{};
    auto operator<=>(const ScopeItem&) const = default;
};

enum class Issuer : std::uint8_t { court, magistrate, supervisor, statute };
inline constexpr std::array kIssuers = {
    Issuer::court, Issuer::magistrate, Issuer::supervisor, Issuer::statute};

std::string_view name_of(Issuer issuer);
Result<Issuer> parse_issuer(std::string_view name);

/// The recorded legal basis of acts.
struct AuthorityTerms {
    Issuer issuer{};
    std::string issuer_name{};
    std::string reference{};    ///< the issuer's own number
    std::string legal_basis{};  ///< code of the country's list, such as "DE StPO 100a"
    std::string basis_text{};
    AuthorityActs acts{};
    /// A kind that is not named: nothing of that kind is covered.
    std::vector<ScopeItem> scope{};
    UtcTime starts{};
    UtcTime ends{};  ///< first instant it no longer holds
    /// Of the order itself; only a statute can do without.
    std::optional<crypto::Sha256> document{};
    auto operator<=>(const AuthorityTerms&) const = default;
};

enum class AuthorityState : std::uint8_t { draft, active, suspended, revoked, replaced };
inline constexpr std::array kAuthorityStates = {
    AuthorityState::draft,
    AuthorityState::active,
    AuthorityState::suspended,
    AuthorityState::revoked,
    AuthorityState::replaced};

std::string_view name_of(AuthorityState state);

struct Authority {
    AuthorityId id;
    std::int64_t version = 1;
    AuthorityState state = AuthorityState::draft;
    AuthorityTerms terms{};
    UserId created_by;
    std::optional<UserId> approved_by{};
    UtcTime created{};
};

/// The longest that one authority may hold, by act. Acts that are not named: `others`.
struct AuthorityLimits {
    std::map<AuthorityAct, std::chrono::seconds> longest;
    std::chrono::seconds others = std::chrono::hours(24 * 365);
};

/// Errc::invalid_argument names the first term that is missing, contradictory or too long.
Status check_terms(const AuthorityTerms& terms, const AuthorityLimits& limits);

/// Why an authority does not allow an act; the code stands in audit entries.
enum class AuthorityGap : std::uint8_t { not_active, other_act, not_yet, ended, out_of_scope };

std::string_view name_of(AuthorityGap gap);

/// act is among its acts, starts <= now < ends, and every item that is touched is in scope; nullopt
/// when all of that holds (safeguards, section 3). A touched item whose kind the scope does not
/// name is out of scope.
std::optional<AuthorityGap> gap_of(
    const Authority& authority, AuthorityAct act, std::span<const ScopeItem> touches, UtcTime now
);

/// As kept sealed in the records, and back. Errc::corrupt_data.
ByteVector encode_terms(const AuthorityTerms& terms);
Result<AuthorityTerms> decode_terms(Bytes bytes);

}  // namespace cairn::access
