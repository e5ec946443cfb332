#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace cairn::cli {
namespace {

TEST(Table, AlignsColumnsAndPutsNumbersToTheRight) {
    EXPECT_EQ(
        table({{"NAME", "COUNT"}, {"a", "1,234"}, {"longer", "7"}}),
        "NAME    COUNT\n"
        "a       1,234\n"
        "longer      7\n"
    );
}

TEST(Table, CountsCharactersNotBytes) {
    EXPECT_EQ(table({{"\xc3\xa4", "x"}, {"ab", "y"}}), "\xc3\xa4   x\nab  y\n");
}

TEST(Terminal, PaintsOnlyWhereColourIsWanted) {
    EXPECT_EQ(Terminal(false).paint(Colour::red, "x"), "x");
    EXPECT_EQ(Terminal(true).paint(Colour::red, "x"), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace cairn::cli
