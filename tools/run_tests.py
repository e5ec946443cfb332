#!/usr/bin/python3
"""Runs the test stages, each timed, and says at the end what passed and what failed.

    tools/run_tests.py [--long] [STAGE...]      `make test` installs the packages first

A stage that fails does not stop the others; those that need what it builds are counted as failed.
The whole output of a stage is in build/test/<stage>.log. Exit code 1 when anything failed.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test"
JOBS = os.environ.get("JOBS") or str(os.cpu_count())
RELEASE_BIN = "build/release/bin"
LONG_FUZZ_SECONDS = 600
LINES_SHOWN_ON_FAILURE = 60


@dataclasses.dataclass(frozen=True)
class Stage:
    name: str
    text: str
    commands: tuple  # shell commands; the stage fails with the first that fails
    needs: tuple = ()


def ctest(preset, *options):
    return f"ctest --preset {preset} --no-tests=error -j {JOBS} {' '.join(options)}"


def without_address_randomness(command):
    """GCC 12's ThreadSanitizer cannot place its memory under 32 bits of address randomness."""
    return f"if setarch -R true 2>/dev/null; then setarch -R {command}; else {command}; fi"


# Sanitizers cannot live under a limit of address space, so that limit is tested here.
RELEASE = (
    "cmake --preset release -DBUILD_TESTING=ON -DCAIRN_BENCH=OFF",
    "cmake --build --preset release --target cairn_programs cairn_confine_test"
    " cairn-audit-load cairn-audit-writer",
    ctest("release", "-R", "'^confine\\.'"),
)
STAGES = (
    Stage("lint", "rules of the house, formatting, scripts, links",
          ("cmake --preset dev", ctest("dev", "-L", "'^lint$'"))),
    Stage("build", "debug build with ASan and UBSan, each header alone",
          ("cmake --preset dev", "cmake --build --preset dev",
           f"tools/check_headers.py build/dev --jobs {JOBS}")),
    Stage("unit", "unit tests and fuzz corpora under ASan and UBSan",
          (ctest("dev", "-LE", "'^(lint|slow)$'"),), needs=("build",)),
    Stage("release", "release build; limits of confined programs", RELEASE),
    Stage("golden", "command line against the recorded answers, documents against the help",
          (f"tools/golden.py --bin {RELEASE_BIN}", f"tools/check_docs.py --bin {RELEASE_BIN}"),
          needs=("release",)),
    Stage("e2e", "whole programs: sample data, kill and resume, bad input, memory, servers",
          (f"tools/run_e2e.py --bin {RELEASE_BIN}",), needs=("release",)),
    Stage("demo", "make demo",
          (f"tools/demo.sh {RELEASE_BIN} build/demo",), needs=("release",)),
    Stage("tsan", "modules with threads under ThreadSanitizer",
          ("cmake --preset tsan", "cmake --build --preset tsan --target cairn_tests",
           without_address_randomness(ctest("tsan", "-LE", "'^(lint|slow)$'")))),
    Stage("tidy", "clang-tidy over the programs and their modules",
          ("cmake --preset dev", f"tools/run_clang_tidy.py build/dev --jobs {JOBS}")),
)
LONG_STAGES = (
    Stage("release", "release build", RELEASE),
    Stage("slow", "slow end-to-end tests: a million files, 100 kills",
          (f"tools/run_e2e.py --bin {RELEASE_BIN} --long",), needs=("release",)),
    Stage("fuzz", f"every fuzzer for {LONG_FUZZ_SECONDS} s",
          ("cmake --preset fuzz -DBUILD_TESTING=OFF", "cmake --build --preset fuzz",
           f"tools/run_fuzzers.py build/fuzz --seconds {LONG_FUZZ_SECONDS} --jobs {JOBS}")),
)


@dataclasses.dataclass
class Outcome:
    stage: Stage
    seconds: float
    passed: int
    failed: int

    def row(self):
        word = "ok" if self.failed == 0 else "FAILED"
        minutes = f"{int(self.seconds) // 60}:{int(self.seconds) % 60:02}"
        return f"{self.stage.name:8} {word:7} {minutes:>7} {self.passed:>6} {self.failed:>6}  "


def count(log, succeeded):
    """Tests that a stage's output speaks of; the stage itself where it names none."""
    passed = failed = 0
    for found in re.finditer(r"tests passed, (\d+) tests failed out of (\d+)", log):
        failed += int(found[1])
        passed += int(found[2]) - int(found[1])
    for found in re.finditer(r"^(\d+) passed, (\d+) failed$", log, re.MULTILINE):
        passed, failed = passed + int(found[1]), failed + int(found[2])
    if succeeded:
        return max(passed, 1), failed
    return passed, max(failed, 1)


def run(stage):
    LOGS.mkdir(parents=True, exist_ok=True)
    log_path = LOGS / f"{stage.name}.log"
    started = time.monotonic()
    status = 0
    with log_path.open("wb") as log:
        for command in stage.commands:
            log.write(f"+ {command}\n".encode())
            log.flush()
            status = subprocess.run(
                ["bash", "-c", command], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, check=False,
            ).returncode
            if status != 0:
                log.write(f"exit code {status}\n".encode())
                break
    text = log_path.read_text(errors="replace")
    passed, failed = count(text, status == 0)
    if status != 0:
        print(f"--- last lines of {log_path.relative_to(ROOT)}")
        print("\n".join(text.splitlines()[-LINES_SHOWN_ON_FAILURE:]))
        print("---")
    return Outcome(stage, time.monotonic() - started, passed, failed)


def choose(stages, names):
    """The named stages and what they need, in order; all of them when none is named."""
    known = {stage.name: stage for stage in stages}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"run_tests.py: no stage '{unknown[0]}'; stages are {' '.join(known)}")
    wanted = set(names or known)
    for stage in reversed(stages):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return [stage for stage in stages if stage.name in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="*", help="run only these (and what they need)")
    parser.add_argument("--long", action="store_true", help="the stages of make test-long")
    arguments = parser.parse_args()
    outcomes = []
    broken = set()
    for stage in choose(LONG_STAGES if arguments.long else STAGES, arguments.stages):
        print(f"{stage.name}: {stage.text} ...", flush=True)
        missing = broken.intersection(stage.needs)
        if missing:
            print(f"--- not run: {', '.join(missing)} failed")
            outcome = Outcome(stage, 0, 0, 1)
        else:
            outcome = run(stage)
        if outcome.failed:
            broken.add(stage.name)
        outcomes.append(outcome)
        print(f"  {outcome.row()}", flush=True)

    print(f"\n{'stage':8} {'result':7} {'min:s':>7} {'passed':>6} {'failed':>6}")
    for outcome in outcomes:
        print(outcome.row() + outcome.stage.text)
    seconds = sum(outcome.seconds for outcome in outcomes)
    print(f"total {int(seconds) // 60} min {int(seconds) % 60:02} s")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
