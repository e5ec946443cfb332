#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "access/ids.h"
#include "base/enum_set.h"
#include "base/utc_time.h"

namespace cairn::access {

/// What kind of organisation an agency is.
enum class Profile : std::uint8_t { provider, hotline, police, auditor };
inline constexpr std::array kProfiles = {
    Profile::provider, Profile::hotline, Profile::police, Profile::auditor};
using Profiles = EnumSet<Profile>;

enum class Role : std::uint8_t {
    administrator,  ///< people and settings of the agency; no case data
    supervisor,     ///< sees all cases of the agency, approves
    investigator,
    analyst,
    reviewer,  ///< decides about what was held
    auditor,   ///< sees everything about acts, nothing of media, changes nothing
    service,   ///< a program's account
};
inline constexpr std::array kRoles = {
    Role::administrator,
    Role::supervisor,
    Role::investigator,
    Role::analyst,
    Role::reviewer,
    Role::auditor,
    Role::service};
using Roles = EnumSet<Role>;

/// Why an act is done. A closed list, child protection only (safeguards P1a).
enum class Purpose : std::uint8_t {
    detection,      ///< known material among what a provider stores
    reporting,      ///< to the hotline or authority that the law names
    removal,        ///< of known material from where it is offered
    investigation,  ///< of a case
    victim_identification,
    tip_handling,  ///< of what came in: duplicates, routing
    deconfliction,
    list_care,       ///< of hash lists and their quality
    danger_to_life,  ///< of a child or anybody; break-glass
    oversight,       ///< audit, inspection, complaint, error
    administration,  ///< of people, keys and settings; no case data
};
inline constexpr std::array kPurposes = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::deconfliction,
    Purpose::list_care,
    Purpose::danger_to_life,
    Purpose::oversight,
    Purpose::administration};
using Purposes = EnumSet<Purpose>;

std::string_view name_of(Profile profile);
std::string_view name_of(Role role);
std::string_view name_of(Purpose purpose);
// Errc::invalid_argument names the ones there are.
Result<Profile> parse_profile(std::string_view name);
Result<Role> parse_role(std::string_view name);
Result<Purpose> parse_purpose(std::string_view name);

/// Everything that can be done: see operation.h.
enum class OperationId : std::uint8_t;

/// Who acts: a user as a session, a client certificate or an API key has shown them to be.
struct Actor {
    UserId user;
    AgencyId agency;
    Profile profile;  ///< of the agency
    Roles roles{};
    /// Digest of the session's id; "api_key:" and the id of an API key; empty for a certificate.
    std::string session{};
    std::string client{};                          ///< network address
    std::string request{};                         ///< id of the request
    std::optional<UtcTime> second_factor_at{};     ///< when it was last shown
    std::optional<std::set<OperationId>> scope{};  ///< nothing else than these, when given
};

}  // namespace cairn::access
