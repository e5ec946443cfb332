#include "access/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "access/world_test.h"

namespace cairn::access {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using test::AnyWorld;
using test::expect_done;
using test::for_purpose;
using test::terms_for;
using test::value_of;

constexpr UtcTime kNow{std::chrono::seconds(1'790'000'000)};

ScopeItem any_item() {
    const auto kind = *rc::gen::elementOf(kScopeKinds);
    const auto value = *rc::gen::element<std::string>("a", "b", "DE", "DE-BY", "DE-BE", "all");
    return {kind, value};
}

Authority any_authority() {
    Authority authority = {
        .id = crypto::random_id<AuthorityId>(), .created_by = crypto::random_id<UserId>()};
    authority.state = *rc::gen::elementOf(kAuthorityStates);
    for (const AuthorityAct act : kAuthorityActs) {
        if (*rc::gen::arbitrary<bool>()) authority.terms.acts.insert(act);
    }
    const int items = *rc::gen::inRange(0, 5);
    for (int i = 0; i < items; ++i) authority.terms.scope.push_back(any_item());
    authority.terms.starts = kNow + hours(*rc::gen::inRange(-2, 3));
    authority.terms.ends = authority.terms.starts + hours(*rc::gen::inRange(1, 4));
    return authority;
}

/// The rule as the specification says it, one clause after the other.
bool allows(const Authority& authority, AuthorityAct act, const std::vector<ScopeItem>& touches) {
    bool in_scope = true;
    for (const ScopeItem& touched : touches) {
        bool granted = false;
        for (const ScopeItem& item : authority.terms.scope) {
            if (item.kind != touched.kind) continue;
            granted |= item.value == "all" || item.value == touched.value ||
                       (item.kind == ScopeKind::area && item.value == "DE" &&
                        touched.value.substr(0, 3) == "DE-");
        }
        in_scope = in_scope && granted;
    }
    return authority.state == AuthorityState::active && authority.terms.acts.contains(act) &&
           authority.terms.starts <= kNow && kNow < authority.terms.ends && in_scope;
}

RC_GTEST_PROP(Authority, AllowsWhatTheRuleSaysAndNothingElse, ()) {
    const Authority authority = any_authority();
    const auto act = *rc::gen::elementOf(kAuthorityActs);
    std::vector<ScopeItem> touches;
    const int items = *rc::gen::inRange(0, 4);
    for (int i = 0; i < items; ++i) touches.push_back(any_item());
    RC_ASSERT(gap_of(authority, act, touches, kNow).has_value() != allows(authority, act, touches));
}

RC_GTEST_PROP(Authority, TouchingMoreNeverAllowsMore, ()) {
    const Authority authority = any_authority();
    const auto act = *rc::gen::elementOf(kAuthorityActs);
    std::vector<ScopeItem> touches = {any_item()};
    const bool less = gap_of(authority, act, touches, kNow).has_value();
    touches.push_back(any_item());
    RC_ASSERT(!less || gap_of(authority, act, touches, kNow).has_value());
}

RC_GTEST_PROP(Authority, TermsReadBackAsTheyWereWritten, (const std::string& text)) {
    AuthorityTerms terms = any_authority().terms;
    terms.issuer = *rc::gen::elementOf(kIssuers);
    terms.issuer_name = text;
    terms.basis_text = text + text;
    if (*rc::gen::arbitrary<bool>()) terms.document = crypto::sha256(as_bytes(text));
    const auto back = decode_terms(encode_terms(terms));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == terms);
}

TEST(Authority, DamagedTermsAreRefused) {
    const ByteVector good = encode_terms(terms_for({AuthorityAct::unlock}, kNow));
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(decode_terms(Bytes(good).first(size))) << size;
    }
}

TEST(Authority, HoldsFromItsStartUntilItsEnd) {
    Authority authority = {
        .id = crypto::random_id<AuthorityId>(),
        .state = AuthorityState::active,
        .terms = terms_for({AuthorityAct::unlock}, kNow),
        .created_by = crypto::random_id<UserId>(),
    };
    const auto gap_at = [&](UtcTime now) {
        return gap_of(authority, AuthorityAct::unlock, {}, now);
    };
    EXPECT_EQ(gap_at(kNow - microseconds(1)), AuthorityGap::not_yet);
    EXPECT_EQ(gap_at(kNow), std::nullopt);
    EXPECT_EQ(gap_at(authority.terms.ends - microseconds(1)), std::nullopt);
    EXPECT_EQ(gap_at(authority.terms.ends), AuthorityGap::ended);
}

TEST(Authority, TermsThatSayTooLittleOrTooMuchAreRefused) {
    const AuthorityLimits limits = {.longest = {{AuthorityAct::monitor, hours(24 * 7)}}};
    const auto refusal = [&](const AuthorityTerms& terms) {
        const Status checked = check_terms(terms, limits);
        return checked ? std::string() : checked.error().message;
    };
    const AuthorityTerms good = terms_for({AuthorityAct::unlock}, kNow);
    EXPECT_EQ(refusal(good), "");
    AuthorityTerms terms = good;
    terms.scope.clear();
    EXPECT_THAT(refusal(terms), testing::HasSubstr("scope is empty"));
    terms = good;
    terms.acts = {};
    EXPECT_THAT(refusal(terms), testing::HasSubstr("no act"));
    terms = good;
    terms.ends = terms.starts;
    EXPECT_THAT(refusal(terms), testing::HasSubstr("ends before"));
    terms = good;
    terms.acts.insert(AuthorityAct::monitor);
    EXPECT_THAT(refusal(terms), testing::HasSubstr("7 days at most"));
    terms = good;
    terms.document.reset();
    EXPECT_THAT(refusal(terms), testing::HasSubstr("document"));
    terms.issuer = Issuer::statute;
    EXPECT_EQ(refusal(terms), "");
    terms.reference.clear();
    EXPECT_THAT(refusal(terms), testing::HasSubstr("reference"));
}

class AnyAuthorities : public AnyWorld {
protected:
    AgencyId agency_ = world_.add_agency("Agency A");
    Actor chief_ = world_.add_user(agency_, "chief", {Role::supervisor});
    Actor other_ = world_.add_user(agency_, "other", {Role::supervisor});
    Ground ground_ = for_purpose(Purpose::investigation);
    Authorities authorities_{world_.gate(), {}};
    Cases cases_{world_.gate()};

    AuthorityId active(const AuthorityTerms& terms) {
        const AuthorityId id = value_of(authorities_.draft(chief_, ground_, terms));
        expect_done(authorities_.activate(other_, ground_, id));
        return id;
    }

    AuthorityTerms sharing() { return terms_for({AuthorityAct::share}, world_.clock().now()); }

    Status share(const CaseId& id, const AgencyId& with) {
        return cases_.set_share(chief_, ground_, id, with, Level::read);
    }
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyAuthorities, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyAuthorities, AnActThatNeedsOneIsRefusedWithoutAndRecordedWith) {
    const AgencyId with = world_.add_agency("Agency B");
    const CaseId id = value_of(cases_.open(chief_, ground_, {.title = "Case"}));
    EXPECT_FALSE(share(id, with));
    EXPECT_EQ(world_.last_recorded().reason, "authority_required");
    const AuthorityId authority = value_of(authorities_.draft(chief_, ground_, sharing()));
    EXPECT_FALSE(share(id, with));  // a draft allows nothing
    expect_done(authorities_.activate(other_, ground_, authority));
    expect_done(share(id, with));
    EXPECT_EQ(world_.last_entry().authority, authority.text());
}

TEST_P(AnyAuthorities, ScopeBindsToCaseAndAgency) {
    const AgencyId with = world_.add_agency("Agency B");
    const AgencyId not_named = world_.add_agency("Agency C");
    const CaseId one = value_of(cases_.open(chief_, ground_, {.title = "One"}));
    const CaseId two = value_of(cases_.open(chief_, ground_, {.title = "Two"}));
    AuthorityTerms terms = sharing();
    terms.scope = {{ScopeKind::case_id, one.text()}, {ScopeKind::agency, with.text()}};
    const AuthorityId authority = active(terms);
    expect_done(share(one, with));
    EXPECT_FALSE(share(two, with));
    EXPECT_FALSE(share(one, not_named));
    ground_.authority = authority;  // when it is named, the gap is told
    EXPECT_FALSE(share(two, with));
    EXPECT_EQ(world_.last_recorded().reason, "authority_out_of_scope");
}

TEST_P(AnyAuthorities, EndSuspensionAndRevocationStopARunningJob) {
    const AgencyId with = world_.add_agency("Agency B");
    const CaseId id = value_of(cases_.open(chief_, ground_, {.title = "Case"}));
    const AuthorityId authority = active(sharing());
    const Act act = {
        .operation = OperationId::case_share_set,
        .ground = ground_,
        .case_id = id,
        .touches = {{ScopeKind::agency, with.text()}},
    };
    const Permit permit{.actor = chief_, .operation = operation(OperationId::case_share_set)};
    expect_done(world_.gate().still_permitted(permit, act));
    expect_done(authorities_.suspend(chief_, ground_, authority));
    EXPECT_FALSE(world_.gate().still_permitted(permit, act));
    expect_done(authorities_.activate(other_, ground_, authority));
    expect_done(world_.gate().still_permitted(permit, act));
    world_.clock().advance(hours(24 * 30));
    EXPECT_FALSE(world_.gate().still_permitted(permit, act));
    EXPECT_EQ(world_.last_recorded().operation, "case_share_set");
    EXPECT_EQ(world_.last_recorded().outcome, audit::Outcome::refused);
}

TEST_P(AnyAuthorities, AnAmendmentIsANewVersionAndOldOnesStayReadable) {
    const AgencyId with = world_.add_agency("Agency B");
    const CaseId one = value_of(cases_.open(chief_, ground_, {.title = "One"}));
    const CaseId two = value_of(cases_.open(chief_, ground_, {.title = "Two"}));
    AuthorityTerms terms = sharing();
    terms.scope = {{ScopeKind::case_id, one.text()}, {ScopeKind::agency, "all"}};
    const AuthorityId id = active(terms);
    terms.scope = {{ScopeKind::case_id, two.text()}, {ScopeKind::agency, "all"}};
    expect_done(authorities_.amend(chief_, ground_, id, terms));
    EXPECT_EQ(authorities_.amend(chief_, ground_, id, terms).error().code, Errc::conflict);
    expect_done(share(one, with));  // the first is in force until the second is
    expect_done(authorities_.activate(other_, ground_, id));
    EXPECT_FALSE(share(one, with));
    expect_done(share(two, with));
    const auto versions = value_of(authorities_.show(chief_, ground_, id));
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions[0].version, 2);
    EXPECT_EQ(versions[0].state, AuthorityState::active);
    EXPECT_EQ(versions[1].state, AuthorityState::replaced);
    EXPECT_EQ(versions[1].terms.scope[0].value, one.text());
    expect_done(authorities_.revoke(chief_, ground_, id));
    EXPECT_FALSE(share(two, with));
    EXPECT_EQ(authorities_.activate(other_, ground_, id).error().code, Errc::conflict);
    EXPECT_EQ(authorities_.amend(chief_, ground_, id, terms).error().code, Errc::conflict);
}

TEST_P(AnyAuthorities, GraveOnesAreActivatedByAnotherPerson) {
    const AuthorityId id = value_of(
        authorities_.draft(chief_, ground_, terms_for({AuthorityAct::unlock}, world_.clock().now()))
    );
    EXPECT_FALSE(authorities_.activate(chief_, ground_, id));
    EXPECT_EQ(world_.last_recorded().reason, "approver_is_requester");
    expect_done(authorities_.activate(other_, ground_, id));
}

TEST_P(AnyAuthorities, AProviderCannotRecordOneForWhatItMayNeverDo) {
    const AgencyId provider = world_.add_agency("Provider", Profile::provider);
    const Actor actor = world_.add_user(provider, "p", {Role::supervisor});
    const auto refused = authorities_.draft(
        actor, ground_, terms_for({AuthorityAct::monitor}, world_.clock().now())
    );
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_P(AnyAuthorities, AnotherAgencysAuthorityIsNotThereAndAllowsNothing) {
    const AgencyId agency = world_.add_agency("Agency B");
    const Actor stranger = world_.add_user(agency, "stranger", {Role::supervisor});
    const AuthorityId id = active(sharing());
    EXPECT_EQ(authorities_.show(stranger, ground_, id).error().code, Errc::not_found);
    EXPECT_EQ(authorities_.revoke(stranger, ground_, id).error().code, Errc::not_found);
    EXPECT_TRUE(value_of(authorities_.list(stranger, ground_, {}, std::nullopt, 100)).empty());
    const CaseId theirs = value_of(cases_.open(stranger, ground_, {.title = "Theirs"}));
    Ground named = ground_;
    named.authority = id;
    EXPECT_FALSE(cases_.set_share(stranger, named, theirs, agency_, Level::read));
    EXPECT_EQ(world_.last_recorded().reason, "authority_required");
}

TEST_P(AnyAuthorities, AreListedByStateAndActAndInPages) {
    const AuthorityId shared = active(sharing());
    expect_done(authorities_.amend(chief_, ground_, shared, sharing()));
    const auto unlocking = terms_for({AuthorityAct::unlock}, world_.clock().now());
    const AuthorityId grave = value_of(authorities_.draft(chief_, ground_, unlocking));
    const auto list = [&](const AuthorityFilter& filter) {
        return value_of(authorities_.list(chief_, ground_, filter, std::nullopt, 100));
    };
    EXPECT_EQ(list({}).size(), 3U);
    EXPECT_EQ(list({.state = AuthorityState::draft}).size(), 2U);
    EXPECT_EQ(list({.state = AuthorityState::active}).size(), 1U);
    ASSERT_EQ(list({.act = AuthorityAct::unlock}).size(), 1U);
    EXPECT_EQ(list({.act = AuthorityAct::unlock})[0].id, grave);
    EXPECT_EQ(list({.state = AuthorityState::active, .act = AuthorityAct::share}).size(), 1U);
    EXPECT_TRUE(list({.act = AuthorityAct::export_data}).empty());
    std::set<std::pair<AuthorityId, std::int64_t>> seen;
    std::optional<Cursor<AuthorityId>> after;
    for (;;) {
        const auto page = value_of(authorities_.list(chief_, ground_, {}, after, 1));
        if (page.empty()) break;
        EXPECT_TRUE(seen.emplace(page[0].id, page[0].version).second);
        after = Cursor<AuthorityId>{.created = page[0].created, .id = page[0].id};
    }
    EXPECT_EQ(seen.size(), 3U) << "two versions of one instant are two rows";
}

TEST_P(AnyAuthorities, AVersionThatIsNotTheNewestIsNotEdited) {
    const AuthorityId id = active(sharing());
    Ground ground = ground_;
    ground.revision = 1;
    expect_done(authorities_.amend(chief_, ground, id, sharing()));
    for (const Status& late :
         {authorities_.activate(other_, ground, id),
          authorities_.suspend(other_, ground, id),
          authorities_.revoke(other_, ground, id)}) {
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().reason, "changed_meanwhile");
    }
    ground.revision = 2;
    expect_done(authorities_.activate(other_, ground, id));
}

}  // namespace
}  // namespace cairn::access
