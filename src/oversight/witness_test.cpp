#include <functional>
#include <map>

#include <gmock/gmock.h>

#include "audit/audit_log.h"
#include "audit/keys_test.h"
#include "audit/log_records.h"
#include "oversight/schema.h"
#include "oversight/witness_client.h"
#include "oversight/witness_service.h"
#include "oversight/witness_watch.h"
#include "support/engines.h"
#include "support/fake_clock.h"
#include "support/records.h"

namespace cairn::oversight {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::SizeIs;

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

/// The way between installations: who answers at which address, and what an address was asked.
class Network final : public fetch::WebClient {
public:
    using Answerer = std::function<Result<fetch::Answer>(const std::string& body)>;

    Result<fetch::Answer> get(const std::string& /*url*/) override { return no_such_host(); }
    Result<fetch::Answer> post_form(
        const std::string& /*url*/,
        std::span<const fetch::FormField> /*fields*/,
        const std::optional<fetch::BasicLogin>& /*login*/
    ) override {
        return no_such_host();
    }
    Result<fetch::Answer> post(
        const std::string& url, std::string_view /*content_type*/, std::string_view body
    ) override {
        ++asked;
        const auto found = at.find(url);
        return found != at.end() ? found->second(std::string(body)) : no_such_host();
    }

    std::map<std::string, Answerer> at;
    int asked = 0;

private:
    static Error no_such_host() { return fail(Errc::unavailable, "it is not reached"); }
};

/// An installation with a log, that is a witness for another.
class Installation {
public:
    Installation(db::Engine engine, const std::string& name, std::uint8_t first_seed)
        : origin("log." + name),
          log_key(audit::test::counting_key(first_seed)),
          witness_key(audit::test::counting_key(static_cast<std::uint8_t>(first_seed + 1))),
          witness_name("witness." + name),
          place(engine),
          records(value_of(db::Database::open(place.location(), {}))),
          log(value_of(audit::AuditLog::open(*records, origin))) {
        value_of(records->migrate(kSchema));
    }

    audit::VerifierKey log_verifier() const {
        return value_of(
            audit::VerifierKey::create(origin, audit::SignatureType::ed25519, log_key.public_key())
        );
    }
    audit::VerifierKey witness_verifier() const {
        return value_of(audit::VerifierKey::create(
            witness_name, audit::SignatureType::cosignature_v1, witness_key.public_key()
        ));
    }
    Witness as_witness() const {
        return {.key = witness_verifier(), .address = "https://" + witness_name};
    }

    /// Begins to answer for the log of another.
    void serve(Network& network, const Installation& other, const Clock& clock) {
        service = std::make_unique<WitnessService>(
            *records,
            std::vector{other.log_verifier()},
            audit::Cosigner{.name = witness_name, .key = witness_key},
            clock
        );
        network.at[as_witness().address + "/add-checkpoint"] = [this](const std::string& body
                                                               ) -> Result<fetch::Answer> {
            const auto answer = CAIRN_TRY(service->add_checkpoint(body));
            return fetch::Answer{.status = answer.status, .body = answer.body};
        };
    }

    void act(int times = 1) {
        for (int i = 0; i < times; ++i) {
            audit::Entry entry;
            entry.time = UtcTime(std::chrono::seconds(1'790'000'000));
            entry.actor = "user-1";
            entry.operation = "item_show";
            value_of(records->transaction([&] { return log->append(entry); }));
        }
        value_of(log->integrate());
        value_of(log->sign(log_key));
    }

    WitnessReport ask(const Installation& witness, Network& network, const Clock& clock) {
        const std::vector<Witness> witnesses = {witness.as_witness()};
        return value_of(refresh_witnesses(*records, origin, witnesses, network, clock)).front();
    }

    std::string origin;
    crypto::SigningKey log_key;
    crypto::SigningKey witness_key;
    std::string witness_name;
    cairn::test::Records place;
    std::unique_ptr<db::Database> records;
    std::unique_ptr<audit::AuditLog> log;
    std::unique_ptr<WitnessService> service;
};

class Witnesses : public testing::TestWithParam<db::Engine> {
protected:
    Witnesses() {
        north_.serve(network_, south_, clock_);
        south_.serve(network_, north_, clock_);
    }

    WitnessWatch watch() {
        return {
            *north_.records,
            north_.origin,
            {.witnesses = {south_.witness_verifier()}, .needed = 1},
            clock_};
    }

    cairn::test::FakeClock clock_;
    Network network_;
    Installation north_{GetParam(), "north.example.org", 0x10};
    Installation south_{GetParam(), "south.example.org", 0x60};
};

INSTANTIATE_TEST_SUITE_P(Engines, Witnesses, cairn::test::kEngines, cairn::test::name_of_engine);

void expect_cosigned(const WitnessReport& report, std::uint64_t size) {
    EXPECT_TRUE(report.outcome) << report.outcome.error().message;
    EXPECT_EQ(report.size, size);
}

TEST_P(Witnesses, TwoInstallationsWitnessEachOther) {
    for (int round = 1; round <= 3; ++round) {
        north_.act(300);
        south_.act(1);
        const auto size = static_cast<std::uint64_t>(round);
        expect_cosigned(north_.ask(south_, network_, clock_), 300 * size);
        expect_cosigned(south_.ask(north_, network_, clock_), size);
    }
    EXPECT_EQ(network_.asked, 6);
    const auto notes = value_of(north_.log->cosigned_checkpoints());
    const audit::WitnessPolicy policy = {.witnesses = {south_.witness_verifier()}};
    const auto state = audit::witness_state(notes, north_.origin, policy, clock_.now());
    EXPECT_EQ(state.freshness, audit::WitnessFreshness::fresh);
}

TEST_P(Witnesses, ACheckpointThatDidNotGrowIsCosignedAgain) {
    north_.act();
    expect_cosigned(north_.ask(south_, network_, clock_), 1);
    clock_.advance(hours(3));
    WitnessWatch before = watch();
    EXPECT_EQ(value_of(before.state()).freshness, audit::WitnessFreshness::overdue);
    expect_cosigned(north_.ask(south_, network_, clock_), 1);
    WitnessWatch after = watch();
    EXPECT_EQ(value_of(after.state()).freshness, audit::WitnessFreshness::fresh);
}

TEST_P(Witnesses, GoesOnFromTheSizeThatTheWitnessRemembers) {
    north_.act(5);
    expect_cosigned(north_.ask(south_, network_, clock_), 5);
    // As if the answer had been lost on its way.
    value_of(north_.records->execute("DELETE FROM audit_witness"));
    north_.act(5);
    expect_cosigned(north_.ask(south_, network_, clock_), 10);
    EXPECT_EQ(network_.asked, 3);
}

TEST_P(Witnesses, OneThatFailsHindersNoOther) {
    north_.act();
    Witness gone = south_.as_witness();
    gone.address = "https://nobody.example.org";
    const std::vector<Witness> witnesses = {gone, south_.as_witness()};
    const auto reports =
        value_of(refresh_witnesses(*north_.records, north_.origin, witnesses, network_, clock_));
    ASSERT_THAT(reports, SizeIs(2));
    EXPECT_EQ(reports[0].outcome.error().code, Errc::unavailable);
    EXPECT_THAT(reports[0].outcome.error().message, HasSubstr(south_.witness_name));
    expect_cosigned(reports[1], 1);
}

TEST_P(Witnesses, SaysWhyAWitnessRefuses) {
    const auto refused = [&](const Installation& witness) {
        const WitnessReport report = north_.ask(witness, network_, clock_);
        return report.outcome ? std::string() : report.outcome.error().message;
    };
    EXPECT_EQ(
        refresh_witnesses(*north_.records, north_.origin, {}, network_, clock_).error().code,
        Errc::not_found
    );
    north_.act();
    Installation stranger(GetParam(), "stranger.example.org", 0xA0);
    stranger.serve(network_, south_, clock_);
    EXPECT_THAT(refused(stranger), HasSubstr("does not follow this log"));
    north_.log_key = audit::test::counting_key(0xF0);
    north_.act();
    EXPECT_THAT(refused(south_), HasSubstr("give it the log's public key"));
}

TEST_P(Witnesses, AnAnswerThatIsNotTheWitnesssWordIsNotStored) {
    north_.act();
    const std::string address = south_.as_witness().address + "/add-checkpoint";
    const auto honest = network_.at[address];
    const std::vector<std::string> lies = {
        "",
        "yes",
        "\xE2\x80\x94 " + south_.witness_name + " AAAAAAAA\n",
        std::string(100'000, 'x')};
    for (const std::string& lie : lies) {
        network_.at[address] = [&](const std::string&) -> Result<fetch::Answer> {
            return fetch::Answer{.status = 200, .body = lie};
        };
        EXPECT_FALSE(north_.ask(south_, network_, clock_).outcome) << lie.substr(0, 20);
    }
    // A cosignature of another checkpoint.
    std::string former;
    network_.at[address] = [&](const std::string& body) {
        auto answer = honest(body);
        if (former.empty()) former = answer->body;
        answer->body = former;
        return answer;
    };
    expect_cosigned(north_.ask(south_, network_, clock_), 1);
    north_.act();
    EXPECT_EQ(north_.ask(south_, network_, clock_).outcome.error().code, Errc::unauthenticated);
    // A size that no tree has, again and again.
    network_.at[address] = [](const std::string&) -> Result<fetch::Answer> {
        return fetch::Answer{.status = 409, .body = "999\n"};
    };
    EXPECT_EQ(north_.ask(south_, network_, clock_).outcome.error().code, Errc::corrupt_data);
}

TEST_P(Witnesses, AnotherHistoryIsRefusedAndKept) {
    north_.act(3);
    expect_cosigned(north_.ask(south_, network_, clock_), 3);
    // The same log, begun again: other entries under the same name and key.
    Installation forged(GetParam(), "north.example.org", 0x10);
    for (int i = 0; i < 2; ++i) {
        forged.act(2);
        EXPECT_FALSE(forged.ask(south_, network_, clock_).outcome);
    }
    value_of(forged.records->execute("DELETE FROM audit_witness"));
    EXPECT_THAT(value_of(south_.service->contradictions(north_.origin)), SizeIs(testing::Ge(1U)));
    north_.act();
    expect_cosigned(north_.ask(south_, network_, clock_), 4);
}

TEST_P(Witnesses, WhatIsBoundToThemStopsAfterADayAndGoesOnAfterANewCosignature) {
    WitnessWatch never = watch();
    EXPECT_FALSE(never.witnessed());  // there is no log yet
    north_.act();
    WitnessWatch watched = watch();
    EXPECT_FALSE(watched.witnessed());
    expect_cosigned(north_.ask(south_, network_, clock_), 1);
    EXPECT_FALSE(watched.witnessed());  // it looked less than a minute ago
    clock_.advance(minutes(1));
    EXPECT_TRUE(watched.witnessed());
    clock_.advance(hours(24) - minutes(2));
    EXPECT_TRUE(watched.witnessed());
    clock_.advance(minutes(1));
    EXPECT_FALSE(watched.witnessed());
    expect_cosigned(north_.ask(south_, network_, clock_), 1);
    clock_.advance(minutes(1));
    EXPECT_TRUE(watched.witnessed());
    clock_.advance(-hours(1));
    EXPECT_FALSE(watched.witnessed());  // the cosignature is of the future by now
}

TEST_P(Witnesses, WhereNoneIsEnrolledNothingStops) {
    WitnessWatch watched(*north_.records, north_.origin, {}, clock_);
    EXPECT_TRUE(watched.witnessed());
    EXPECT_EQ(value_of(watched.state()).freshness, audit::WitnessFreshness::none_enrolled);
}

TEST_P(Witnesses, WhatCannotBeReadCountsAsUnwitnessed) {
    north_.act();
    expect_cosigned(north_.ask(south_, network_, clock_), 1);
    WitnessWatch watched = watch();
    EXPECT_TRUE(watched.witnessed());
    value_of(north_.records->execute("DROP TABLE audit_witness"));
    clock_.advance(minutes(1));
    EXPECT_FALSE(watched.witnessed());
}

}  // namespace
}  // namespace cairn::oversight
