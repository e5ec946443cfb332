#!/usr/bin/env python3
"""Each rule of tools/tidy.py finds its planted case, and lets the harmless one beside it pass."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import tidy  # noqa: E402


def rules_broken(path, text):
    """The rules that a tree with this one file breaks, as (rule, line)."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        rows = tidy.check_tree(pathlib.Path(folder))
        return [(name, line) for _, line, name, _ in rows]


class Rules(unittest.TestCase):
    def assert_broken(self, rule, text, path="src/scan/x.cpp", line=1):
        self.assertEqual(rules_broken(path, text + "\n"), [(rule, line)], text)

    def assert_clean(self, text, path="src/scan/x.cpp"):
        self.assertEqual(rules_broken(path, text + "\n"), [], text)

    def test_output_belongs_to_programs(self):
        self.assert_broken("output", "std::cout << 1;")
        self.assert_broken("output", 'printf("x");')
        self.assert_clean("std::cout << 1;", "apps/cairn/main.cpp")
        self.assert_clean('auto text = fmt::format("std::cout");  // std::cout')

    def test_locale_dependent_parsing_is_banned(self):
        for call in ("strtol(a, b, 10);", "atoi(a);", "std::stoul(a);", "sscanf(a, b);"):
            self.assert_broken("number-parsing", call)
        self.assert_clean("from_chars(a, b, c);")

    def test_unseeded_random_is_banned(self):
        self.assert_broken("random", "int x = rand();")
        self.assert_clean("auto key = SecretKey::random(); operand(1);")

    def test_environment_is_read_by_main_only(self):
        self.assert_broken("environment", 'getenv("HOME");')
        self.assert_clean('getenv("HOME");', "apps/cairn/main.cpp")

    def test_shell_is_banned(self):
        self.assert_broken("shell", "system(command);")
        self.assert_clean("file.system(command);")

    def test_unbounded_copies_are_banned(self):
        self.assert_broken("unbounded-copy", "strcpy(a, b);")
        self.assert_clean("snprintf_checked(a);")

    def test_reinterpret_cast_belongs_to_base(self):
        self.assert_broken("reinterpret-cast", "auto p = reinterpret_cast<char*>(q);")
        self.assert_clean("auto p = reinterpret_cast<char*>(q);", "src/base/x.cpp")

    def test_times_are_formatted_in_one_place(self):
        self.assert_broken("time-format", "#include <fmt/chrono.h>")
        self.assert_broken("time-format", "std::put_time(a, b);")
        self.assert_clean("#include <fmt/chrono.h>", "src/base/utc_time.cpp")

    def test_using_namespace_is_banned_but_for_literals(self):
        self.assert_broken("using-namespace", "using namespace std;")
        self.assert_clean("using namespace std::string_view_literals;")

    def test_disabled_tests_are_banned(self):
        self.assert_broken("disabled-test", "TEST(Hex, DISABLED_Works) {", "src/base/x_test.cpp")

    def test_own_headers_are_included_by_module(self):
        self.assert_broken("include-path", '#include "hex.h"')
        self.assert_clean('#include "base/hex.h"')

    def test_sql_belongs_to_stores(self):
        statement = 'query("SELECT id FROM item");'
        self.assert_broken("sql", statement)
        self.assert_clean(statement, "src/scan/scan_store.cpp")
        self.assert_clean('say("Select a list");')
        raw = 'query(R"sql(\n  CREATE TABLE item (id))sql");'
        self.assert_broken("sql", raw)

    def test_rows_of_agencies_are_read_in_access_only(self):
        text = 'auto q = "SELECT 1 FROM x JOIN case_file c ON 1";'
        self.assert_broken("agency-table", text, "src/scan/x_store.cpp")
        self.assert_clean(text, "src/access/x_store.cpp")
        self.assert_clean('auto q = "SELECT authority FROM y";', "src/scan/x_store.cpp")

    def test_try_is_a_whole_statement_initialiser_or_condition(self):
        for good in (
            "CAIRN_TRY(f());",
            "auto x = CAIRN_TRY(f(g(1), 2));",
            "x = CAIRN_TRY(f());",
            "if (a) CAIRN_TRY(f());",
            "while (CAIRN_TRY(f())) g();",
            "void f() {\n    CAIRN_TRY(g());\n}",
            "auto f = [&](int a) -> Status {\n    CAIRN_TRY(g());\n};",
            "switch (a) {\n    case 1: CAIRN_TRY(g());\n}",
            "#define X CAIRN_TRY(f())",
        ):
            self.assert_clean(good)
        for bad in (
            "Pair p{1, CAIRN_TRY(f())};",
            "Pair p{CAIRN_TRY(f())};",
            "g(CAIRN_TRY(f()));",
            "auto x = CAIRN_TRY(f()) + 1;",
            "auto x = CAIRN_TRY(f()).size();",
            "auto x = a + CAIRN_TRY(f());",
            "auto x = a ? 1 : CAIRN_TRY(f());",
            "if (a == CAIRN_TRY(f())) g();",
        ):
            self.assert_broken("try-placement", bad)
        self.assert_broken("try-placement", "Pair p = {\n    CAIRN_TRY(f())\n};", line=2)

    def test_accusing_words_are_banned_but_for_format_names(self):
        word = "off" + "ender"
        self.assert_broken("accusing-word", f'show("the {word}");')
        self.assert_broken("accusing-word", f"Each {word.title()} is shown.", "docs/x.md")
        self.assert_clean(f'key == "{word.title()}Identified" || key == "{word} identified";')

    def test_unfinished_work_is_banned_everywhere(self):
        self.assert_broken("unfinished", "# FIX" + "ME later", "tools/x.py")
        self.assert_broken("unfinished", "int x;  // TO" + "DO")

    def test_lines_and_files_have_limits(self):
        self.assert_broken("line-length", "int " + "x" * 100 + ";")
        self.assert_broken("file-length", "int x;\n" * 600 + "int y;", line=600)
        self.assert_clean("int x;\n" * 599 + "int y;")

    def test_raw_strings_may_be_long(self):
        self.assert_clean('auto x = R"(' + "x" * 100 + '\n' + "x" * 101 + ')";')

    def test_cpp_sources_are_ascii(self):
        self.assert_broken("ascii", 'auto x = "\u203a";')
        self.assert_clean("Text \u203a text", "docs/x.md")

    def test_nolint_names_check_and_reason(self):
        self.assert_broken("nolint", "int x;  // NOLINT")
        self.assert_broken("nolint", "int x;  // NOLINT(bugprone-x)")
        self.assert_clean("int x;  // NOLINT(bugprone-x): the library wants it")

    def test_headers_begin_with_pragma_once(self):
        self.assert_broken("pragma-once", "int x;", "src/scan/x.h")
        self.assert_clean("// Why.\n#pragma once", "src/scan/x.h")

    def test_lazy_names_are_banned(self):
        self.assert_broken("lazy-name", "int x;", "src/scan/scan_utils.cpp")

    def test_stray_blanks_and_missing_newline_are_found(self):
        self.assert_broken("trailing-blank", "x = 1 ", "tools/x.py")
        self.assertEqual(rules_broken("tools/x.py", "x = 1"), [("last-line", 1)])

    def test_paths_of_this_machine_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder, "checkout")
            pattern = tidy.machine_path_pattern(root)
            self.assertTrue(pattern.search(f"see {root}/README.md"))
            self.assertFalse(pattern.search("see /usr/share/doc"))


class Tolerance(unittest.TestCase):
    ROWS = [("src/x.cpp", 3, "shell", "cure"), ("src/x.cpp", 9, "shell", "cure")]

    def test_tolerated_cases_pass(self):
        self.assertEqual(tidy.judge(self.ROWS, {("shell", "src/x.cpp"): 2}), [])

    def test_a_further_case_shows_all(self):
        self.assertEqual(len(tidy.judge(self.ROWS, {("shell", "src/x.cpp"): 1})), 2)

    def test_the_list_must_shrink(self):
        lines = tidy.judge(self.ROWS[:1], {("shell", "src/x.cpp"): 2})
        self.assertEqual(len(lines), 1)
        self.assertIn("lower it", lines[0])


class CppTextParts(unittest.TestCase):
    def test_quotes_in_comments_and_numbers_do_not_confuse(self):
        text = tidy.CppText("int a = 1'000'000;  // don't\nauto b = \"x // y\"; char c = '\"';\n")
        self.assertEqual(text.strings, [(2, "x // y")])
        self.assertEqual(text.comments, [(1, "// don't")])
        self.assertIn("1'000'000", text.code)

    def test_lines_are_kept_through_raw_strings(self):
        text = tidy.CppText('auto a = R"x(1\n2)x";\nrand();')
        self.assertEqual(tidy.line_of(text.code, text.code.index("rand")), 3)


if __name__ == "__main__":
    unittest.main()
