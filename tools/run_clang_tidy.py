#!/usr/bin/env python3
"""Runs clang-tidy 16 over the programs and their modules; tests and fuzzers are left out.

    tools/run_clang_tidy.py BUILD_DIR [--jobs N] [FILE...]

BUILD_DIR needs only to be configured (compile_commands.json). Prints the warnings, then
`N passed, N failed` counting files.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEFT_OUT = re.compile(r"_(test|fuzz|bench)\.cpp$")


def sources(build, chosen):
    """Every source of src/ and apps/ that the build compiles, each once."""
    entries = json.loads((build / "compile_commands.json").read_text())
    files = {pathlib.Path(entry["directory"], entry["file"]).resolve() for entry in entries}
    for file in sorted(files):
        relative = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
        if relative.startswith(("src/", "apps/")) and not LEFT_OUT.search(relative):
            if not chosen or relative in chosen:
                yield relative


def check(build, file):
    """Exit code and the lines that matter of one file."""
    command = [
        "clang-tidy-16", "-p", str(build), "--quiet", "--extra-arg=-Wno-unknown-warning-option",
        str(ROOT / file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    noise = re.compile(r"^\d+ warnings? (generated|treated as errors)|^Suppressed |^Use -header")
    errors = [line for line in done.stderr.splitlines() if not noise.match(line)]
    return done.returncode, "\n".join([done.stdout.strip(), *errors]).strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_intermixed_args()
    files = list(sources(arguments.build.resolve(), set(arguments.files)))
    if not files:
        sys.exit("run_clang_tidy.py: no such source in compile_commands.json")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda file: check(arguments.build.resolve(), file), files)
        for file, (status, text) in zip(files, results):
            failed += status != 0
            if status != 0:
                print(f"{file}: exit code {status}\n{text}", flush=True)
    print(f"{len(files) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
