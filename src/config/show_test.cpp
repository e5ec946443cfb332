#include <fstream>
#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "config/configuration.h"
#include "config/settings.h"

namespace cairn::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Examined examine(std::string_view text) {
    static const Places kPlaces{"/srv/cairn", std::nullopt, "cairn.example.org"};
    return parse_configuration(text, "/etc/cairn/cairn.toml", kPlaces);
}

/// The example with every setting in force.
std::string example_in_force() {
    std::istringstream lines(example());
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        out += (setting ? line.substr(1) : line) + "\n";
    }
    return out;
}

TEST(Example, IsAFileThatChangesNothing) {
    const Examined examined = examine(example());
    EXPECT_THAT(examined.problems, IsEmpty());
    EXPECT_EQ(examined.configuration, examine("").configuration);
}

TEST(Example, IsSoundWithEverySettingInForce) {
    const Examined examined = examine(example_in_force());
    for (const Problem& problem : examined.problems) ADD_FAILURE() << text_of(problem);
    EXPECT_EQ(examined.lines.size(), settings().size() + groups().size());
    EXPECT_EQ(examined.configuration.audit.witnesses.size(), 1U);
    EXPECT_EQ(examined.configuration.sign_in.openid_connect.size(), 1U);
    // What does not depend on the place stands with its default.
    EXPECT_EQ(examined.configuration.authority, Configuration().authority);
    EXPECT_EQ(examined.configuration.break_glass, Configuration().break_glass);
    EXPECT_EQ(examined.configuration.four_eyes, Configuration().four_eyes);
}

TEST(Example, ExplainsEachSettingInOneSentence) {
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(setting.explanation.ends_with('.')) << setting.key;
        EXPECT_EQ(setting.explanation.find(". "), std::string_view::npos) << setting.key;
    }
    std::istringstream lines(example());
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Document, HoldsTheExampleItself) {
    std::ifstream file(CAIRN_SOURCE_DIR "/docs/configuration.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string fence = "```toml\n";
    const auto begin = text.find(fence);
    ASSERT_NE(begin, std::string::npos);
    const auto end = text.find("```", begin + fence.size());
    EXPECT_EQ(text.substr(begin + fence.size(), end - begin - fence.size()), example())
        << "put what `cairn config example` prints into docs/configuration.md";
}

TEST(Show, SaysWhereEachValueComesFrom) {
    const std::string text = show(examine("\n[sign_in]\nidle_limit = \"120 s\"\n"));
    EXPECT_THAT(text, HasSubstr("idle_limit = \"2 min\"  # line 3\n"));
    EXPECT_THAT(text, HasSubstr("session_limit = \"12 h\"  # default\n"));
    EXPECT_THAT(text, HasSubstr("data_folder = \"/srv/cairn\"  # default\n"));
}

TEST(Show, ReadAgainIsEqual) {
    for (const std::string& text : {std::string(), example_in_force()}) {
        const Examined examined = examine(text);
        const Examined again = examine(show(examined));
        EXPECT_THAT(again.problems, IsEmpty());
        EXPECT_EQ(again.configuration, examined.configuration);
    }
}

RC_GTEST_PROP(Show, ReadAgainIsEqualForAnyLabelsAndBounds, ()) {
    std::string text = "[audit]\nwitnesses_required = 1\n";
    for (const Setting& setting : settings()) {
        const auto* duration = std::get_if<DurationSetting>(&setting.value);
        if (duration == nullptr || section_of(setting.key) != "audit") continue;
        const auto value =
            *rc::gen::inRange(duration->floor.count(), duration->ceiling.count() + 1);
        text +=
            std::string(name_in_section(setting.key)) + " = \"" + std::to_string(value) + " s\"\n";
    }
    const auto label =
        *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~')));
    std::string escaped;
    for (const char c : label) {
        if (c == '"' || c == '\\') escaped += '\\';
        escaped += c;
    }
    text += "[[audit.witness]]\nname = \"" + escaped +
            "\"\naddress = \"https://witness.example.net/log\"\nkey = "
            "\"witness.example.net/w1+669be294+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/"
            "4SyJeUvJMilm3X\"\n";
    const Examined examined = examine(text);
    const bool refused = label.find('\\') != std::string::npos || label.size() > 100;
    RC_ASSERT(examined.problems.empty() == !refused);
    if (refused) return;
    RC_ASSERT(examined.configuration.audit.witnesses.at(0).name == label);
    RC_ASSERT(examine(show(examined)).configuration == examined.configuration);
}

TEST(SettingsInForce, NameEveryElementOfAGroup) {
    const Examined examined = examine(example_in_force());
    std::vector<std::string> keys;
    for (const ShownSetting& setting : settings_in_force(examined)) keys.push_back(setting.key);
    EXPECT_THAT(keys, testing::Contains("audit.witness[1].key"));
    EXPECT_THAT(keys, testing::Contains("sign_in.openid_connect[1].client_secret_file"));
    EXPECT_EQ(keys.size(), settings().size() + 3 + 5 + 1 + 3);
}

}  // namespace
}  // namespace cairn::config
