#!/usr/bin/env python3
"""Checks the rules of the house that no compiler and no clang-tidy checks.

    tools/tidy.py [ROOT]

Prints `file:line: rule: what to do instead` and exits 1 when a rule is broken. Cases that are
tolerated stand in tools/tidy_tolerated.txt; that list may only shrink: an entry that tolerates more
than there is fails too. Each rule has a planted case in tests/tools/tidy_test.py.
"""

import collections
import pathlib
import re
import sys

from cpp_text import CppText, line_of

CPP = {".cpp", ".h"}
SCRIPTS = {".py", ".sh"}
LINE_LENGTH_MAX = 100
FILE_LINES_MAX = 600
# Not ours, or bytes rather than text.
SKIPPED = ("build/", ".git/", "tests/corpus/", "tests/golden/", "web/node_modules/", "LICENSE")

Rule = collections.namedtuple("Rule", "name pattern allowed cure")


def rule(name, pattern, allowed, cure):
    """A pattern banned in C++ code but for paths that begin with one of `allowed`."""
    return Rule(name, re.compile(pattern), tuple(allowed.split()), cure)


CODE_RULES = (
    rule("output", r"\bstd::(cout|cerr|clog)\b|\b(printf|fprintf|puts|putchar)\s*\(",
         "apps/ bench/ src/cli/ tests/",
         "only programs and the command line write to the terminal"),
    rule("number-parsing", r"\b(strto(l|ul|ll|ull|d|f|ld)|ato(i|l|ll|f)|sscanf|std::sto\w+)\s*\(",
         "", "use std::from_chars: it takes no locale, no blanks, no sign by surprise"),
    rule("random", r"\b(s?rand|rand_r|drand48|random_shuffle)\s*\(", "",
         "take an injected source, or crypto for secrets"),
    rule("environment", r"\b(secure_)?(getenv|setenv|putenv)\s*\(", "apps/ src/cli/ tests/",
         "only main() reads the environment; pass the value down"),
    rule("shell", r"(?<![\w.>])(system|popen)\s*\(", "tests/",
         "start a confined child with an argument list"),
    rule("unbounded-copy", r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca)\s*\(", "",
         "use std::string or a span"),
    rule("reinterpret-cast", r"\breinterpret_cast\b", "src/base/",
         "use as_bytes() or the readers of base/bytes.h"),
    rule("time-format",
         r"\b(strftime|gmtime(_r)?|localtime(_r)?|ctime(_r)?|asctime(_r)?|std::put_time)\s*\("
         r"|<fmt/chrono\.h>",
         "src/base/utc_time.cpp", "format_utc() is the one place that formats times"),
    rule("using-namespace", r"\busing\s+namespace\s+(?!std::\w*literals\b)", "",
         "name what is used"),
    rule("disabled-test", r"\bDISABLED_\w+", "", "repair the test or delete it"),
    rule("include-path", r'^[ \t]*#[ \t]*include[ \t]*"[^"/]*"', "",
         'include our own headers as "module/file.h"'),
)
SQL = re.compile(
    r"^\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b"
    r"|(CREATE|DROP|ALTER)\s+(UNIQUE\s+|TEMP\s+|VIRTUAL\s+)?(TABLE|INDEX|VIEW|TRIGGER)\b"
    r"|PRAGMA\s|ATTACH\s+DATABASE\b|BEGIN\s+IMMEDIATE\b)"
)
AGENCY_TABLES = re.compile(
    r"\b(FROM|JOIN|INTO|UPDATE)\s+(agency|user_account|user_role|case_file|case_word|case_member"
    r"|case_share|authority|approval|break_glass|alert)\b"
)
BLOCK_BEGINS = re.compile(r"(\)|\]|\b(else|do|try|const|noexcept|override|mutable)|->.*)\s*\{$")
# Put together so that this file does not break its own rules.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK")) + r")\b")
ACCUSING = re.compile("off" r"ender|perpe" r"trator|\bgui" r"lty\b", re.IGNORECASE)
# Member and column names of exchange formats, spelt as their makers spell them.
FORMAT_NAMES = re.compile(r"off" r"ender[ _]?identified", re.IGNORECASE)
NOLINT_WITH_REASON = re.compile(r"NOLINT(NEXTLINE|BEGIN|END)?\([\w.,*-]+\)\S*\s+\S+")
LAZY_NAMES = re.compile(r"(^|[/_])(utils?|helpers?|commons?|misc)(_test)?(\.\w+)?$")


class Findings:
    def __init__(self):
        self.rows = []

    def add(self, path, line, name, text):
        self.rows.append((path, line, name, text))


def check_banned(path, source, found):
    # Include paths are literals: look at them in the code that still has them.
    for one in CODE_RULES:
        if path.startswith(one.allowed) or (one.name == "using-namespace" and is_test(path)):
            continue
        text = source.with_includes if one.name in ("include-path", "time-format") else source.code
        for match in re.finditer(one.pattern.pattern, text, re.MULTILINE):
            found.add(path, line_of(text, match.start()), one.name, one.cure)


def check_sql(path, source, found):
    if path.endswith("_store.cpp") or path.startswith("src/db/") or is_test(path):
        return
    for line, text in source.strings:
        if SQL.match(text):
            found.add(path, line, "sql", "SQL stands only in *_store.cpp and src/db")


def check_agency_tables(path, source, found):
    """Who sees which row of an agency is decided in src/access alone; src/identity knows users."""
    if path.startswith(("src/access/", "src/identity/")) or is_test(path):
        return
    for line, text in source.strings:
        if AGENCY_TABLES.search(text):
            found.add(path, line, "agency-table",
                      "ask src/access, whose statements carry who may see what")


def is_test(path):
    suffixes = ("_test.cpp", "_test.h", "_fuzz.cpp", "_bench.cpp")
    return path.endswith(suffixes) or path.startswith("tests/")


def check_try(path, source, found):
    """CAIRN_TRY only as a whole statement, initialiser or condition: GCC 12 and clang leak the
    siblings already built in a braced list."""
    code = source.code
    for match in re.finditer(r"\bCAIRN_TRY\s*\(", code):
        before = code[: match.start()].rstrip()
        if before.rpartition("\n")[2].lstrip().startswith("#"):
            continue
        after = code[end_of_call(code, match.end()) :].lstrip()[:1]
        whole_condition = re.search(r"\b(if|while)\s*\($", before) and after == ")"
        if not whole_condition and not (begins_statement(before) and after == ";"):
            found.add(path, line_of(code, match.start()), "try-placement",
                      "CAIRN_TRY must be the whole statement, initialiser or condition")


def begins_statement(before):
    """True when `before`, the code in front of CAIRN_TRY, ends where a statement or the value of
    an assignment begins."""
    if not before or before[-1] in ";})":
        return True
    if before[-1] == "=":
        return not re.search(r"[=!<>]=$", before)
    if before[-1] == ":":  # a label
        return not before.endswith("::") and "?" not in before.rpartition(";")[2]
    if before[-1] == "{":  # a block, not a braced list
        return bool(BLOCK_BEGINS.search(before))
    return bool(re.search(r"\b(else|do|return)$", before))


def end_of_call(code, position):
    depth = 1
    while depth and position < len(code):
        depth += {"(": 1, ")": -1}.get(code[position], 0)
        position += 1
    return position


def check_cpp(path, text, source, found):
    source.with_includes = "\n".join(
        line if re.match(r"\s*#\s*include", line) else kept
        for line, kept in zip(text.split("\n"), source.code.split("\n"))
    )
    check_banned(path, source, found)
    check_sql(path, source, found)
    check_agency_tables(path, source, found)
    check_try(path, source, found)
    for line, literal in () if is_test(path) else source.strings:
        check_words(path, line, literal, found)
    for line, comment in source.comments:
        for match in re.finditer(r"NOLINT", comment):
            if not NOLINT_WITH_REASON.match(comment, match.start()):
                found.add(path, line, "nolint", "name the check and say why: NOLINT(check) reason")
    if path.endswith(".h") and not re.match(r"(\s|//[^\n]*\n)*#pragma once\n", text):
        found.add(path, 1, "pragma-once", "a header begins with #pragma once")
    for number, line in enumerate(text.split("\n"), 1):
        if not line.isascii():
            found.add(path, number, "ascii", "C++ sources are ASCII: escape the character")


def check_words(path, line, text, found):
    if ACCUSING.search(FORMAT_NAMES.sub("", text)):
        found.add(path, line, "accusing-word",
                  "software names no culprits: say account, installation, person, suspect")


def check_text(path, text, unbreakable, found, machine_paths):
    """`unbreakable`: numbers of lines that cannot be shorter (raw strings)."""
    suffix = pathlib.PurePath(path).suffix
    lines = text.split("\n")
    narrow = suffix in CPP | SCRIPTS or path in ("Makefile", ".ci/run")
    for number, line in enumerate(lines, 1):
        if narrow and len(line) > LINE_LENGTH_MAX and number not in unbreakable:
            found.add(path, number, "line-length", f"at most {LINE_LENGTH_MAX} columns")
        if UNFINISHED.search(line):
            found.add(path, number, "unfinished", "do it now, or write an issue")
        if machine_paths and machine_paths.search(line):
            found.add(path, number, "machine-path", "this machine's paths help nobody else")
        if suffix in (".md", ".html"):
            check_words(path, number, line, found)
        if suffix != ".md" and line != line.rstrip():
            found.add(path, number, "trailing-blank", "delete the blanks at the end")
    if (suffix in CPP or suffix == ".py") and len(lines) > FILE_LINES_MAX + 1:
        found.add(path, FILE_LINES_MAX, "file-length", f"at most {FILE_LINES_MAX} lines: split it")
    if text and not text.endswith("\n"):
        found.add(path, len(lines), "last-line", "end the file with a newline")


def machine_path_pattern(root):
    """Matches the folder of this checkout and of this user, unless every machine has them."""
    everywhere = {"/", "/tmp", "/home", "/usr", "/usr/src", "/opt", "/srv", "/var", "/src"}
    folders = {str(path) for path in (root, root.parent, pathlib.Path.home())} - everywhere
    patterns = [rf"(?<![\w.-]){re.escape(folder)}/" for folder in folders]
    return re.compile("|".join(patterns)) if patterns else None


def files_of(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        hidden = "__pycache__" in relative or relative.startswith(SKIPPED)
        if not hidden and path.is_file() and not path.is_symlink():
            yield relative, path


def check_tree(root):
    found = Findings()
    machine_paths = machine_path_pattern(root)
    for relative, path in files_of(root):
        if LAZY_NAMES.search(relative) or re.search(r"(^|/)(utils|helpers|common)/", relative):
            found.add(relative, 1, "lazy-name", "name the file after what it does")
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        source = CppText(text) if path.suffix in CPP else None
        check_text(relative, text, source.raw_lines if source else (), found, machine_paths)
        if source:
            check_cpp(relative, text, source, found)
    return found.rows


def read_tolerated(root):
    """{(rule, path): count} from lines `rule path count reason`."""
    tolerated = {}
    path = root / "tools" / "tidy_tolerated.txt"
    for line in path.read_text().splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            name, file, count, _reason = line.split(None, 3)
            tolerated[name, file] = int(count)
    return tolerated


def judge(rows, tolerated):
    """The lines to print: cases beyond what is tolerated, and tolerance beyond the cases."""
    counts = collections.Counter((name, path) for path, _, name, _ in rows)
    lines = []
    for path, line, name, text in rows:
        if counts[name, path] > tolerated.get((name, path), 0):
            lines.append(f"{path}:{line}: {name}: {text}")
    for (name, path), count in tolerated.items():
        if counts[name, path] < count:
            lines.append(
                f"tools/tidy_tolerated.txt: {name} {path}: {count} tolerated,"
                f" {counts[name, path]} left: lower it"
            )
    return lines


def main():
    default = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    lines = judge(check_tree(root), read_tolerated(root))
    print("\n".join(lines) or "tidy: clean")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
