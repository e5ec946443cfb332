#!/usr/bin/env python3
"""Runs the fuzzers of a build for a time each, several at once.

    tools/run_fuzzers.py BUILD_DIR [--seconds S] [--jobs N] [FUZZER...]

BUILD_DIR is a build with the preset `fuzz`. What a fuzzer finds of interest goes to
BUILD_DIR/corpus/<fuzzer>, inputs that break it to BUILD_DIR/broken/<fuzzer>; the seeds in
tests/corpus/<fuzzer> are only read. Ends with `N passed, N failed` counting fuzzers.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INPUT_SECONDS_MAX = 25
MEMORY_MIB_MAX = 2048


def fuzz(program, build, seconds):
    """Exit code, one line about the run, and where its log is."""
    name = program.name
    scratch, broken = build / "corpus" / name, build / "broken" / name
    for folder in (scratch, broken):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests" / "corpus" / name
    log_path = build / "broken" / f"{name}.log"
    command = [
        str(program), f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS_MAX}",
        f"-rss_limit_mb={MEMORY_MIB_MAX}", f"-artifact_prefix={broken}/", "-print_final_stats=1",
        str(scratch), *([str(seeds)] if seeds.is_dir() else []),
    ]
    with log_path.open("wb") as log:
        status = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=build, check=False,
        ).returncode
    text = log_path.read_text(errors="replace")
    runs = re.findall(r"number_of_executed_units:\s*(\d+)", text)
    edges = re.findall(r"cov: (\d+)", text)
    line = f"{int(runs[-1]) if runs else 0:,} inputs, {edges[-1] if edges else 0} edges"
    return status, line, log_path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("fuzzers", nargs="*")
    arguments = parser.parse_intermixed_args()
    build = arguments.build.resolve()
    programs = sorted((build / "bin").glob("*_fuzz"))
    if arguments.fuzzers:
        programs = [program for program in programs if program.name in arguments.fuzzers]
    if not programs:
        sys.exit(f"run_fuzzers.py: no such fuzzer in {build}/bin; build the preset `fuzz` first")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda program: fuzz(program, build, arguments.seconds), programs)
        for program, (status, line, log_path) in zip(programs, results):
            failed += status != 0
            print(f"{program.name}: {line}, {'FAILED' if status else 'clean'}", flush=True)
            if status != 0:
                print("\n".join(log_path.read_text(errors="replace").splitlines()[-40:]))
                print(f"the whole log: {log_path}")
    print(f"{len(programs) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
