#include "config/configuration.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/settings.h"
#include "support/temp_dir.h"

namespace cairn::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Examined examine(std::string_view text) {
    static const Places kPlaces{"/srv/cairn", std::nullopt, "cairn.example.org"};
    return parse_configuration(text, "/etc/cairn/cairn.toml", kPlaces);
}

std::vector<std::string> problems_of(std::string_view text) {
    std::vector<std::string> lines;
    for (const Problem& problem : examine(text).problems) {
        std::string line = text_of(problem);
        EXPECT_TRUE(line.starts_with("/etc/cairn/cairn.toml")) << line;
        lines.push_back(line.substr(std::string_view("/etc/cairn/cairn.toml").size()));
    }
    return lines;
}

constexpr const char* kWitness =
    "witness.example.net/w1+669be294+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

const std::string kWitnessAddress = "https://witness.example.net/log";

std::string witness(const std::string& name, const std::string& key) {
    return "[[audit.witness]]\nname = \"" + name + "\"\naddress = \"" + kWitnessAddress +
           "\"\nkey = \"" + key + "\"\n";
}

TEST(Configuration, AnEmptyFileGivesTheDefaults) {
    const Examined examined = examine("");
    EXPECT_THAT(examined.problems, IsEmpty());
    EXPECT_THAT(examined.lines, IsEmpty());
    const Configuration& configuration = examined.configuration;
    EXPECT_EQ(configuration.data_folder, "/srv/cairn");
    EXPECT_EQ(configuration.database, "/srv/cairn/records.db");
    EXPECT_EQ(configuration.owner_database, configuration.database);
    EXPECT_EQ(configuration.installation.name, "cairn.example.org");
    EXPECT_EQ(configuration.secrets.folder, "/etc/cairn/secrets");
    EXPECT_EQ(configuration.secrets.guard, crypto::FileGuard::mode);
    EXPECT_EQ(configuration.sign_in.failed_attempts_max, 5U);
    EXPECT_EQ(configuration.four_eyes.request_limit, std::chrono::hours(72));
    EXPECT_EQ(configuration.authority.longest.monitor, std::chrono::days(90));
    EXPECT_EQ(configuration.authority.longest.export_, std::chrono::days(365));
}

TEST(Configuration, TakesWhatTheFileSays) {
    const Examined examined = examine(
        "data_folder = \"../data\"\n"
        "database = \"postgresql://server@/cairn\"\n"
        "[sign_in]\nidle_limit = \"5 min\"\nfailed_attempts_max = 3\n"
        "[authority.longest]\nexport = \"30 d\"\n" +
        witness("One", kWitness)
    );
    EXPECT_THAT(examined.problems, IsEmpty());
    const Configuration& configuration = examined.configuration;
    EXPECT_EQ(configuration.data_folder, "/etc/data");
    EXPECT_EQ(configuration.database, "postgresql://server@/cairn");
    EXPECT_EQ(configuration.owner_database, "postgresql://server@/cairn");
    EXPECT_EQ(configuration.sign_in.idle_limit, std::chrono::minutes(5));
    EXPECT_EQ(configuration.sign_in.failed_attempts_max, 3U);
    EXPECT_EQ(configuration.authority.longest.export_, std::chrono::days(30));
    EXPECT_THAT(
        configuration.audit.witnesses, ElementsAre(Witness{"One", kWitnessAddress, kWitness})
    );
    EXPECT_EQ(examined.lines.at("sign_in.idle_limit"), 4U);
    EXPECT_EQ(examined.lines.at("audit.witness"), 8U);
}

TEST(Configuration, TakesTheServiceManagersCredentials) {
    const Places places{"/srv/cairn", "/run/credentials/cairn.service", "host"};
    const auto examined = parse_configuration("", "/etc/cairn.toml", places);
    EXPECT_EQ(examined.configuration.secrets.folder, "/run/credentials/cairn.service");
    EXPECT_EQ(examined.configuration.secrets.guard, crypto::FileGuard::service_manager);
    const auto other =
        parse_configuration("[secrets]\nfolder = \"/keys\"\n", "/etc/cairn.toml", places);
    EXPECT_EQ(other.configuration.secrets.guard, crypto::FileGuard::mode);
}

TEST(Configuration, TakesAnUnusualHostForLocalhost) {
    const auto name = [](const char* host) {
        return parse_configuration("", "/c", {"/d", std::nullopt, host})
            .configuration.installation.name;
    };
    EXPECT_EQ(name("Desk-7"), "desk-7");
    EXPECT_EQ(name("my_host"), "localhost");
    EXPECT_EQ(name(""), "localhost");
}

TEST(Configuration, NamesAllMistakesAtOnceInTheirOrder) {
    EXPECT_THAT(
        problems_of("databse = \"x\"\n"
                    "data_folder = 7\n"
                    "broken\n"
                    "[sign_in]\n"
                    "idle_limit = \"31 min\"\n"
                    "session_limit = \"12 hours\"\n"
                    "failed_attempts_max = 2\n"
                    "first_delay = 600\n"
                    "[nonsense]\n"
                    "x = 1\n"),
        ElementsAre(
            ":1:1: databse: is no setting; did you mean database?",
            ":2:1: data_folder: is a number, not a text; write it between quotation marks",
            HasSubstr(":3:"),
            ":5:1: sign_in.idle_limit: \"31 min\" is too long; write \"1 min\" to \"30 min\"",
            HasSubstr(":6:1: sign_in.session_limit: \"12 hours\": a duration is a number"),
            ":7:1: sign_in.failed_attempts_max: 2 is too small; write 3 to 10",
            ":8:1: sign_in.first_delay: is a number, not a duration; write \"10 min\" to \"1 d\"",
            ":9:2: nonsense: is no setting; `cairn config example` shows all there are"
        )
    );
}

TEST(Configuration, RefusesValuesOfEveryWrongKind) {
    const std::string kinds[] = {
        "nan",
        "inf",
        "-inf",
        "1.5",
        "true",
        "[]",
        "{}",
        "1979-05-27",
        "07:32:00",
        "-1",
        "9223372036854775807",
        "\"\"",
        "[[1]]"};
    for (const Setting& setting : settings()) {
        for (const std::string& value : kinds) {
            const auto problems = problems_of(std::string(setting.key) + " = " + value + "\n");
            ASSERT_EQ(problems.size(), 1U) << setting.key << " " << value;
            EXPECT_THAT(problems[0], HasSubstr(std::string(setting.key) + ": ")) << value;
        }
    }
}

TEST(Configuration, HoldsFloorsAndCeilings) {
    for (const Setting& setting : settings()) {
        const std::string key(setting.key);
        if (const auto* duration = std::get_if<DurationSetting>(&setting.value)) {
            const auto count = [&](std::chrono::seconds value) {
                return problems_of(key + " = \"" + format_duration(value) + "\"\n").size();
            };
            EXPECT_EQ(count(duration->floor), 0U) << key;
            EXPECT_EQ(count(duration->ceiling), 0U) << key;
            EXPECT_EQ(count(duration->floor - std::chrono::seconds(1)), 1U) << key;
            EXPECT_EQ(count(duration->ceiling + std::chrono::seconds(1)), 1U) << key;
            Configuration defaults;
            EXPECT_LE(duration->floor, duration->field(defaults)) << key;
            EXPECT_GE(duration->ceiling, duration->field(defaults)) << key;
        } else if (const auto* number = std::get_if<CountSetting>(&setting.value)) {
            const auto count = [&](std::uint32_t value) {
                return problems_of(key + " = " + std::to_string(value) + "\n").size();
            };
            EXPECT_EQ(count(number->floor), 0U) << key;
            EXPECT_EQ(count(number->floor - 1), 1U) << key;
            EXPECT_EQ(count(number->ceiling + 1), 1U) << key;
            Configuration defaults;
            EXPECT_LE(number->floor, number->field(defaults)) << key;
            EXPECT_GE(number->ceiling, number->field(defaults)) << key;
        }
    }
}

// The safeguards' own figures: A7, 2.5, 4. A change here is a change of what people are promised.
TEST(Configuration, CannotBeSetBelowTheSafeguards) {
    for (const char* line :
         {"sign_in.failed_attempts_max = 11",
          "sign_in.first_delay = \"9 min\"",
          "sign_in.idle_limit = \"31 min\"",
          "sign_in.session_limit = \"13 h\"",
          "sign_in.fresh_second_factor = \"11 min\"",
          "four_eyes.request_limit = \"15 d\"",
          "break_glass.duration = \"61 min\"",
          "break_glass.review_limit = \"25 h\"",
          "break_glass.reason_characters_min = 29",
          "authority.longest.monitor = \"366 d\"",
          "audit.checkpoint_interval = \"61 s\"",
          "audit.witnesses_required = 0",
          "sign_in.second_factor = false"}) {
        EXPECT_EQ(examine(line).problems.size(), 1U) << line;
    }
}

TEST(Configuration, FindsSettingsTwiceAndSectionsThatAreNone) {
    EXPECT_THAT(
        problems_of("sign_in = 7\naudit.witness = \"x\"\nauthority = []\n"),
        ElementsAre(
            ":1:1: sign_in: is a section; begin it with [sign_in]",
            ":2:7: audit.witness: may stand several times; begin each with [[audit.witness]]",
            ":3:1: authority: is a section; begin it with [authority]"
        )
    );
    EXPECT_THAT(
        problems_of("database = \"a\"\ndatabase = \"b\"\n"), ElementsAre(HasSubstr("redefine"))
    );
    EXPECT_EQ(problems_of("[audit.witness]\nname = \"x\"\n").size(), 1U);
    EXPECT_EQ(problems_of("[authority]\nmonitor = \"90 d\"\n").size(), 1U);
    EXPECT_THAT(
        problems_of("\"sign_in.idle_limit\" = \"5 min\"\n[sign_in]\nidle_limit = \"4 min\"\n"),
        ElementsAre(
            ":1:1: sign_in.idle_limit: has a dot between quotation marks; write it without them"
        )
    );
}

TEST(Configuration, WantsEveryFieldOfAGroup) {
    EXPECT_THAT(
        problems_of(
            "[[audit.witness]]\nname = \"One\"\naddress = \"https://w.example\"\nkye = \"x\"\n"
        ),
        ElementsAre(
            ":1:1: audit.witness.key: is missing; write it; each of these is needed",
            ":4:1: audit.witness.kye: is no setting; did you mean key?"
        )
    );
    EXPECT_EQ(problems_of("[[sign_in.openid_connect]]\n").size(), 5U);
}

TEST(Configuration, BlamesNothingOnLinesThatCannotBeRead) {
    EXPECT_THAT(
        problems_of(
            "[audit]\nwitnesses_required = 2\n[[audit.witness]]\nname = \"One\"\nkey = open\n"
        ),
        ElementsAre(HasSubstr(":5:7: not TOML"))
    );
}

TEST(Configuration, RefusesOneWitnessTwice) {
    const std::string twice = witness("One", kWitness) + witness("Two", kWitness);
    EXPECT_THAT(
        problems_of(twice),
        ElementsAre(":5:1: audit.witness.key: is the same as of one above; leave one of the two out"
        )
    );
}

TEST(Configuration, RequiresNoMoreWitnessesThanThereAre) {
    EXPECT_THAT(
        problems_of("audit.witnesses_required = 2\n" + witness("One", kWitness)),
        ElementsAre(":1:1: audit.witnesses_required: 2 are required, 1 named; add an "
                    "[[audit.witness]] for each, or require fewer")
    );
    EXPECT_EQ(problems_of("audit.witnesses_required = 1\n").size(), 0U);
    EXPECT_EQ(
        problems_of("[audit]\nwitnesses_required = 1\n" + witness("One", kWitness)).size(), 0U
    );
}

TEST(Configuration, KeepsSecretsOutOfTheDataFolder) {
    EXPECT_THAT(
        problems_of("[secrets]\nfolder = \"/srv/cairn/secrets\"\n"),
        ElementsAre(HasSubstr(":2:1: secrets.folder: lies in the data folder"))
    );
    EXPECT_THAT(
        problems_of("data_folder = \"/etc/cairn\"\n"),
        ElementsAre(HasSubstr(":1:1: secrets.folder: lies in the data folder"))
    );
    EXPECT_EQ(problems_of("[secrets]\nfolder = \"/srv/cairn-secrets\"\n").size(), 0U);
    EXPECT_EQ(problems_of("[secrets]\nfolder = \"/srv/cairn\"\n").size(), 1U);
    EXPECT_EQ(problems_of("data_folder = \"/\"\n").size(), 1U);
}

TEST(Configuration, NeverRepeatsTextsInItsMessages) {
    const std::string secret = "correcthorse";
    for (const Setting& setting : settings()) {
        if (!std::holds_alternative<TextSetting>(setting.value)) continue;
        const auto problems =
            problems_of(std::string(setting.key) + " = \"https://a:" + secret + "@x/\\u0001\"\n");
        ASSERT_EQ(problems.size(), 1U) << setting.key;
        EXPECT_EQ(problems[0].find(secret), std::string::npos) << problems[0];
    }
}

TEST(Configuration, ListsAtMostAHundredProblems) {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "unknown_" + std::to_string(i) + " = 1\n";
    const Examined examined = examine(text);
    EXPECT_EQ(examined.problems.size(), kProblemsMax);
    EXPECT_EQ(problems_of("a = 1").size(), 1U);
}

TEST(Configuration, TakesAtMostSixteenOfAGroup) {
    std::string text;
    for (int i = 0; i < 17; ++i) text += "[[audit.witness]]\n";
    EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("stands 17 times; write at most 16")));
}

TEST(Configuration, SurvivesKeysMadeToConfuse) {
    EXPECT_EQ(
        problems_of("\"\\u001b[2J\" = 1\n"),
        std::vector<std::string>{
            ":1:1: \\x1b[2J: is no setting; `cairn config example` shows all there are"}
    );
    EXPECT_EQ(problems_of("\"\" = 1\n").size(), 1U);
    EXPECT_EQ(problems_of("\"" + std::string(100'000, 'a') + "\" = 1\n").size(), 1U);
    EXPECT_LT(problems_of("\"" + std::string(100'000, 'a') + "\" = 1\n")[0].size(), 200U);
    EXPECT_EQ(problems_of("idle_limit.x.y.z = 1\n").size(), 1U);
    EXPECT_EQ(problems_of("sign_in.idle_limit.x = 1\n").size(), 1U);
}

TEST(ReadConfiguration, SaysAllProblemsOrGivesTheValues) {
    const test::TempDir dir;
    const Places places{"/srv/cairn", std::nullopt, "host"};
    const std::string file = dir.write("cairn.toml", "sign_in.idle_limit = \"2 min\"\n");
    const auto sound = read_configuration(file, places);
    ASSERT_TRUE(sound) << sound.error().message;
    EXPECT_EQ(sound->sign_in.idle_limit, std::chrono::minutes(2));
    EXPECT_EQ(sound->secrets.folder, dir / "secrets");
    dir.write("cairn.toml", "a = 1\nb = 2\n");
    const auto faulty = read_configuration(file, places);
    ASSERT_FALSE(faulty);
    EXPECT_EQ(faulty.error().code, Errc::invalid_argument);
    EXPECT_THAT(faulty.error().message, HasSubstr(file + ":1:1: a: is no setting"));
    EXPECT_THAT(faulty.error().message, HasSubstr("\n" + file + ":2:1: b: is no setting"));
    EXPECT_EQ(read_configuration(dir / "none", places).error().code, Errc::not_found);
}

TEST(ExamineFile, RefusesLargeFiles) {
    const test::TempDir dir;
    const std::string file = dir.write("cairn.toml", std::string((1U << 20U) + 1, '#'));
    const auto examined = examine_file(file, {});
    ASSERT_TRUE(examined);
    ASSERT_EQ(examined->problems.size(), 1U);
    EXPECT_THAT(examined->problems[0].reason, HasSubstr("1 MiB"));
}

}  // namespace
}  // namespace cairn::config
