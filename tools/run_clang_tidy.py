#!/usr/bin/env python3
"""Runs clang-tidy 16 over the programs and their modules; tests and fuzzers are left out.

    tools/run_clang_tidy.py BUILD_DIR [--jobs N] [FILE...]

BUILD_DIR needs only to be configured with clang (compile_commands.json). Without FILE all are
checked, several sources of a module in one go, since most of the time is spent on the headers that
they share; sources that do not compile together, because they use one name for two things, go
apart. Prints the warnings, then `N passed, N failed` counting files.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEFT_OUT = re.compile(r"_(test|fuzz|bench)\.cpp$")
TOGETHER = 10  # more saves little, and two processors shall have work until the end
NOISE = re.compile(r"^\d+ warnings? (generated|treated as errors)|^Suppressed |^Use -header")


def sources(build):
    """Every source of src/ and apps/ that the build compiles, and the flags of each."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        relative = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
        if relative.startswith(("src/", "apps/")) and not LEFT_OUT.search(relative):
            flags[relative] = flags_of(entry)
    return dict(sorted(flags.items()))


def flags_of(entry):
    """The words of a compilation between the compiler and what is compiled."""
    words = shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(words) if "clang++" in word)
    return words[compiler + 1:words.index("-o")]


def batches(flags):
    """Sources of one folder and the same flags, at most TOGETHER of them."""
    def kind(file):
        return str(pathlib.Path(file).parent), flags[file]

    for _, group in itertools.groupby(flags, kind):
        files = list(group)
        parts = -(-len(files) // TOGETHER)
        for part in range(parts):
            yield files[part::parts]


def joined(files, folder):
    """A source that includes all of them."""
    handle, path = tempfile.mkstemp(suffix=".cpp", dir=folder)
    with os.fdopen(handle, "w") as text:
        text.writelines(f'#include "{ROOT / file}"\n' for file in files)
    return path


def compile_together(files, flags, folder):
    command = ["clang++-16", *flags[files[0]], "-w", "-fsyntax-only", joined(files, folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def parts_that_compile(files, flags, folder):
    """The files in as few parts as halving finds."""
    if len(files) == 1 or compile_together(files, flags, folder):
        return [files]
    half = len(files) // 2
    return [*parts_that_compile(files[:half], flags, folder),
            *parts_that_compile(files[half:], flags, folder)]


def check(files, flags, folder):
    """Exit code and the lines that matter of sources that compile together. The compiler's own
    warnings are left to the build: of joined sources it says that names hide names."""
    source = str(ROOT / files[0]) if len(files) == 1 else joined(files, folder)
    command = ["clang-tidy-16", "--quiet", f"--config-file={ROOT / '.clang-tidy'}",
               "--checks=-bugprone-suspicious-include", "--header-filter=/(src|apps)/.*", source,
               "--", *flags[files[0]], "-w"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    errors = [line for line in done.stderr.splitlines() if not NOISE.match(line)]
    return done.returncode, "\n".join([done.stdout.strip(), *errors]).strip()


def check_batch(files, flags, folder):
    """The files that passed, and the reports of those that did not."""
    passed, reports = 0, []
    for part in parts_that_compile(files, flags, folder):
        status, text = check(part, flags, folder)
        if status == 0:
            passed += len(part)
            continue
        guilty = [file for file in part if f"/{file}:" in text] or part
        passed += len(part) - len(guilty)
        reports.append((guilty, f"{' '.join(guilty)}: exit code {status}\n{text}"))
    return passed, reports


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_intermixed_args()
    flags = sources(arguments.build.resolve())
    unknown = [file for file in arguments.files if file not in flags]
    if unknown or not flags:
        sys.exit(f"run_clang_tidy.py: not in compile_commands.json: {' '.join(unknown)}")
    work = [[file] for file in arguments.files] or list(batches(flags))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda files: check_batch(files, flags, folder), work)
        for batch_passed, reports in results:
            passed += batch_passed
            for guilty, text in reports:
                failed += len(guilty)
                print(text, flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
