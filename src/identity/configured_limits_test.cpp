#include "identity/configured_limits.h"

#include <set>

#include <gtest/gtest.h>

namespace cairn::identity {
namespace {

using namespace std::chrono_literals;

TEST(ConfiguredLimits, WithoutSettingsAreTheDefaultsOfTheModules) {
    const ConfiguredLimits limits = limits_of({});
    EXPECT_EQ(limits.session.idle, SessionLimits{}.idle);
    EXPECT_EQ(limits.session.whole, SessionLimits{}.whole);
    EXPECT_EQ(limits.session.fresh_second_factor, SessionLimits{}.fresh_second_factor);
    EXPECT_EQ(limits.lock_out.failures_max, LockOutLimits{}.failures_max);
    EXPECT_EQ(limits.lock_out.first_delay, LockOutLimits{}.first_delay);
    EXPECT_EQ(limits.four_eyes.request, access::FourEyesLimits{}.request);
    EXPECT_EQ(limits.break_glass.duration, access::BreakGlassLimits{}.duration);
    EXPECT_EQ(limits.break_glass.review, access::BreakGlassLimits{}.review);
    EXPECT_EQ(
        limits.break_glass.reason_characters_min, access::BreakGlassLimits{}.reason_characters_min
    );
    EXPECT_TRUE(check_limits(limits.session));
}

TEST(ConfiguredLimits, AreWhatTheConfigurationSays) {
    config::Configuration configuration;
    configuration.sign_in.idle_limit = 3min;
    configuration.sign_in.session_limit = 4h;
    configuration.sign_in.fresh_second_factor = 5min;
    configuration.sign_in.failed_attempts_max = 6;
    configuration.sign_in.first_delay = 70min;
    configuration.four_eyes.request_limit = 8h;
    configuration.break_glass.duration = 9min;
    configuration.break_glass.review_limit = 10h;
    configuration.break_glass.reason_characters_min = 110;
    const ConfiguredLimits limits = limits_of(configuration);
    EXPECT_EQ(limits.session.idle, 3min);
    EXPECT_EQ(limits.session.whole, 4h);
    EXPECT_EQ(limits.session.fresh_second_factor, 5min);
    EXPECT_EQ(limits.four_eyes.fresh_second_factor, 5min);
    EXPECT_EQ(limits.lock_out.failures_max, 6);
    EXPECT_EQ(limits.lock_out.first_delay, 70min);
    EXPECT_EQ(limits.four_eyes.request, 8h);
    EXPECT_EQ(limits.break_glass.duration, 9min);
    EXPECT_EQ(limits.break_glass.review, 10h);
    EXPECT_EQ(limits.break_glass.reason_characters_min, 110U);
}

TEST(ConfiguredLimits, EachActHasItsOwnLongestAuthority) {
    config::Configuration configuration;
    config::LongestAuthority& longest = configuration.authority.longest;
    std::chrono::seconds next = 1h;
    for (std::chrono::seconds* const one :
         {&longest.search_cross_case,
          &longest.export_,
          &longest.unlock,
          &longest.monitor,
          &longest.legal_request,
          &longest.de_pseudonymise,
          &longest.deconflict,
          &longest.share,
          &longest.retain_longer,
          &longest.view_media,
          &longest.follow,
          &longest.rematch,
          &longest.list_publish,
          &longest.list_export,
          &longest.spread}) {
        *one = next;
        next += 1h;
    }
    const auto limits = limits_of(configuration).authority;
    std::chrono::seconds expected = 1h;
    for (const access::AuthorityAct act : access::kAuthorityActs) {
        EXPECT_EQ(limits.longest.at(act), expected) << access::name_of(act);
        expected += 1h;
    }
}

}  // namespace
}  // namespace cairn::identity
