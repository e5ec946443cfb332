#include "db/status.h"

#include <array>

#include <gmock/gmock.h>

#include "support/engines.h"
#include "support/records.h"

namespace cairn::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array kMigrations = {
    Migration{1, "CREATE TABLE note(id INTEGER PRIMARY KEY)"},
    Migration{2, "CREATE TABLE other_note(id INTEGER PRIMARY KEY)"}};
constexpr Schema kNotes{"note", kMigrations};
constexpr Schema kFormerNotes{"note", std::span(kMigrations).first(1)};
constexpr std::array kSchemas = {kNotes};

class AnyStatus : public testing::TestWithParam<Engine> {
protected:
    DatabaseStatus status(std::span<const Schema> schemas = kSchemas) {
        auto read = read_status(*database_, schemas);
        EXPECT_TRUE(read) << (read ? "" : read.error().message);
        return read ? *read : DatabaseStatus{};
    }

    cairn::test::Records records_{GetParam()};
    std::unique_ptr<Database> database_ = *Database::open(records_.location(), {});
};

INSTANTIATE_TEST_SUITE_P(Engines, AnyStatus, cairn::test::kEngines, cairn::test::name_of_engine);

TEST_P(AnyStatus, TellsVersionsAndRows) {
    ASSERT_TRUE(database_->migrate(kNotes));
    ASSERT_TRUE(database_->execute("INSERT INTO note(id) VALUES(1), (2)"));
    const DatabaseStatus found = status();
    EXPECT_EQ(found.engine, GetParam());
    EXPECT_FALSE(found.engine_version.empty());
    EXPECT_GT(found.size_bytes, 0U);
    ASSERT_EQ(found.schemas.size(), 1U);
    EXPECT_EQ(found.schemas[0].version, 2);
    EXPECT_EQ(found.schemas[0].known, 2);
    ASSERT_EQ(found.tables.size(), 3U);
    EXPECT_EQ(found.tables[0].name, "note");
    EXPECT_EQ(found.tables[0].rows, 2U);
    EXPECT_THAT(found.problems, IsEmpty());
}

TEST_P(AnyStatus, SaysWhatIsToBeDone) {
    EXPECT_THAT(status().problems, ElementsAre(HasSubstr("are not there; run `cairn db migrate`")));
    ASSERT_TRUE(database_->migrate(kFormerNotes));
    EXPECT_THAT(status().problems, ElementsAre(HasSubstr("version 1 of 2")));
    ASSERT_TRUE(database_->migrate(kNotes));
    constexpr std::array kFormer = {kFormerNotes};
    EXPECT_THAT(status(kFormer).problems, ElementsAre(HasSubstr("a newer Cairn (version 2")));
    EXPECT_THAT(status({}).problems, ElementsAre(HasSubstr("the tables of note are unknown")));
    ASSERT_TRUE(database_->execute("INSERT INTO schema_version VALUES('stranger', 1)"));
    EXPECT_THAT(status().problems, ElementsAre(HasSubstr("the tables of stranger are unknown")));
}

TEST(Status, WarnsOfAServerThatDoesNotSync) {
    // The server for tests is told not to: it is processes that are killed there, not machines.
    const cairn::test::Records records(Engine::postgresql);
    const auto database = *Database::open(records.location(), {});
    ASSERT_TRUE(database->migrate(kNotes));
    const auto status = read_status(*database, kSchemas);
    ASSERT_TRUE(status);
    EXPECT_THAT(
        status->warnings, ElementsAre(HasSubstr("fsync = off"), HasSubstr("owns the tables"))
    );
}

}  // namespace
}  // namespace cairn::db
