#include "access/operation.h"

namespace cairn::access {
namespace {

constexpr Profiles kAll{kProfiles};
constexpr Profiles kWorking = {Profile::provider, Profile::hotline, Profile::police};

constexpr Roles kEverybody{kRoles};
constexpr Roles kAdministrators = {Role::administrator};
constexpr Roles kSupervisors = {Role::supervisor};
constexpr Roles kCaseworkers = {
    Role::supervisor, Role::investigator, Role::analyst, Role::reviewer};
constexpr Roles kInvestigators = {Role::supervisor, Role::investigator};
constexpr Roles kCaseReaders = {
    Role::supervisor, Role::investigator, Role::analyst, Role::reviewer, Role::service};
/// The auditor sees that a case is there and what was done, not what is in it.
constexpr Roles kCaseSeers = {
    Role::supervisor,
    Role::investigator,
    Role::analyst,
    Role::reviewer,
    Role::service,
    Role::auditor};
constexpr Roles kPeopleSeers = {
    Role::administrator,
    Role::supervisor,
    Role::auditor,
    Role::investigator,
    Role::analyst,
    Role::reviewer};
constexpr Roles kOverseers = {Role::supervisor, Role::auditor};

constexpr Roles kAuditors = {Role::auditor};
/// Of what vouches for the log, which says nothing of acts.
constexpr Roles kLogSeers = {Role::administrator, Role::supervisor, Role::auditor};

constexpr Purposes kAny{kPurposes};
constexpr Purposes kCasework = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::deconfliction};
constexpr Purposes kCaseSight = {
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
constexpr Purposes kCaseReading = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::deconfliction,
    Purpose::danger_to_life};
constexpr Purposes kListCare = {Purpose::list_care};
/// Whoever scans must know which lists there are.
constexpr Purposes kListSight = {
    Purpose::detection,
    Purpose::reporting,
    Purpose::removal,
    Purpose::investigation,
    Purpose::victim_identification,
    Purpose::tip_handling,
    Purpose::list_care};
constexpr Purposes kAdministration = {Purpose::administration};
constexpr Purposes kDanger = {Purpose::danger_to_life};
constexpr Purposes kOversight = {Purpose::oversight};
constexpr Purposes kLogSight = {Purpose::oversight, Purpose::administration};
constexpr Purposes kPeopleSight = {
    Purpose::administration,
    Purpose::oversight,
    Purpose::investigation,
    Purpose::reporting,
    Purpose::removal,
    Purpose::detection,
    Purpose::tip_handling};

using Op = OperationId;

constexpr std::array kOperations = {
    Operation{
        .id = Op::agency_add,
        .name = "agency_add",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration,
        .four_eyes = true},
    Operation{
        .id = Op::agency_list,
        .name = "agency_list",
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::agency_show,
        .name = "agency_show",
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::user_add,
        .name = "user_add",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_list,
        .name = "user_list",
        .profiles = kAll,
        .roles = kPeopleSeers,
        .purposes = kPeopleSight},
    Operation{
        .id = Op::user_show,
        .name = "user_show",
        .profiles = kAll,
        .roles = kPeopleSeers,
        .purposes = kPeopleSight},
    Operation{
        .id = Op::user_find,
        .name = "user_find",
        .profiles = kAll,
        .roles = kPeopleSeers,
        .purposes = kPeopleSight},
    Operation{
        .id = Op::user_set_roles,
        .name = "user_set_roles",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_disable,
        .name = "user_disable",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_enable,
        .name = "user_enable",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_invite,
        .name = "user_invite",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_reset_password,
        .name = "user_reset_password",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_reset_second_factor,
        .name = "user_reset_second_factor",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration,
        .four_eyes = true},
    Operation{
        .id = Op::user_end_sessions,
        .name = "user_end_sessions",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_bind_key,
        .name = "user_bind_key",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::user_unbind_key,
        .name = "user_unbind_key",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::agency_certificate_add,
        .name = "agency_certificate_add",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::agency_certificate_remove,
        .name = "agency_certificate_remove",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::api_key_add,
        .name = "api_key_add",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::api_key_list,
        .name = "api_key_list",
        .profiles = kAll,
        .roles = {Role::administrator, Role::auditor},
        .purposes = {Purpose::administration, Purpose::oversight}},
    Operation{
        .id = Op::api_key_revoke,
        .name = "api_key_revoke",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kAdministrators,
        .purposes = kAdministration},
    Operation{
        .id = Op::case_open,
        .name = "case_open",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework},
    Operation{
        .id = Op::case_list,
        .name = "case_list",
        .profiles = kAll,
        .roles = kCaseSeers,
        .purposes = kCaseSight},
    Operation{
        .id = Op::case_count,
        .name = "case_count",
        .profiles = kAll,
        .roles = kCaseSeers,
        .purposes = kCaseSight},
    Operation{
        .id = Op::case_find,
        .name = "case_find",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCasework},
    Operation{
        .id = Op::case_show,
        .name = "case_show",
        .profiles = kAll,
        .roles = kCaseSeers,
        .purposes = kCaseSight,
        .binding = Binding::case_only,
        .break_glass = true},
    Operation{
        .id = Op::case_close,
        .name = "case_close",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework,
        .binding = Binding::case_only},
    Operation{
        .id = Op::case_member_list,
        .name = "case_member_list",
        .profiles = kAll,
        .roles = kCaseSeers,
        .purposes = kCaseSight,
        .binding = Binding::case_only},
    Operation{
        .id = Op::case_member_set,
        .name = "case_member_set",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework,
        .binding = Binding::case_only},
    Operation{
        .id = Op::case_share_set,
        .name = "case_share_set",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework,
        .binding = Binding::case_only,
        .act = AuthorityAct::share},
    Operation{
        .id = Op::case_shred,
        .name = "case_shred",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = {Purpose::administration, Purpose::oversight},
        .binding = Binding::case_only,
        .four_eyes = true},
    Operation{
        .id = Op::authority_draft,
        .name = "authority_draft",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework},
    Operation{
        .id = Op::authority_amend,
        .name = "authority_amend",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework},
    Operation{
        .id = Op::authority_activate,
        .name = "authority_activate",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = kCasework},
    Operation{
        .id = Op::authority_suspend,
        .name = "authority_suspend",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework},
    Operation{
        .id = Op::authority_revoke,
        .name = "authority_revoke",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kInvestigators,
        .purposes = kCasework},
    Operation{
        .id = Op::authority_list,
        .name = "authority_list",
        .profiles = kAll,
        .roles = kCaseSeers,
        .purposes = kCaseSight},
    Operation{
        .id = Op::authority_show,
        .name = "authority_show",
        .profiles = kAll,
        .roles = kCaseSeers,
        .purposes = kCaseSight},
    Operation{
        .id = Op::approval_request,
        .name = "approval_request",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::approval_approve,
        .name = "approval_approve",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = {Role::supervisor, Role::administrator},
        .purposes = kAny},
    Operation{
        .id = Op::approval_refuse,
        .name = "approval_refuse",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = {Role::supervisor, Role::administrator},
        .purposes = kAny},
    Operation{
        .id = Op::approval_list,
        .name = "approval_list",
        .profiles = kAll,
        .roles = {Role::supervisor, Role::administrator, Role::auditor},
        .purposes = kAny},
    Operation{
        .id = Op::approval_show,
        .name = "approval_show",
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::break_glass_open,
        .name = "break_glass_open",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kCaseworkers,
        .purposes = kDanger,
        .binding = Binding::case_only},
    Operation{
        .id = Op::break_glass_review,
        .name = "break_glass_review",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = kOversight},
    Operation{
        .id = Op::break_glass_list,
        .name = "break_glass_list",
        .profiles = kAll,
        .roles = kOverseers,
        .purposes = kOversight},
    Operation{
        .id = Op::alert_list,
        .name = "alert_list",
        .profiles = kAll,
        .roles = {Role::administrator, Role::supervisor, Role::auditor},
        .purposes = {Purpose::oversight, Purpose::administration}},
    Operation{
        .id = Op::alert_seen,
        .name = "alert_seen",
        .kind = Kind::change,
        .profiles = kAll,
        .roles = {Role::administrator, Role::supervisor},
        .purposes = {Purpose::oversight, Purpose::administration}},
    Operation{
        .id = Op::audit_search,
        .name = "audit_search",
        .profiles = kAll,
        .roles = kAuditors,
        .purposes = kOversight},
    Operation{
        .id = Op::audit_of_case,
        .name = "audit_of_case",
        .profiles = kAll,
        .roles = kSupervisors,
        .purposes = kOversight,
        .binding = Binding::case_only},
    Operation{
        .id = Op::audit_own,
        .name = "audit_own",
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::audit_show,
        .name = "audit_show",
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::audit_prove,
        .name = "audit_prove",
        .profiles = kAll,
        .roles = kEverybody,
        .purposes = kAny},
    Operation{
        .id = Op::audit_checkpoint,
        .name = "audit_checkpoint",
        .profiles = kAll,
        .roles = kLogSeers,
        .purposes = kLogSight},
    Operation{
        .id = Op::audit_consistency,
        .name = "audit_consistency",
        .profiles = kAll,
        .roles = kLogSeers,
        .purposes = kLogSight},
    Operation{
        .id = Op::audit_tile,
        .name = "audit_tile",
        .profiles = kAll,
        .roles = kLogSeers,
        .purposes = kLogSight},
    Operation{
        .id = Op::audit_entries,
        .name = "audit_entries",
        .profiles = kAll,
        .roles = kAuditors,
        .purposes = kOversight},
    Operation{
        .id = Op::scan_run,
        .name = "scan_run",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCasework,
        .binding = Binding::case_only},
    Operation{
        .id = Op::scan_rematch,
        .name = "scan_rematch",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kCaseworkers,
        .purposes = kCasework,
        .binding = Binding::case_only,
        .act = AuthorityAct::rematch},
    Operation{
        .id = Op::scan_report,
        .name = "scan_report",
        .profiles = kWorking,
        .roles = kCaseworkers,
        .purposes = kCasework,
        .binding = Binding::case_only,
        .act = AuthorityAct::export_data},
    Operation{
        .id = Op::item_extract,
        .name = "item_extract",
        .profiles = kWorking,
        .roles = kCaseworkers,
        .purposes = kCasework,
        .binding = Binding::case_only,
        .act = AuthorityAct::view_media},
    Operation{
        .id = Op::scan_list,
        .name = "scan_list",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCaseReading,
        .binding = Binding::case_only,
        .break_glass = true},
    Operation{
        .id = Op::scan_show,
        .name = "scan_show",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCaseReading,
        .binding = Binding::case_only,
        .break_glass = true},
    Operation{
        .id = Op::scan_stop,
        .name = "scan_stop",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCasework,
        .binding = Binding::case_only},
    Operation{
        .id = Op::scan_resume,
        .name = "scan_resume",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCasework,
        .binding = Binding::case_only},
    Operation{
        .id = Op::scan_findings,
        .name = "scan_findings",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCaseReading,
        .binding = Binding::case_only,
        .break_glass = true},
    Operation{
        .id = Op::scan_coverage,
        .name = "scan_coverage",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kCaseReading,
        .binding = Binding::case_only,
        .break_glass = true},
    Operation{
        .id = Op::list_list,
        .name = "list_list",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kListSight},
    Operation{
        .id = Op::list_show,
        .name = "list_show",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kListSight},
    Operation{
        .id = Op::list_import,
        .name = "list_import",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = kListCare},
    Operation{
        .id = Op::list_update,
        .name = "list_update",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = kListCare},
    Operation{
        .id = Op::list_verify,
        .name = "list_verify",
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = kListCare},
    Operation{
        .id = Op::list_statistics,
        .name = "list_statistics",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kListSight},
    Operation{
        .id = Op::list_difference,
        .name = "list_difference",
        .profiles = kWorking,
        .roles = kCaseReaders,
        .purposes = kListSight},
    Operation{
        .id = Op::list_remove,
        .name = "list_remove",
        .kind = Kind::change,
        .profiles = kWorking,
        .roles = kSupervisors,
        .purposes = kListCare},
};

consteval bool in_order() {
    for (std::size_t i = 0; i < kOperations.size(); ++i) {
        if (static_cast<std::size_t>(kOperations[i].id) != i) return false;
    }
    return true;
}
static_assert(in_order(), "the table must follow OperationId");

}  // namespace

std::span<const Operation> operations() {
    return kOperations;
}

const Operation& operation(OperationId id) {
    return kOperations[static_cast<std::size_t>(id)];
}

}  // namespace cairn::access
