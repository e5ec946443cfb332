#pragma once

#include <span>

#include "access/actor.h"

namespace cairn::access {

/// Acts that need a recorded authority (safeguards, section 3).
enum class AuthorityAct : std::uint8_t {
    search_cross_case,
    export_data,
    unlock,
    monitor,
    legal_request,
    de_pseudonymise,
    deconflict,
    share,
    retain_longer,
    view_media,
    follow,
    rematch,
    list_publish,
    list_export,
    spread,
};
inline constexpr std::array kAuthorityActs = {
    AuthorityAct::search_cross_case,
    AuthorityAct::export_data,
    AuthorityAct::unlock,
    AuthorityAct::monitor,
    AuthorityAct::legal_request,
    AuthorityAct::de_pseudonymise,
    AuthorityAct::deconflict,
    AuthorityAct::share,
    AuthorityAct::retain_longer,
    AuthorityAct::view_media,
    AuthorityAct::follow,
    AuthorityAct::rematch,
    AuthorityAct::list_publish,
    AuthorityAct::list_export,
    AuthorityAct::spread};
using AuthorityActs = EnumSet<AuthorityAct>;

std::string_view name_of(AuthorityAct act);
Result<AuthorityAct> parse_authority_act(std::string_view name);

/// Which kinds of agency may do an act at all (P3, P5a).
Profiles profiles_of(AuthorityAct act);
/// An authority for one of these is put in force by another person than who drafted it.
bool needs_second_person(AuthorityAct act);
/// These stop when no other organisation vouches for the audit log any more (section 2.6).
bool is_witness_bound(AuthorityAct act);

/// Everything that can be done, by the name that audit entries and the contract give it.
enum class OperationId : std::uint8_t {
    agency_add,
    agency_list,
    agency_show,
    user_add,
    user_list,
    user_show,
    user_find,
    user_set_roles,
    user_disable,
    user_enable,
    user_invite,
    user_reset_password,
    user_reset_second_factor,
    user_end_sessions,
    user_bind_key,
    user_unbind_key,
    agency_certificate_add,
    agency_certificate_remove,
    api_key_add,
    api_key_list,
    api_key_revoke,
    case_open,
    case_list,
    case_count,
    case_find,
    case_show,
    case_close,
    case_member_list,
    case_member_set,
    case_share_list,
    case_share_set,
    case_shred,
    authority_draft,
    authority_amend,
    authority_activate,
    authority_suspend,
    authority_revoke,
    authority_list,
    authority_show,
    approval_request,
    approval_approve,
    approval_refuse,
    approval_list,
    approval_show,
    break_glass_open,
    break_glass_review,
    break_glass_list,
    alert_list,
    alert_seen,
    audit_search,
    audit_of_case,
    audit_own,
    audit_show,
    audit_prove,
    audit_checkpoint,
    audit_consistency,
    audit_tile,
    audit_entries,
    scan_run,
    scan_rematch,
    scan_report,
    item_extract,
    scan_list,
    scan_show,
    scan_stop,
    scan_resume,
    scan_findings,
    scan_coverage,
    list_list,
    list_show,
    list_import,
    list_update,
    list_verify,
    list_statistics,
    list_difference,
    list_remove,
};

enum class Kind : std::uint8_t { read, change };

/// What an act must name beside its purpose.
enum class Binding : std::uint8_t { none, case_only };

/// The rule of one operation. Who may do it: the profiles of the agency and of the installation,
/// and one of the roles of the user.
struct Operation {
    OperationId id;
    std::string_view name;
    Kind kind = Kind::read;
    Profiles profiles{};
    Roles roles{};
    Purposes purposes{};
    Binding binding = Binding::none;
    /// Refused without an authority for it, in force and in scope.
    std::optional<AuthorityAct> act{};
    bool four_eyes = false;
    /// May be done on a broken glass, although the case is not the user's.
    bool break_glass = false;
};

/// All of them, in the order of OperationId.
std::span<const Operation> operations();
const Operation& operation(OperationId id);

}  // namespace cairn::access
