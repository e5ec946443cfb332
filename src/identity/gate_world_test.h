#pragma once

#include <memory>
#include <string_view>

#include "access/gate.h"
#include "identity/world_test.h"

namespace cairn::identity::test {

/// AnyWorld with a gate and somebody who administers the agency.
class AnyGateWorld : public AnyWorld {
protected:
    /// The user, signed in just now.
    access::Actor actor_of(const Account& of) {
        const Account now = **find_account(*world_.records, of.user);
        return {
            .user = now.user,
            .agency = now.agency,
            .profile = now.profile,
            .roles = now.roles,
            .session = "session of " + now.user.text(),
            .client = "192.0.2.1",
            .request = "request-2",
            .second_factor_at = clock().now(),
        };
    }
    access::Actor boss() { return actor_of(boss_); }
    access::UserState state_of(const Account& of) {
        return (*find_account(*world_.records, of.user))->state;
    }
    Account add(
        const access::AgencyId& agency,
        std::string_view login,
        access::UserState state,
        access::Role role
    ) {
        return world_.add_user(agency, login, state, {role});
    }
    void set_state(const Account& of, access::UserState state) {
        world_.done([&] { return access::store_user_state(*world_.records, of.user, state); });
    }
    void expect_refused(const Status& status, Errc code, std::string_view reason) {
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, code) << status.error().message;
        EXPECT_EQ(world_.last_entry().reason, reason);
    }

    const access::Ground ground_ = {.purpose = access::Purpose::administration};
    Account boss_ =
        add(*agency_, "boss.example", access::UserState::active, access::Role::administrator);
    std::unique_ptr<access::Gate> gate_ = value_of(access::Gate::open({
        .records = *world_.records,
        .keys = *world_.keys,
        .log = *world_.log,
        .clock = clock(),
        .record = [this](const audit::Entry& entry) -> Status {
            return world_.records->transaction([&] { return world_.log->append(entry); });
        },
        .witnessed = {},
    }));
};

}  // namespace cairn::identity::test
