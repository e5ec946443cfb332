#include <array>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/status.h"
#include "support/engines.h"
#include "support/records.h"

namespace cairn::db {
namespace {

// The second step takes long enough to be met in the middle.
constexpr std::array kSlow = {
    Migration{1, "CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT)"},
    Migration{
        2,
        "ALTER TABLE note ADD COLUMN number INTEGER;"
        "INSERT INTO note(body, number) WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
        " SELECT 'some text', i FROM n"}};
constexpr std::array kQuick = {
    kSlow[0], Migration{2, "ALTER TABLE note ADD COLUMN number INTEGER"}};

class AnyKilledMigration : public testing::TestWithParam<Engine> {
protected:
    /// A child that migrates and is killed after a while; whether it was still at it.
    bool kill_after(std::chrono::milliseconds while_migrating) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto own = Database::open(records_.location(), {});
            const bool done = own && (*own)->migrate({"note", kSlow});
            ::_exit(done ? 0 : 1);
        }
        std::this_thread::sleep_for(while_migrating);
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFSIGNALED(status);
    }

    cairn::test::Records records_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    Engines, AnyKilledMigration, cairn::test::kEngines, cairn::test::name_of_engine
);

TEST_P(AnyKilledMigration, LeavesTheFormerSchemaAndCanBeMadeAgain) {
    {
        const auto database = *Database::open(records_.location(), {});
        ASSERT_TRUE(database->migrate({"note", std::span(kSlow).first(1)}));
        ASSERT_TRUE(database->execute("INSERT INTO note(body) VALUES('before')"));
    }
    int met = 0;
    for (const int wait : {30, 60, 120}) {
        met += kill_after(std::chrono::milliseconds(wait)) ? 1 : 0;
        const auto database = *Database::open(records_.location(), {});
        const int version = *database->schema_version({"note", kQuick});
        if (version == 2) break;  // a machine so fast that it was done
        EXPECT_EQ(version, 1);
        EXPECT_EQ(*database->prepare("SELECT count(*) FROM note")->run_for_integer(), 1);
        EXPECT_FALSE(database->execute("SELECT number FROM note"));
    }
    EXPECT_GT(met, 0);
    const auto database = *Database::open(records_.location(), {});
    ASSERT_TRUE(database->migrate({"note", kQuick}));
    EXPECT_TRUE(database->execute("SELECT number FROM note"));
}

}  // namespace
}  // namespace cairn::db
