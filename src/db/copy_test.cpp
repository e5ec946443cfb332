#include "db/copy.h"

#include <array>

#include <gtest/gtest.h>

#include "support/records.h"

namespace cairn::db {
namespace {

constexpr std::array kMigrations = {Migration{1, R"sql(
CREATE TABLE album(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    part_of INTEGER REFERENCES album(id),
    title TEXT
);
CREATE TABLE album_page(
    album INTEGER NOT NULL REFERENCES album(id),
    word TEXT NOT NULL,
    code BLOB NOT NULL,
    number INTEGER,
    PRIMARY KEY(album, word, code)
) WITHOUT ROWID;
CREATE TABLE aaa_label(album INTEGER PRIMARY KEY REFERENCES album(id), body BLOB);
)sql"}};
constexpr std::array kSchemas = {Schema{"album", kMigrations}};

const auto kQuiet = [](const CopyProgress&) {};

void expect_done(const Status& status) {
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

std::unique_ptr<Database> connect(const cairn::test::Records& place, bool read_only = false) {
    auto database = Database::open(place.location(), {.read_only = read_only});
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return *std::move(database);
}

struct Direction {
    Engine from;
    Engine to;
};

/// From each engine to each.
class AnyCopy : public testing::TestWithParam<Direction> {
protected:
    void SetUp() override {
        const auto source = connect(from_);
        expect_done(source->migrate(kSchemas[0]));
        expect_done(source->transaction([&] { return fill(*source); }));
    }

    static Status fill(Database& source) {
        auto album = CAIRN_TRY(source.prepare("INSERT INTO album VALUES(?, ?, ?)"));
        // The part comes before the whole.
        for (const auto& [id, whole] : {std::pair{3, 1}, std::pair{1, 0}, std::pair{9, 3}}) {
            album.bind(1, std::int64_t{id});
            if (whole > 0 && id != 3) album.bind(2, std::int64_t{whole});
            CAIRN_TRY(album.bind(3, std::string_view("T\xc3\xa9 \xf0\x9f\x97\xbb \t%_'\"\\")).run()
            );
        }
        CAIRN_TRY(source.execute("UPDATE album SET part_of = 9 WHERE id = 1"));
        CAIRN_TRY(source.execute("UPDATE album SET title = NULL WHERE id = 9"));
        auto page = CAIRN_TRY(source.prepare("INSERT INTO album_page VALUES(1, ?, ?, ?)"));
        constexpr std::array<std::string_view, 5> kWords = {"", "B", "a", "\xc3\xa9", "z"};
        constexpr std::array<std::int64_t, 4> kNumbers = {
            0,
            -1,
            std::numeric_limits<std::int64_t>::max(),
            std::numeric_limits<std::int64_t>::min()};
        for (std::size_t i = 0; i < 1300; ++i) {
            page.bind(1, kWords.at(i % kWords.size()));
            ByteVector code(i % 300, static_cast<std::uint8_t>(i));
            for (unsigned shift = 0; shift < 32; shift += 8) {
                code.push_back(static_cast<std::uint8_t>(i >> shift));
            }
            page.bind(2, Bytes(code));
            if (i % 7 != 0) page.bind(3, kNumbers.at(i % kNumbers.size()));
            CAIRN_TRY(page.run());
        }
        auto label = CAIRN_TRY(source.prepare("INSERT INTO aaa_label VALUES(?, ?)"));
        ByteVector all(256);
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
        CAIRN_TRY(label.bind(1, std::int64_t{1}).bind(2, Bytes(all)).run());
        CAIRN_TRY(label.bind(1, std::int64_t{3}).bind(2, Bytes()).run());
        return label.bind(1, std::int64_t{9}).bind_null(2).run();
    }

    Result<CopyOutcome> copy() {
        const auto from = connect(from_, true);
        const auto to = connect(to_);
        return copy_records(*from, *to, kSchemas, kQuiet);
    }

    cairn::test::Records from_{GetParam().from};
    cairn::test::Records to_{GetParam().to};
};

INSTANTIATE_TEST_SUITE_P(
    Directions,
    AnyCopy,
    testing::Values(
        Direction{Engine::sqlite, Engine::postgresql},
        Direction{Engine::postgresql, Engine::sqlite},
        Direction{Engine::sqlite, Engine::sqlite},
        Direction{Engine::postgresql, Engine::postgresql}
    ),
    [](const auto& which) {
        const auto word = [](Engine e) { return e == Engine::sqlite ? "Sqlite" : "Postgresql"; };
        return fmt::format("{}To{}", word(which.param.from), word(which.param.to));
    }
);

TEST_P(AnyCopy, BringsEveryValueOver) {
    const auto outcome = copy();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->tables, 3U);
    EXPECT_EQ(outcome->rows, 1306U);
    const auto to = connect(to_);
    auto label = to->prepare("SELECT body FROM aaa_label ORDER BY album");
    ASSERT_TRUE(*label->step());
    ASSERT_EQ(label->bytes(0).size(), 256U);
    for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(label->bytes(0)[i], i);
    ASSERT_TRUE(*label->step());
    EXPECT_FALSE(label->is_null(0));
    EXPECT_TRUE(label->bytes(0).empty());
    ASSERT_TRUE(*label->step());
    EXPECT_TRUE(label->is_null(0));
    auto title = to->prepare("SELECT title, part_of FROM album ORDER BY id");
    ASSERT_TRUE(*title->step());
    EXPECT_EQ(title->text(0), "T\xc3\xa9 \xf0\x9f\x97\xbb \t%_'\"\\");
    EXPECT_EQ(title->integer(1), 9);
    auto highest = to->prepare("SELECT max(number) FROM album_page");
    EXPECT_EQ(*highest->run_for_integer(), std::numeric_limits<std::int64_t>::max());
}

TEST_P(AnyCopy, NumbersGoOnAfterTheHighestThatWasGiven) {
    const auto source = connect(from_);
    // Given and taken away again: not to be given a second time.
    auto given = source->prepare("INSERT INTO album(title) VALUES(NULL) RETURNING id");
    std::int64_t last = 0;
    for (int i = 0; i < 12; ++i) {
        const auto id = given->run_for_integer();
        // PostgreSQL does not learn of the numbers that were chosen by hand.
        if (id) last = *id;
    }
    auto remove = source->prepare("DELETE FROM album WHERE id = ?");
    expect_done(remove->bind(1, last).run());
    const auto outcome = copy();
    ASSERT_TRUE(outcome) << outcome.error().message;
    const auto to = connect(to_);
    auto insert = to->prepare("INSERT INTO album(title) VALUES(NULL) RETURNING id");
    EXPECT_EQ(*insert->run_for_integer(), last + 1);
}

TEST_P(AnyCopy, LeavesAPlaceWithRowsAlone) {
    const auto to = connect(to_);
    expect_done(to->migrate(kSchemas[0]));
    expect_done(to->execute("INSERT INTO album(id, title) VALUES(7, 'there before')"));
    const auto outcome = copy();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::conflict);
    EXPECT_NE(outcome.error().message.find("table album holds rows"), std::string::npos);
    auto count = to->prepare("SELECT count(*) FROM album");
    EXPECT_EQ(*count->run_for_integer(), 1);
}

TEST_P(AnyCopy, RefusesTablesItDoesNotKnowAndOtherVersions) {
    const auto source = connect(from_);
    expect_done(source->execute("CREATE TABLE stranger(id INTEGER PRIMARY KEY)"));
    const auto outcome = copy();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::unsupported);
    EXPECT_NE(outcome.error().message.find("table stranger"), std::string::npos);
    expect_done(source->execute("DROP TABLE stranger; UPDATE schema_version SET number = 2"));
    EXPECT_EQ(copy().error().code, Errc::unsupported);
}

TEST_P(AnyCopy, NamesTheRowThatDiffersAndKeepsNothing) {
    const auto to = connect(to_);
    expect_done(to->migrate(kSchemas[0]));
    // A place that does not keep what it is given.
    if (GetParam().to == Engine::sqlite) {
        expect_done(
            to->execute("CREATE TRIGGER spoil AFTER INSERT ON aaa_label"
                        " WHEN NEW.album = 3 BEGIN"
                        " UPDATE aaa_label SET body = x'00' WHERE album = 3; END")
        );
    } else {
        expect_done(
            to->execute("CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
                        "'BEGIN IF NEW.album = 3 THEN NEW.body = ''a''; END IF;"
                        " RETURN NEW; END';"
                        "CREATE TRIGGER spoil BEFORE INSERT ON aaa_label"
                        " FOR EACH ROW EXECUTE FUNCTION spoil()")
        );
    }
    const auto outcome = copy();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::corrupt_data);
    EXPECT_NE(
        outcome.error().message.find("table aaa_label: row 2 in the order of its key (album 3)"),
        std::string::npos
    ) << outcome.error().message;
    auto count = to->prepare("SELECT count(*) FROM album");
    EXPECT_EQ(*count->run_for_integer(), 0);
}

TEST_P(AnyCopy, SeesOneStateWhileOthersWrite) {
    const auto from = connect(from_, true);
    const auto to = connect(to_);
    const auto writer = connect(from_);
    bool wrote = false;
    const auto outcome = copy_records(*from, *to, kSchemas, [&](const CopyProgress&) {
        if (wrote) return;
        wrote = true;
        expect_done(writer->execute("UPDATE album SET title = 'new'"));
        expect_done(writer->execute("INSERT INTO album_page VALUES(1, 'new', x'00', 1)"));
    });
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(wrote);
    EXPECT_EQ(outcome->rows, 1306U);
    auto count = to->prepare("SELECT count(*) FROM album WHERE title = 'new'");
    EXPECT_EQ(*count->run_for_integer(), 0);
}

TEST(Copy, SaysWhichTextPostgresqlCannotStore) {
    const std::array<std::string_view, 2> bad = {std::string_view("a\0b", 3), "\xff\xfe"};
    const std::array<std::string_view, 2> reasons = {"holds a zero byte", "is not UTF-8"};
    for (std::size_t i = 0; i < bad.size(); ++i) {
        const cairn::test::Records from_place(Engine::sqlite);
        const cairn::test::Records to_place(Engine::postgresql);
        const auto source = connect(from_place);
        expect_done(source->migrate(kSchemas[0]));
        auto insert = source->prepare("INSERT INTO album(title) VALUES(?)");
        expect_done(insert->bind(1, bad.at(i)).run());
        const auto from = connect(from_place, true);
        const auto to = connect(to_place);
        const auto outcome = copy_records(*from, *to, kSchemas, kQuiet);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Errc::corrupt_data);
        EXPECT_NE(outcome.error().message.find("table album: row 1"), std::string::npos);
        EXPECT_NE(outcome.error().message.find(reasons.at(i)), std::string::npos)
            << outcome.error().message;
    }
}

TEST(Copy, RefusesAValueThatIsNotOfItsColumnsType) {
    const cairn::test::Records from_place(Engine::sqlite);
    const cairn::test::Records to_place(Engine::sqlite);
    const auto source = connect(from_place);
    expect_done(source->migrate(kSchemas[0]));
    expect_done(source->execute("INSERT INTO album(title) VALUES(x'41')"));
    const auto from = connect(from_place, true);
    const auto to = connect(to_place);
    const auto outcome = copy_records(*from, *to, kSchemas, kQuiet);
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("table album"), std::string::npos);
}

}  // namespace
}  // namespace cairn::db
