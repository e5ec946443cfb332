#include "oversight/act_index.h"

#include <algorithm>
#include <csignal>
#include <random>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit_log.h"
#include "audit/log_names.h"
#include "audit/log_records.h"
#include "oversight/schema.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::oversight {
namespace {

using testing::HasSubstr;

constexpr const char* kInstallation = "log.example.org/cairn";
constexpr std::int64_t kStart = 1'790'000'000'000'000;

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

/// Logs of synthetic acts whose marks are drawn from few values.
class Index : public testing::TestWithParam<db::Engine> {
protected:
    Index() { value_of(records_->migrate(kSchema)); }

    audit::Entry drawn(const std::string& agency) {
        audit::Entry entry;
        entry.time = utc_from_microseconds(kStart + place_number_++ * 1000 + draw(5) * 100'000);
        entry.actor = "user" + std::to_string(draw(3));
        entry.agency = agency;
        entry.operation = draw(4) == 0 ? "case_open" : "case_show";
        if (draw(2) == 0) entry.case_id = "case" + std::to_string(draw(3));
        std::vector<std::string> objects;
        for (int i = draw(4); i > 0; --i) objects.push_back("item:" + std::to_string(draw(5)));
        entry.objects = objects;
        if (draw(5) == 0) {
            entry.outcome = audit::Outcome::refused;
            entry.reason = "role_forbids";
        }
        return entry;
    }
    void add(const std::string& agency, int count) {
        while (count > 0) {
            std::vector<audit::EncodedAct> acts;
            for (; count > 0 && acts.size() < audit::kBatchMax; --count) {
                const audit::Entry entry = drawn(agency);
                acts.push_back(value_of(audit::encode_act(entry)));
                if (agency == "north") entries_.push_back(entry);
            }
            value_of(log_->integrate(acts));
        }
    }
    void follow() {
        while (value_of(follow_logs(*records_)) > 0) {
        }
    }
    std::int64_t number() {
        return value_of(
            audit::number_of_log(*records_, audit::origin_of_log(kInstallation, "north"))
        );
    }
    std::int64_t count(const std::string& what) {
        auto query = value_of(records_->prepare("SELECT count(*) FROM " + what));
        return value_of(query.run_for_integer());
    }
    int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    /// By looking at all of them.
    std::vector<std::uint64_t> expected(const ActFilter& filter, const ActPlaces& places) const {
        std::vector<std::uint64_t> found;
        for (std::uint64_t i = 0; i < entries_.size(); ++i) {
            const audit::Entry& entry = entries_[i];
            const auto agrees = [](const std::string& wanted, const std::string& is) {
                return wanted.empty() || wanted == is;
            };
            const auto& objects = std::get<std::vector<std::string>>(entry.objects);
            const bool touches =
                filter.object.empty() ||
                std::find(objects.begin(), objects.end(), filter.object) != objects.end();
            const bool in_time = (!filter.from || entry.time >= *filter.from) &&
                                 (!filter.until || entry.time < *filter.until);
            if (agrees(filter.actor, entry.actor) && agrees(filter.case_id, entry.case_id) &&
                agrees(filter.operation, entry.operation) && touches && in_time &&
                (!filter.outcome || *filter.outcome == entry.outcome)) {
                found.push_back(i);
            }
        }
        if (places.order == Order::newest_first) std::reverse(found.begin(), found.end());
        if (places.after) {
            std::erase_if(found, [&](std::uint64_t i) {
                return places.order == Order::newest_first ? i >= *places.after
                                                           : i <= *places.after;
            });
        }
        found.resize(std::min(found.size(), static_cast<std::size_t>(places.limit)));
        return found;
    }

    cairn::test::Records place_{GetParam()};
    std::unique_ptr<db::Database> records_ = value_of(db::Database::open(place_.location(), {}));
    std::unique_ptr<audit::AuditLog> log_ =
        value_of(audit::AuditLog::open(*records_, kInstallation));
    std::vector<audit::Entry> entries_;
    std::int64_t place_number_ = 0;
    std::mt19937 random_{7};
};

INSTANTIATE_TEST_SUITE_P(Engines, Index, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(Index, FindsWhatLookingAtAllFinds) {
    add("north", 3000);
    add("south", 500);
    follow();
    for (int round = 0; round < 300; ++round) {
        ActFilter filter;
        if (draw(3) == 0) filter.actor = "user" + std::to_string(draw(4));
        if (draw(3) == 0) filter.case_id = "case" + std::to_string(draw(3));
        if (draw(3) == 0) filter.operation = draw(2) == 0 ? "case_open" : "case_show";
        if (draw(3) == 0) filter.object = "item:" + std::to_string(draw(6));
        if (draw(3) == 0) filter.outcome = audit::Outcome::refused;
        const auto time = [&] {
            return utc_from_microseconds(kStart + std::int64_t{draw(3500)} * 1000);
        };
        if (draw(3) == 0) filter.from = time();
        if (draw(3) == 0) filter.until = time();
        ActPlaces places = {.log = number(), .limit = 1 + draw(200)};
        if (draw(2) == 0) places.order = Order::oldest_first;
        if (draw(2) == 0) places.after = static_cast<std::uint64_t>(draw(3100));
        std::vector<std::uint64_t> found;
        for (const FoundAct& act : value_of(find_acts(*records_, filter, places))) {
            found.push_back(act.index);
            EXPECT_EQ(act.entry->time, entries_[act.index].time);
        }
        EXPECT_EQ(found, expected(filter, places)) << "round " << round;
    }
}

TEST_P(Index, FollowsInBatchesAndMissesNothing) {
    add("north", kFollowMax + 10);
    add("south", 20);
    std::int64_t followed = 0;
    while (const std::int64_t count = value_of(follow_logs(*records_))) {
        EXPECT_LE(count, kFollowMax);
        followed += count;
    }
    EXPECT_EQ(followed, kFollowMax + 30);
    EXPECT_EQ(count("indexed_act"), kFollowMax + 30);
    EXPECT_EQ(value_of(entered_acts(*records_, number())), kFollowMax + 10U);
    add("north", 1);
    EXPECT_EQ(value_of(follow_logs(*records_)), 1);
}

TEST_P(Index, AKilledFollowerLeavesNothingOutAndNothingTwice) {
    add("north", 12'000);
    records_.reset();
    log_.reset();
    int killed = 0;
    for (int wait_ms = 1; wait_ms < 400; wait_ms *= 2) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto own = db::Database::open(place_.location(), {});
            while (own && follow_logs(**own).has_value()) {
            }
            ::_exit(1);
        }
        ::usleep(static_cast<useconds_t>(wait_ms) * 1000);
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        killed += WIFSIGNALED(status) ? 1 : 0;
    }
    EXPECT_GT(killed, 0);
    records_ = value_of(db::Database::open(place_.location(), {}));
    follow();
    EXPECT_EQ(count("indexed_act"), 12'000);
    EXPECT_EQ(value_of(entered_acts(*records_, number())), 12'000U);
    const auto found = value_of(find_acts(*records_, {}, {.log = number(), .limit = 20'000}));
    EXPECT_EQ(found.size(), 12'000U);
}

TEST_P(Index, SaysWhenTheLogLacksAnEntry) {
    add("north", 10);
    value_of(records_->execute("DELETE FROM audit_entry WHERE place = 4"));
    const auto followed = follow_logs(*records_);
    ASSERT_FALSE(followed);
    EXPECT_EQ(followed.error().code, Errc::corrupt_data);
    EXPECT_THAT(followed.error().message, HasSubstr("audit verify"));
}

}  // namespace
}  // namespace cairn::oversight
