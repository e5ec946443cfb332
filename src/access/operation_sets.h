#pragma once

#include "access/actor.h"

// The sets that the rules of operation.cpp are put together from.

namespace cairn::access {

inline constexpr Profiles kAllProfiles{kProfiles};
inline constexpr Profiles kWorking = {Profile::provider, Profile::hotline, Profile::police};

inline constexpr Roles kEverybody{kRoles};
inline constexpr Roles kAdministrators = {Role::administrator};
inline constexpr Roles kSupervisors = {Role::supervisor};
inline constexpr Roles kCaseworkers = {
    Role::supervisor, Role::investigator, Role::analyst, Role::reviewer};
inline constexpr Roles kInvestigators = {Role::supervisor, Role::investigator};
inline constexpr Roles kCaseReaders = {
    Role::supervisor, Role::investigator, Role::analyst, Role::reviewer, Role::service};
/// The auditor sees that a case is there and what was done, not what is in it.
inline constexpr Roles kCaseSeers = {
    Role::supervisor,
    Role::investigator,
    Role::analyst,
    Role::reviewer,
    Role::service,
    Role::auditor};
inline constexpr Roles kPeopleSeers = {
    Role::administrator,
    Role::supervisor,
    Role::auditor,
    Role::investigator,
    Role::analyst,
    Role::reviewer};
inline constexpr Roles kOverseers = {Role::supervisor, Role::auditor};

inline constexpr Roles kAuditors = {Role::auditor};
/// Of what vouches for the log, which says nothing of acts.
inline constexpr Roles kLogSeers = {Role::administrator, Role::supervisor, Role::auditor};

inline constexpr Purposes kAny{kPurposes};
inline constexpr Purposes kCasework = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::deconfliction};
inline constexpr Purposes kCaseSight = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::deconfliction,
    Purpose::danger_to_life,
    Purpose::oversight};
/// Of what is in a case; a broken glass opens it for danger to life.
inline constexpr Purposes kCaseReading = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::deconfliction,
    Purpose::danger_to_life};
inline constexpr Purposes kListCare = {Purpose::list_care};
/// Whoever scans must know which lists there are.
inline constexpr Purposes kListSight = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::list_care};
inline constexpr Purposes kAdministration = {Purpose::administration};
inline constexpr Purposes kDanger = {Purpose::danger_to_life};
inline constexpr Purposes kOversight = {Purpose::oversight};
inline constexpr Purposes kLogSight = {Purpose::oversight, Purpose::administration};
inline constexpr Purposes kPeopleSight = {
    Purpose::administration,
    Purpose::oversight,
    Purpose::investigation,
    Purpose::reporting,
    Purpose::removal,
    Purpose::detection,
    Purpose::tip_handling};

}  // namespace cairn::access
