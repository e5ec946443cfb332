#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "access/approval.h"
#include "access/authorities.h"
#include "access/break_glass.h"
#include "access/cases.h"
#include "access/gate.h"
#include "access/people.h"
#include "access/schema.h"
#include "audit/audit_log.h"
#include "support/engines.h"
#include "support/fake_clock.h"
#include "support/records.h"

namespace cairn::access::test {

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

inline void expect_done(const Status& status) {
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

struct InstallationOf {
    Profile profile = Profile::police;
    bool is_local = false;
};

/// Records of one installation, opened: what a server wires together.
class World {
public:
    explicit World(const std::string& location, InstallationOf installation = {}) {
        records_ = value_of(db::Database::open(location, {}));
        value_of(records_->migrate(keyring::kSchema));
        value_of(records_->migrate(kSchema));
        keys_ = value_of(keyring::KeyRing::open(*records_, master()));
        log_ = value_of(audit::AuditLog::open(*records_, "log.example.org/cairn"));
        if (!stored_installation(*records_)) {
            value_of(records_->transaction([&] {
                return insert_installation(
                    *records_,
                    {.name = "Example installation",
                     .profile = installation.profile,
                     .is_local = installation.is_local},
                    clock_.now()
                );
            }));
        }
        gate_ = value_of(Gate::open({
            .records = *records_,
            .keys = *keys_,
            .log = *log_,
            .clock = clock_,
            .record = [this](const audit::Entry& entry) { return record(entry); },
            .witnessed = [this] { return witnessed; },
        }));
    }

    AgencyId add_agency(const std::string& name, Profile profile = Profile::police) {
        std::optional<AgencyId> id;
        value_of(records_->transaction([&]() -> Status {
            id = CAIRN_TRY(insert_agency(*records_, *keys_, name, profile, clock_.now()));
            return ok();
        }));
        return *id;
    }

    /// As somebody adds one: through the gate.
    Result<AgencyId> add_agency(
        const Actor& actor, const Ground& ground, const std::string& name, Profile profile
    ) {
        const Act act = {
            .operation = OperationId::agency_add,
            .ground = ground,
            .parameters = agency_parameters(name),
        };
        std::optional<AgencyId> id;
        CAIRN_TRY(gate_->change(actor, act, [&](Permit& permit) -> Status {
            id = CAIRN_TRY(insert_agency(*records_, *keys_, name, profile, permit.now));
            permit.more_objects = {"agency:" + id->text()};
            return ok();
        }));
        return *id;
    }
    static std::string agency_parameters(const std::string& name) {
        return fmt::format(R"({{"name":"{}"}})", name);
    }

    /// A user with these roles, signed in just now.
    Actor add_user(const AgencyId& agency, const std::string& login, Roles roles) {
        std::optional<UserId> id;
        value_of(records_->transaction([&]() -> Status {
            id = CAIRN_TRY(insert_user(
                *records_,
                *keys_,
                agency,
                {.login = login,
                 .name = "Name of " + login,
                 .roles = roles,
                 .state = UserState::active},
                clock_.now()
            ));
            return ok();
        }));
        return actor(*id);
    }

    Actor actor(const UserId& id) {
        const User user = value_of(stored_user(*records_, *keys_, id));
        return {
            .user = id,
            .agency = user.agency,
            .profile = value_of(stored_agency(*records_, user.agency)).profile,
            .roles = user.roles,
            .session = "session of " + user.login,
            .client = "192.0.2.1",
            .request = "request-1",
            .second_factor_at = clock_.now(),
        };
    }

    /// The entries put on record, in their order.
    std::vector<audit::Entry> entries() {
        auto query = value_of(records_->prepare("SELECT entry FROM audit_pending ORDER BY id"));
        std::vector<audit::Entry> all;
        while (value_of(query.step())) {
            all.push_back(value_of(audit::parse_entry(query.bytes(0))));
        }
        return all;
    }
    audit::Entry last_entry() { return entries().back(); }
    /// Of a read or a refusal.
    const audit::Entry& last_recorded() const { return recorded_; }

    static crypto::SecretKey master() {
        const std::array<std::uint8_t, 32> bytes{1, 2, 3};
        return crypto::SecretKey::from_bytes(bytes);
    }

    cairn::test::FakeClock& clock() { return clock_; }
    db::Database& records() { return *records_; }
    keyring::KeyRing& keys() { return *keys_; }
    Gate& gate() { return *gate_; }

    bool witnessed = true;
    /// Makes the log refuse what is recorded, as a full disk would.
    bool can_record = true;

private:
    Status record(const audit::Entry& entry) {
        if (!can_record) return fail(Errc::limit_exceeded, "database or disk is full");
        recorded_ = entry;
        return records_->transaction([&] { return log_->append(entry); });
    }

    cairn::test::FakeClock clock_;
    audit::Entry recorded_;
    std::unique_ptr<db::Database> records_;
    std::unique_ptr<keyring::KeyRing> keys_;
    std::unique_ptr<audit::AuditLog> log_;
    std::unique_ptr<Gate> gate_;
};

inline Ground for_purpose(Purpose purpose) {
    return {.purpose = purpose};
}

/// Terms that allow `acts` in everything for thirty days from `start`.
inline AuthorityTerms terms_for(AuthorityActs acts, UtcTime start) {
    AuthorityTerms terms;
    terms.issuer = Issuer::court;
    terms.issuer_name = "Example court";
    terms.reference = "7 Gs 1/26";
    terms.legal_basis = "EX 1";
    terms.acts = acts;
    for (const ScopeKind kind : kScopeKinds) terms.scope.push_back({kind, std::string(kAll)});
    terms.starts = start;
    terms.ends = start + std::chrono::hours(24 * 30);
    terms.document = crypto::sha256(as_bytes("order"));
    return terms;
}

/// The same tests on both engines.
class AnyWorld : public testing::TestWithParam<db::Engine> {
protected:
    cairn::test::Records place_{GetParam()};
    World world_{place_.location()};
};

}  // namespace cairn::access::test
