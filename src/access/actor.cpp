#include "access/actor.h"

#include "access/names.h"

namespace cairn::access {
std::string_view name_of(Profile profile) {
    switch (profile) {
        case Profile::provider:
            return "provider";
        case Profile::hotline:
            return "hotline";
        case Profile::police:
            return "police";
        case Profile::auditor:
            return "auditor";
    }
    return "";
}

std::string_view name_of(Role role) {
    switch (role) {
        case Role::administrator:
            return "administrator";
        case Role::supervisor:
            return "supervisor";
        case Role::investigator:
            return "investigator";
        case Role::analyst:
            return "analyst";
        case Role::reviewer:
            return "reviewer";
        case Role::auditor:
            return "auditor";
        case Role::service:
            return "service";
    }
    return "";
}

std::string_view name_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::detection:
            return "detection";
        case Purpose::reporting:
            return "reporting";
        case Purpose::removal:
            return "removal";
        case Purpose::investigation:
            return "investigation";
        case Purpose::victim_identification:
            return "victim_identification";
        case Purpose::tip_handling:
            return "tip_handling";
        case Purpose::deconfliction:
            return "deconfliction";
        case Purpose::list_care:
            return "list_care";
        case Purpose::danger_to_life:
            return "danger_to_life";
        case Purpose::oversight:
            return "oversight";
        case Purpose::administration:
            return "administration";
    }
    return "";
}

Result<Profile> parse_profile(std::string_view name) {
    return parse_name("profile", kProfiles, name);
}

Result<Role> parse_role(std::string_view name) {
    return parse_name("role", kRoles, name);
}

Result<Purpose> parse_purpose(std::string_view name) {
    return parse_name("purpose", kPurposes, name);
}

}  // namespace cairn::access
