#include "access/names.h"
#include "access/operation.h"

namespace cairn::access {
namespace {

constexpr Profiles kWorking = {Profile::provider, Profile::hotline, Profile::police};
constexpr Profiles kPolice = {Profile::police};

}  // namespace

std::string_view name_of(AuthorityAct act) {
    switch (act) {
        case AuthorityAct::search_cross_case:
            return "search_cross_case";
        case AuthorityAct::export_data:
            return "export";
        case AuthorityAct::unlock:
            return "unlock";
        case AuthorityAct::monitor:
            return "monitor";
        case AuthorityAct::legal_request:
            return "legal_request";
        case AuthorityAct::de_pseudonymise:
            return "de_pseudonymise";
        case AuthorityAct::deconflict:
            return "deconflict";
        case AuthorityAct::share:
            return "share";
        case AuthorityAct::retain_longer:
            return "retain_longer";
        case AuthorityAct::view_media:
            return "view_media";
        case AuthorityAct::follow:
            return "follow";
        case AuthorityAct::rematch:
            return "rematch";
        case AuthorityAct::list_publish:
            return "list_publish";
        case AuthorityAct::list_export:
            return "list_export";
        case AuthorityAct::spread:
            return "spread";
    }
    return "";
}

Result<AuthorityAct> parse_authority_act(std::string_view name) {
    return parse_name("act", kAuthorityActs, name);
}

Profiles profiles_of(AuthorityAct act) {
    switch (act) {
        case AuthorityAct::unlock:
        case AuthorityAct::monitor:
        case AuthorityAct::de_pseudonymise:
        case AuthorityAct::follow:
            return kPolice;
        case AuthorityAct::search_cross_case:
        case AuthorityAct::deconflict:
        case AuthorityAct::legal_request:
            return {Profile::police, Profile::hotline};
        case AuthorityAct::spread:
            return {Profile::provider, Profile::police};
        case AuthorityAct::export_data:
        case AuthorityAct::share:
        case AuthorityAct::retain_longer:
        case AuthorityAct::view_media:
        case AuthorityAct::rematch:
        case AuthorityAct::list_publish:
        case AuthorityAct::list_export:
            return kWorking;
    }
    return {};
}

bool needs_second_person(AuthorityAct act) {
    constexpr AuthorityActs kGrave = {
        AuthorityAct::unlock,
        AuthorityAct::monitor,
        AuthorityAct::de_pseudonymise,
        AuthorityAct::follow,
        AuthorityAct::list_publish,
        AuthorityAct::list_export,
        AuthorityAct::retain_longer};
    return kGrave.contains(act);
}

bool is_witness_bound(AuthorityAct act) {
    constexpr AuthorityActs kBound = {
        AuthorityAct::monitor,
        AuthorityAct::unlock,
        AuthorityAct::follow,
        AuthorityAct::de_pseudonymise};
    return kBound.contains(act);
}

}  // namespace cairn::access
