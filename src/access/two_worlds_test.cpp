// World Y is world X without anything that agency A
// keeps. Whatever agency B asks, the answers must be the same to the byte.
#include <functional>
#include <map>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/answer_text_test.h"
#include "access/world_test.h"

namespace cairn::access {
namespace {

using std::chrono::hours;
using test::expect_done;
using test::text;
using test::value_of;
using test::World;

constexpr const char* kReason = "A child said today that he will be there tonight.";
const Ground kInvestigation = {.purpose = Purpose::investigation};
const Ground kAdministration = {.purpose = Purpose::administration};
const Ground kOversight = {.purpose = Purpose::oversight};
const Ground kDanger = {.purpose = Purpose::danger_to_life};

/// Everything one agency has: of each type of object at least one.
struct Holdings {
    std::vector<Actor> people;  ///< administrator, supervisor, investigator, analyst, auditor
    std::vector<CaseId> cases;  ///< the last is restricted
    std::vector<AuthorityId> authorities;
    std::vector<ApprovalId> approvals;
    std::vector<BreakGlassId> broken_glasses;

    const Actor& admin() const { return people[0]; }
    const Actor& chief() const { return people[1]; }
    const Actor& investigator() const { return people[2]; }
    const Actor& analyst() const { return people[3]; }
    const Actor& auditor() const { return people[4]; }
};

/// The same names and words in both agencies: what leaks should show as more of the same.
Holdings furnish(World& world, const AgencyId& agency) {
    Holdings all;
    constexpr std::array kOne = {
        Role::administrator, Role::supervisor, Role::investigator, Role::analyst, Role::auditor};
    for (const Role role : kOne) {
        all.people.push_back(world.add_user(agency, "person " + std::string(name_of(role)), {role})
        );
    }
    Cases cases(world.gate());
    for (int i = 0; i < 3; ++i) {
        all.cases.push_back(value_of(cases.open(
            all.investigator(),
            kInvestigation,
            {.title = fmt::format("Harbour {}", i), .restricted = i == 2}
        )));
        world.clock().advance(std::chrono::seconds(1));
    }
    expect_done(cases.set_member(
        all.investigator(),
        kInvestigation,
        all.cases[1],
        {.user = all.analyst().user, .level = Level::read}
    ));
    Authorities authorities(world.gate(), {});
    for (const AuthorityAct act : {AuthorityAct::share, AuthorityAct::unlock}) {
        const AuthorityId id = value_of(authorities.draft(
            all.investigator(), kInvestigation, test::terms_for({act}, world.clock().now())
        ));
        all.authorities.push_back(id);
    }
    expect_done(authorities.activate(all.chief(), kInvestigation, all.authorities[0]));
    Approvals approvals(world.gate(), {});
    all.approvals.push_back(value_of(approvals.request(
        all.chief(),
        kAdministration,
        {.operation = OperationId::case_shred,
         .case_id = all.cases[0],
         .parameters = "{}",
         .reason = "its time is over"}
    )));
    BreakGlasses glasses(world.gate(), {});
    all.broken_glasses.push_back(
        value_of(glasses.open(all.analyst(), kDanger, all.cases[0], kReason))
    );
    return all;
}

/// One world, as agency B asks it. `hidden` are ids of agency A: there in X, nowhere in Y.
struct Asked {
    World& world;
    const Holdings& own;
    const Holdings& hidden;
    const AgencyId& other_agency;
};

using Question = std::function<std::string(const Asked&)>;

/// The answers to one question put by each of B's people.
template <typename Ask>
std::string by_each(const Asked& asked, const Ask& ask) {
    std::string out;
    for (const Actor& actor : asked.own.people) out += ask(actor);
    return out;
}

/// The same for one's own, for what is hidden and for what is nowhere.
template <typename IdType, typename Ask>
std::string of_each(
    const Asked& asked,
    const std::vector<IdType>& own,
    const std::vector<IdType>& hidden,
    const Ask& ask
) {
    std::vector<IdType> all = own;
    all.insert(all.end(), hidden.begin(), hidden.end());
    all.push_back(IdType::from_bytes(std::array<std::uint8_t, 16>{0xAA}));
    std::string out;
    for (const IdType& id : all) {
        // Lists are in the order of time: what is made at one instant would stand by its random id.
        asked.world.clock().advance(std::chrono::seconds(1));
        out += ask(id);
    }
    return out;
}

std::vector<UserId> ids_of(const std::vector<Actor>& people) {
    std::vector<UserId> ids;
    for (const Actor& one : people) ids.push_back(one.user);
    return ids;
}

std::string about_people(const Asked& a, OperationId operation) {
    People people(a.world.gate());
    if (operation == OperationId::agency_list) {
        return by_each(a, [&](const Actor& one) {
            return text(people.agencies(one, kAdministration, std::nullopt, 100));
        });
    }
    if (operation == OperationId::agency_show) {
        return of_each<AgencyId>(a, {}, {a.other_agency}, [&](const AgencyId& id) {
            return text(people.agency(a.own.admin(), kAdministration, id));
        });
    }
    if (operation == OperationId::user_list) {
        return by_each(a, [&](const Actor& one) {
            return text(people.users(one, kAdministration, std::nullopt, 2)) +
                   text(people.users(one, kInvestigation, std::nullopt, 1000));
        });
    }
    if (operation == OperationId::user_find) {
        std::string out;
        for (const char* prefix : {"", "p", "person", "Name of", "zzz"}) {
            out += by_each(a, [&](const Actor& one) {
                return text(people.find_users(one, kInvestigation, prefix, 3));
            });
        }
        return out;
    }
    if (operation == OperationId::user_add) {
        // A login that the other agency has already.
        return text(people.add_user(
            a.own.admin(),
            kAdministration,
            {.login = "taken elsewhere", .name = "New", .roles = {Role::analyst}}
        ));
    }
    return of_each(a, ids_of(a.own.people), ids_of(a.hidden.people), [&](const UserId& id) {
        const Actor& admin = a.own.admin();
        switch (operation) {
            case OperationId::user_show:
                return by_each(a, [&](const Actor& one) {
                    return text(people.show(one, kAdministration, id));
                });
            case OperationId::user_set_roles:
                return text(people.set_roles(admin, kAdministration, id, {Role::analyst}));
            case OperationId::user_disable:
                return text(people.disable(admin, kAdministration, id));
            default:
                return text(people.enable(admin, kAdministration, id));
        }
    });
}

std::string about_one_case(const Asked& a, OperationId operation) {
    Cases cases(a.world.gate());
    return of_each(a, a.own.cases, a.hidden.cases, [&](const CaseId& id) {
        return by_each(a, [&](const Actor& one) {
            switch (operation) {
                case OperationId::case_show:
                    return text(cases.show(one, kInvestigation, id));
                case OperationId::case_close:
                    return text(cases.close(one, kInvestigation, id));
                case OperationId::case_member_list:
                    return text(cases.members(one, kInvestigation, id, std::nullopt, 100));
                case OperationId::case_member_set: {
                    std::string out;
                    for (const auto* people : {&a.own.people, &a.hidden.people}) {
                        const CaseMember member = {
                            .user = people->back().user, .level = Level::read};
                        out += text(cases.set_member(one, kInvestigation, id, member));
                    }
                    return out;
                }
                case OperationId::case_share_list:
                    return text(cases.shares(one, kInvestigation, id, std::nullopt, 100));
                case OperationId::case_share_set:
                    return text(
                        cases.set_share(one, kInvestigation, id, a.other_agency, Level::exists)
                    );
                default:
                    return text(cases.shred(one, kAdministration, id));
            }
        });
    });
}

std::string about_cases(const Asked& a, OperationId operation) {
    Cases cases(a.world.gate());
    switch (operation) {
        case OperationId::case_open:
            return text(cases.open(a.own.investigator(), kInvestigation, {.title = "Harbour"})) +
                   text(cases.list(a.own.chief(), kInvestigation, std::nullopt, 1));
        case OperationId::case_list:
            return by_each(a, [&](const Actor& one) {
                const auto first = cases.list(one, kInvestigation, std::nullopt, 2);
                std::string out = text(first);
                if (!first || first->empty()) return out;
                const Cursor<CaseId> after = {
                    .created = first->back().opened, .id = first->back().id};
                return out + text(cases.list(one, kInvestigation, after, 2));
            });
        case OperationId::case_count:
            return by_each(a, [&](const Actor& one) {
                return text(cases.count(one, kInvestigation));
            });
        default: {
            std::string out;
            for (const char* word : {"harbour", "0", "2", "nothing", ""}) {
                out += by_each(a, [&](const Actor& one) {
                    return text(cases.find(one, kInvestigation, word, 10));
                });
            }
            return out;
        }
    }
}

std::string about_authorities(const Asked& a, OperationId operation) {
    Authorities authorities(a.world.gate(), {});
    const AuthorityTerms terms = test::terms_for({AuthorityAct::share}, a.world.clock().now());
    if (operation == OperationId::authority_draft) {
        return text(authorities.draft(a.own.investigator(), kInvestigation, terms));
    }
    if (operation == OperationId::authority_list) {
        return by_each(a, [&](const Actor& one) {
            return text(authorities.list(one, kInvestigation, {}, std::nullopt, 100)) +
                   text(authorities.list(
                       one, kInvestigation, {.act = AuthorityAct::share}, std::nullopt, 1
                   ));
        });
    }
    return of_each(a, a.own.authorities, a.hidden.authorities, [&](const AuthorityId& id) {
        const Actor& chief = a.own.chief();
        switch (operation) {
            case OperationId::authority_amend:
                return text(authorities.amend(chief, kInvestigation, id, terms));
            case OperationId::authority_activate:
                return text(authorities.activate(chief, kInvestigation, id));
            case OperationId::authority_suspend:
                return text(authorities.suspend(chief, kInvestigation, id));
            case OperationId::authority_revoke:
                return text(authorities.revoke(chief, kInvestigation, id));
            default:
                return text(authorities.show(chief, kInvestigation, id));
        }
    });
}

std::string about_approvals(const Asked& a, OperationId operation) {
    Approvals approvals(a.world.gate(), {});
    if (operation == OperationId::approval_list) {
        return by_each(a, [&](const Actor& one) {
            return text(approvals.list(one, kAdministration, std::nullopt, std::nullopt, 100));
        });
    }
    if (operation == OperationId::approval_request) {
        return of_each(a, a.own.cases, a.hidden.cases, [&](const CaseId& id) {
            return text(approvals.request(
                a.own.chief(),
                kAdministration,
                {.operation = OperationId::case_shred,
                 .case_id = id,
                 .parameters = "{}",
                 .reason = "its time is over"}
            ));
        });
    }
    return of_each(a, a.own.approvals, a.hidden.approvals, [&](const ApprovalId& id) {
        if (operation == OperationId::approval_show) {
            return by_each(a, [&](const Actor& one) {
                return text(approvals.show(one, kAdministration, id));
            });
        }
        Actor admin = a.own.admin();
        admin.second_factor_at = a.world.clock().now();
        return operation == OperationId::approval_approve
                   ? text(approvals.approve(admin, kAdministration, id))
                   : text(approvals.refuse(admin, kAdministration, id, "no"));
    });
}

/// Marks all that there are, whosever they are.
std::string see_alerts(const Asked& a, const Actor& actor) {
    auto find = value_of(a.world.records().prepare("SELECT id FROM alert"));
    std::vector<AlertId> ids;
    while (value_of(find.step())) ids.push_back(value_of(stored_id<AlertId>(find.bytes(0))));
    for (const AlertId& id : ids) {
        (void)mark_alert_seen(a.world.gate(), actor, kOversight, id).has_value();
    }
    return text(alerts(a.world.gate(), actor, kOversight, AlertState::seen, std::nullopt, 100));
}

std::string about_break_glass(const Asked& a, OperationId operation) {
    BreakGlasses glasses(a.world.gate(), {});
    switch (operation) {
        case OperationId::break_glass_open:
            return of_each(a, a.own.cases, a.hidden.cases, [&](const CaseId& id) {
                return text(glasses.open(a.own.analyst(), kDanger, id, kReason));
            });
        case OperationId::break_glass_review:
            return of_each(
                a,
                a.own.broken_glasses,
                a.hidden.broken_glasses,
                [&](const BreakGlassId& id) {
                    return text(
                        glasses.review(a.own.chief(), kOversight, id, BreakGlassFinding::justified)
                    );
                }
            );
        case OperationId::break_glass_list:
            return by_each(a, [&](const Actor& one) {
                return text(glasses.list(one, kOversight, std::nullopt, 100));
            });
        case OperationId::alert_seen:
            return by_each(a, [&](const Actor& one) { return see_alerts(a, one); });
        default:
            return by_each(a, [&](const Actor& one) {
                return text(alerts(a.world.gate(), one, kOversight, std::nullopt, std::nullopt, 100)
                );
            });
    }
}

/// Operations whose work lies in modules above: here it is seen that the gate alone tells nothing.
std::string at_the_gate(const Asked& a, OperationId operation) {
    return of_each(a, a.own.cases, a.hidden.cases, [&](const CaseId& id) {
        return by_each(a, [&](const Actor& one) {
            const Act act = {.operation = operation, .ground = kInvestigation, .case_id = id};
            return text(a.world.gate().change(one, act, [](Permit&) { return ok(); }));
        });
    });
}

std::string add_agency(const Asked& a) {
    return text(a.world.add_agency(a.own.admin(), kAdministration, "Third", Profile::police));
}

/// One question for every operation there is. A new operation without one does not compile: the
/// switch has no default.
std::string ask(const Asked& asked, OperationId operation) {
    switch (operation) {
        case OperationId::agency_add:
            return add_agency(asked);
        case OperationId::agency_list:
        case OperationId::agency_show:
        case OperationId::user_show:
        case OperationId::user_add:
        case OperationId::user_list:
        case OperationId::user_find:
        case OperationId::user_set_roles:
        case OperationId::user_disable:
        case OperationId::user_enable:
            return about_people(asked, operation);
        case OperationId::case_open:
        case OperationId::case_list:
        case OperationId::case_count:
        case OperationId::case_find:
            return about_cases(asked, operation);
        case OperationId::case_show:
        case OperationId::case_close:
        case OperationId::case_member_list:
        case OperationId::case_member_set:
        case OperationId::case_share_list:
        case OperationId::case_share_set:
        case OperationId::case_shred:
            return about_one_case(asked, operation);
        case OperationId::authority_draft:
        case OperationId::authority_amend:
        case OperationId::authority_activate:
        case OperationId::authority_suspend:
        case OperationId::authority_revoke:
        case OperationId::authority_list:
        case OperationId::authority_show:
            return about_authorities(asked, operation);
        case OperationId::approval_request:
        case OperationId::approval_approve:
        case OperationId::approval_refuse:
        case OperationId::approval_list:
        case OperationId::approval_show:
            return about_approvals(asked, operation);
        case OperationId::break_glass_open:
        case OperationId::break_glass_review:
        case OperationId::break_glass_list:
        case OperationId::alert_list:
        case OperationId::alert_seen:
            return about_break_glass(asked, operation);
        case OperationId::user_invite:
        case OperationId::user_reset_password:
        case OperationId::user_reset_second_factor:
        case OperationId::user_end_sessions:
        case OperationId::user_bind_key:
        case OperationId::user_unbind_key:
        case OperationId::agency_certificate_add:
        case OperationId::agency_certificate_remove:
        case OperationId::api_key_add:
        case OperationId::api_key_list:
        case OperationId::api_key_revoke:
        case OperationId::audit_search:
        case OperationId::audit_of_case:
        case OperationId::audit_own:
        case OperationId::audit_show:
        case OperationId::audit_prove:
        case OperationId::audit_checkpoint:
        case OperationId::audit_consistency:
        case OperationId::audit_tile:
        case OperationId::audit_entries:
        case OperationId::scan_run:
        case OperationId::scan_rematch:
        case OperationId::scan_report:
        case OperationId::item_extract:
        case OperationId::scan_list:
        case OperationId::scan_show:
        case OperationId::scan_stop:
        case OperationId::scan_resume:
        case OperationId::scan_findings:
        case OperationId::scan_coverage:
        case OperationId::list_list:
        case OperationId::list_show:
        case OperationId::list_import:
        case OperationId::list_update:
        case OperationId::list_verify:
        case OperationId::list_statistics:
        case OperationId::list_difference:
        case OperationId::list_remove:
            return at_the_gate(asked, operation);
    }
    return {};
}

/// Ids that a question made are drawn at random: they become numbers in the order they appear.
std::string without_new_ids(const std::string& answer, const std::set<std::string>& known) {
    static const std::regex kId("[0-9a-f]{32}");
    std::map<std::string, std::size_t> fresh;
    std::string out;
    auto at = answer.cbegin();
    for (std::sregex_iterator it(answer.begin(), answer.end(), kId), end; it != end; ++it) {
        const std::string id = it->str();
        out.append(at, answer.cbegin() + it->position());
        at = answer.cbegin() + it->position() + it->length();
        if (known.contains(id)) {
            out += id;
        } else {
            out += fmt::format("new-id-{}", fresh.emplace(id, fresh.size()).first->second);
        }
    }
    return out.append(at, answer.cend());
}

/// Both worlds, from one furnished for B.
class TwoWorlds : public testing::TestWithParam<db::Engine> {
protected:
    TwoWorlds() {
        std::optional<AgencyId> a;
        std::optional<AgencyId> b;
        {
            World first(place_x_.location());
            a = first.add_agency("Agency A");
            b = first.add_agency("Agency B");
            own_ = furnish(first, *b);
        }
        other_agency_ = a;
        place_y_ = std::make_unique<cairn::test::Records>(cairn::test::Records::CopyOf{place_x_});
        {
            World x(place_x_.location());
            hidden_ = furnish(x, *a);
            x.add_user(*a, "taken elsewhere", {Role::analyst});
        }
        const auto know = [this](const std::string& id) { known_.insert(id); };
        for (const Holdings* holdings : {&own_, &hidden_}) {
            for (const Actor& one : holdings->people) know(one.user.text());
            for (const CaseId& id : holdings->cases) know(id.text());
            for (const AuthorityId& id : holdings->authorities) know(id.text());
            for (const ApprovalId& id : holdings->approvals) know(id.text());
            for (const BreakGlassId& id : holdings->broken_glasses) know(id.text());
        }
        know(a->text());
        know(b->text());
    }

    std::string answer(const std::string& location, const Question& question) {
        World world(location);
        world.clock().advance(hours(1));
        const Asked asked = {
            .world = world, .own = own_, .hidden = hidden_, .other_agency = *other_agency_};
        return without_new_ids(question(asked), known_);
    }

    std::pair<std::string, std::string> answers(const Question& question) {
        return {answer(place_x_.location(), question), answer(place_y_->location(), question)};
    }

    cairn::test::Records place_x_{GetParam()};
    std::unique_ptr<cairn::test::Records> place_y_;
    std::optional<AgencyId> other_agency_;
    Holdings own_;
    Holdings hidden_;
    std::set<std::string> known_;
};

INSTANTIATE_TEST_SUITE_P(Engines, TwoWorlds, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(TwoWorlds, NoAnswerTellsWhetherTheOtherAgencyHasAnything) {
    for (const Operation& operation : operations()) {
        const auto [x, y] = answers([&](const Asked& asked) { return ask(asked, operation.id); });
        EXPECT_FALSE(x.empty()) << operation.name;
        EXPECT_EQ(x, y) << operation.name;
    }
}

TEST_P(TwoWorlds, TheAgencysOwnAuditTrailIsTheSame) {
    const auto [x, y] = answers([](const Asked& asked) {
        std::string out = ask(asked, OperationId::case_show);
        out += ask(asked, OperationId::case_count);
        for (const audit::Entry& entry : asked.world.entries()) {
            if (entry.agency != asked.own.admin().agency.text()) continue;
            out += fmt::format("{} {} {}\n", entry.operation, entry.reason, entry.case_id);
        }
        return out;
    });
    EXPECT_EQ(x, y);
}

// The test itself is tested: each of these leaks, and must be caught.
TEST_P(TwoWorlds, ALeakIsCaught) {
    const auto count = [](std::string_view sql) -> Question {
        return [sql = std::string(sql)](const Asked& asked) {
            auto query = value_of(asked.world.records().prepare(sql));
            return text(query.run_for_integer());
        };
    };
    const std::map<std::string, Question> leaks = {
        {"a count without the predicate", count("SELECT count(*) FROM case_file")},
        {"a highest number", count("SELECT max(number) FROM case_file")},
        {"a count of authorities", count("SELECT count(*) FROM authority")},
        {"another answer for what is hidden",
         [](const Asked& asked) {
             auto query = value_of(
                 asked.world.records().prepare("SELECT count(*) FROM case_file WHERE id = ?")
             );
             return text(query.bind(1, asked.hidden.cases[0].bytes()).run_for_integer());
         }},
        {"a member of another agency's case",
         [](const Asked& asked) {
             Actor everywhere = asked.own.chief();
             everywhere.agency = asked.other_agency;
             return text(Cases(asked.world.gate()).count(everywhere, kInvestigation));
         }},
    };
    for (const auto& [name, leak] : leaks) {
        const auto [x, y] = answers(leak);
        EXPECT_NE(x, y) << name;
    }
}

}  // namespace
}  // namespace cairn::access
