#!/usr/bin/env python3
"""Checks that the documents speak of things that exist.

    tools/check_docs.py [--bin DIR]

In every *.md file: relative links and their #anchors, `make` targets, paths of this repository in
backticks. With --bin also each `cairn` command and its flags, against the program's own help.
Exits 1 and prints file:line for what does not exist.
"""

import argparse
import functools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
MAKE = re.compile(r"(?:^|[;&|$(]\s*|\bsudo )make((?: +[A-Za-z_]+=\S+)*)((?: +[a-z][a-z-]*)+)")
OWN_PATH = re.compile(r"(?:src|apps|tests|tools|docs|cmake|\.ci)/[\w./*-]*[\w*/]")
PLACEHOLDER = re.compile(r"[*<>]|/x_|/x\.|NAME|<")
# A command line of ours: from the start, a prompt or a path to the program.
COMMAND = re.compile(r"(?:^|[|&;$(]\s*|\s|/)cairn((?: +[^\s|;&<>()`#]+)+)")


def documents():
    for path in sorted(ROOT.rglob("*.md")):
        relative = path.relative_to(ROOT)
        if relative.parts[0] not in ("build", ".git") and "node_modules" not in relative.parts:
            yield relative, path.read_text(encoding="utf-8")


def without_fences(text):
    """The text with fenced code blanked, and the (line, code) pairs of fences and backticks."""
    kept, code, fenced = [], [], False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            kept.append("")
        elif fenced:
            code.append((number, line.strip()))
            kept.append("")
        else:
            code += [(number, match[1]) for match in CODE.finditer(line)]
            kept.append(line)
    return "\n".join(kept), code


def anchors_of(text):
    """The anchors that the headings of a document get on the usual forges."""
    plain, _ = without_fences(text)
    headings = re.findall(r"^#+ +(.*?) *#*$", plain, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).replace(" ", "-")
        for heading in headings
    }


def check_links(relative, plain):
    for match in LINK.finditer(plain):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / relative).parent / file if file else ROOT / relative
        line = plain.count("\n", 0, match.start()) + 1
        if not path.exists():
            yield line, f"link to {target}: no such file"
        elif anchor and path.suffix == ".md":
            if anchor not in anchors_of(path.read_text(encoding="utf-8")):
                yield line, f"link to {target}: no such heading"


@functools.cache
def make_targets():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def check_code(line, code):
    for match in MAKE.finditer(code):
        for target in match[2].split():
            if target not in make_targets():
                yield line, f"make {target}: no such target"
    for match in OWN_PATH.finditer(code):
        path = match[0]
        before = code[: match.start()]
        if (before and before[-1] in "/.$}") or PLACEHOLDER.search(path):
            continue
        if not (ROOT / path).exists():
            yield line, f"{path}: no such file"


@functools.cache
def help_of(program, words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def check_command(program, line, code):
    for match in COMMAND.finditer(code):
        words, flags = [], []
        for word in match[1].split():
            if word.startswith("--"):
                flags.append(word.split("=")[0].rstrip(",.:]…").strip("["))
            elif not flags and re.fullmatch(r"[a-z]+", word) and len(words) < 2:
                words.append(word)
        while words and help_of(program, tuple(words)) is None:
            words.pop()  # an argument, not a subcommand
        first = match[1].split()[0]
        if not words and re.fullmatch(r"[a-z]+", first):
            yield line, f"cairn {first}: no such command"
            continue
        text = help_of(program, tuple(words)) or ""
        for flag in flags:
            if not re.search(rf"{re.escape(flag)}(?![\w-])", text):
                yield line, f"cairn {' '.join(words)} {flag}: not in its help"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, help="folder of the built programs")
    arguments = parser.parse_args()
    count = 0
    problems = []
    for relative, text in documents():
        count += 1
        plain, code = without_fences(text)
        found = list(check_links(relative, plain))
        for line, piece in code:
            found += check_code(line, piece)
            if arguments.bin and relative.name != "CHANGELOG.md":
                found += check_command(str(arguments.bin / "cairn"), line, piece)
        problems += [f"{relative}:{line}: {what}" for line, what in sorted(found)]
    print("\n".join(problems) or f"{count} documents clean")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
