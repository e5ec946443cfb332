#include "identity/configured_limits.h"

namespace cairn::identity {
namespace {

std::chrono::seconds longest_of(const config::LongestAuthority& longest, access::AuthorityAct act) {
    using access::AuthorityAct;
    switch (act) {
        case AuthorityAct::search_cross_case:
            return longest.search_cross_case;
        case AuthorityAct::export_data:
            return longest.export_;
        case AuthorityAct::unlock:
            return longest.unlock;
        case AuthorityAct::monitor:
            return longest.monitor;
        case AuthorityAct::legal_request:
            return longest.legal_request;
        case AuthorityAct::de_pseudonymise:
            return longest.de_pseudonymise;
        case AuthorityAct::deconflict:
            return longest.deconflict;
        case AuthorityAct::share:
            return longest.share;
        case AuthorityAct::retain_longer:
            return longest.retain_longer;
        case AuthorityAct::view_media:
            return longest.view_media;
        case AuthorityAct::follow:
            return longest.follow;
        case AuthorityAct::rematch:
            return longest.rematch;
        case AuthorityAct::list_publish:
            return longest.list_publish;
        case AuthorityAct::list_export:
            return longest.list_export;
        case AuthorityAct::spread:
            return longest.spread;
    }
    return {};
}

}  // namespace

ConfiguredLimits limits_of(const config::Configuration& configuration) {
    const config::SignIn& sign_in = configuration.sign_in;
    const config::BreakGlass& break_glass = configuration.break_glass;
    ConfiguredLimits limits;
    limits.session = {
        .idle = sign_in.idle_limit,
        .whole = sign_in.session_limit,
        .fresh_second_factor = sign_in.fresh_second_factor,
    };
    limits.lock_out = {
        .failures_max = sign_in.failed_attempts_max, .first_delay = sign_in.first_delay};
    limits.four_eyes = {
        .request = configuration.four_eyes.request_limit,
        .fresh_second_factor = sign_in.fresh_second_factor,
    };
    limits.break_glass = {
        .duration = break_glass.duration,
        .review = break_glass.review_limit,
        .reason_characters_min = break_glass.reason_characters_min,
    };
    for (const access::AuthorityAct act : access::kAuthorityActs) {
        limits.authority.longest[act] = longest_of(configuration.authority.longest, act);
    }
    return limits;
}

}  // namespace cairn::identity
