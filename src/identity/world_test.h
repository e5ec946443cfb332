#pragma once

#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "access/people_store.h"
#include "access/schema.h"
#include "audit/audit_log.h"
#include "identity/password.h"
#include "identity/schema.h"
#include "identity/session_sign_in.h"
#include "identity/sign_in.h"
#include "support/engines.h"
#include "support/fake_clock.h"
#include "support/records.h"

namespace cairn::identity::test {

/// Argon2id at its cheapest, counted.
class CountingHasher final : public PasswordHasher {
public:
    Result<std::string> hash(std::string_view password) override { return real_.hash(password); }
    Result<bool> matches(const std::string& encoded, std::string_view password) override {
        ++computed;
        if (meanwhile) meanwhile();
        return real_.matches(encoded, password);
    }
    bool outdated(const std::string& encoded) const override { return real_.outdated(encoded); }

    int computed = 0;
    std::function<void()> meanwhile;  ///< what others do while it computes

private:
    Argon2idHasher real_{{.memory_bytes = 8192, .passes = 1}};
};

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

inline constexpr std::string_view kAgency = "Example agency";
inline constexpr std::string_view kLogin = "maria.example";
inline constexpr std::string_view kPassword = "four plain english words";
inline constexpr std::string_view kInstallation = "Example installation";

/// Somebody of that agency.
inline Claim claim(std::string_view login = kLogin) {
    return {.agency = kAgency, .login = login};
}

/// Records with one agency and one user who has a password; and all that lets them in. One
/// connection; another World on the same place is another one.
struct World {
    explicit World(const std::string& location, const crypto::SecretKey& master)
        : records(value_of(db::Database::open(location, {}))) {
        for (const db::Schema* schema : {&keyring::kSchema, &access::kSchema, &kSchema}) {
            value_of(records->migrate(*schema));
        }
        keys = value_of(keyring::KeyRing::open(*records, master));
        log = value_of(audit::AuditLog::open(*records, "example.org/log"));
        sign_in = value_of(SignIn::open(parts(), {}));
        sessions = std::make_unique<Sessions>(*records, clock, SessionLimits{});
        session_sign_in = std::make_unique<SessionSignIn>(
            SessionSignIn::Parts{.records = *records, .keys = *keys, .log = *log, .clock = clock},
            SessionLimits{}
        );
        factors = std::make_unique<SecondFactors>(*records, *keys, clock, LockOutLimits{});
        credentials = std::make_unique<Credentials>(*records, *keys);
    }

    SignIn::Parts parts() {
        return {.records = *records, .keys = *keys, .log = *log, .clock = clock, .hasher = hasher};
    }

    void done(const std::function<Status()>& work) { value_of(records->transaction(work)); }

    template <typename T>
    T within(const std::function<Result<T>()>& work) {
        std::optional<Result<T>> result;
        done([&]() -> Status {
            result = work();
            if (!*result) return result->error();
            return ok();
        });
        return value_of(*std::move(result));
    }

    access::AgencyId add_agency(const std::string& name) {
        return within<access::AgencyId>([&] {
            return access::insert_agency(
                *records, *keys, name, access::Profile::police, clock.now()
            );
        });
    }

    Account add_user(
        const access::AgencyId& agency,
        std::string_view login,
        access::UserState state,
        access::Roles roles = {access::Role::investigator}
    ) {
        const auto user = within<access::UserId>([&] {
            const access::NewUser fresh{
                .login = std::string(login), .name = "Maria", .roles = roles, .state = state};
            return access::insert_user(*records, *keys, agency, fresh, clock.now());
        });
        return *value_of(find_account(*records, user));
    }

    void set_password(const Account& account, std::string_view password) {
        const std::string hash = value_of(hasher.hash(password));
        done([&] { return credentials->set_password_hash(account, hash); });
    }

    /// An authenticator for the user; returns its secret.
    std::string enrol(const Account& account) {
        const auto enrolment =
            within<TotpEnrolment>([&] { return factors->begin_enrolment(account); });
        std::string secret = secret_in(enrolment.secret);
        const auto verdict = within<CodeVerdict>([&] {
            return factors->finish_enrolment(account, code_of(secret));
        });
        EXPECT_EQ(verdict, CodeVerdict::good);
        return secret;
    }

    std::string code_of(const std::string& secret) const {
        return value_of(totp_code(as_bytes(secret), totp_step(clock.now())));
    }

    /// RFC 4648 base32, undone bit by bit.
    static std::string secret_in(std::string_view base32) {
        constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        std::string secret;
        unsigned bits = 0;
        int count = 0;
        for (const char c : base32) {
            bits = bits << 5U | static_cast<unsigned>(kAlphabet.find(c));
            count += 5;
            if (count < 8) continue;
            count -= 8;
            secret += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
        }
        return secret;
    }

    /// Everything on record so far, in order.
    std::vector<audit::Entry> entries();
    audit::Entry last_entry() { return entries().back(); }

    cairn::test::FakeClock clock;
    CountingHasher hasher;
    std::unique_ptr<db::Database> records;
    std::unique_ptr<keyring::KeyRing> keys;
    std::unique_ptr<audit::AuditLog> log;
    std::unique_ptr<SignIn> sign_in;
    std::unique_ptr<Sessions> sessions;
    std::unique_ptr<SessionSignIn> session_sign_in;
    std::unique_ptr<SecondFactors> factors;
    std::unique_ptr<Credentials> credentials;
};

/// The same tests on both engines; the installation, its agency and its user are there.
class AnyWorld : public testing::TestWithParam<db::Engine> {
protected:
    AnyWorld() {
        world_.done([&] {
            const access::Installation installation{
                .name = std::string(kInstallation), .profile = access::Profile::police};
            return access::insert_installation(*world_.records, installation, clock().now());
        });
        agency_ = world_.add_agency(std::string(kAgency));
        account_ = world_.add_user(*agency_, kLogin, access::UserState::active);
        world_.set_password(*account_, kPassword);
    }

    cairn::test::FakeClock& clock() { return world_.clock; }
    const Account& account() const { return *account_; }

    cairn::test::Records place_{GetParam()};
    crypto::SecretKey master_ = crypto::SecretKey::random();
    World world_{place_.location(), master_};
    std::optional<access::AgencyId> agency_;
    std::optional<Account> account_;
    Client client_{.address = "192.0.2.17", .id = "request-1"};
};

}  // namespace cairn::identity::test
