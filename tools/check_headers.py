#!/usr/bin/env python3
"""Checks that each header of src/ compiles alone.

    tools/check_headers.py BUILD_DIR [--jobs N]

A header that a source includes before anything else is proved by the build. The others are
compiled here, as far as their syntax, with the flags of a source of their module. BUILD_DIR is
configured (compile_commands.json). Prints the errors, then `N passed, N failed` counting headers.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
# Tests may use more than the module itself, whose headers must not need that.
OTHER_PROGRAM = re.compile(r"_(test|fuzz|bench)\.cpp$")
INCLUDE = re.compile(r'^#include\s+["<]([^">]+)[">]', re.MULTILINE)


def first_includes(files):
    """What sources that this build compiles include first."""
    found = (INCLUDE.search(file.read_text()) for file in files)
    return {include[1] for include in found if include}


def compilers(build):
    """For each folder of sources the command that compiles one of them, without its names."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        words = shlex.split(entry["command"])
        if file.parent not in commands or not OTHER_PROGRAM.search(file.name):
            commands[file.parent] = words[:words.index("-o")]
    return commands


def check(header, words):
    """The errors of a header compiled alone; none when it is sound."""
    command = [*words, "-fsyntax-only", "-x", "c++-header", str(header)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stderr if done.returncode != 0 else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    commands = compilers(arguments.build.resolve())
    headers = sorted(path for path in SOURCES.rglob("*.h") if not path.stem.endswith("_test"))
    proved = first_includes(
        path for path in SOURCES.rglob("*.cpp") if not path.name.endswith("_bench.cpp"))
    rest = [path for path in headers if path.relative_to(SOURCES).as_posix() not in proved]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda path: check(path, commands[path.parent]), rest)
        errors = [text for text in results if text]
    print("".join(errors), end="")
    print(f"{len(headers) - len(errors)} passed, {len(errors)} failed")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
