#!/usr/bin/python3
"""Runs the end-to-end tests, tests/e2e/test_*.py, against built programs.

    tools/run_e2e.py --bin DIR [--long] [--update] [TEST...]      TEST: a file's name or part of it

--long takes the slow ones at full size (a million files, 100 kills). --update records the golden
tables anew. Ends with `N passed, N failed`.
"""

import argparse
import os
import pathlib
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "e2e"
FULL_SIZE = {"CAIRN_FILES": "1000000", "CAIRN_KILLS": "100"}
SLOW = ("test_memory", "test_resume")


class TimedResult(unittest.TextTestResult):
    """Says how long each test took: some take minutes."""

    def startTest(self, test):
        self.started_at = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        self.stream.write(f"{time.monotonic() - self.started_at:.1f} s ")
        super().addSuccess(test)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("tests", nargs="*")
    arguments = parser.parse_args()
    bin_dir = arguments.bin.resolve()
    if not (bin_dir / "cairn").exists():
        sys.exit(f"run_e2e.py: {bin_dir}/cairn is not there: run `make build` first")
    os.environ["CAIRN_BIN"] = str(bin_dir)
    if arguments.long:
        os.environ.update(FULL_SIZE)
    if arguments.update:
        os.environ["CAIRN_UPDATE"] = "1"
    wanted = arguments.tests or (SLOW if arguments.long else [""])
    names = [path.stem for path in sorted(TESTS.glob("test_*.py"))]
    names = [name for name in names if any(part in name for part in wanted)]
    if not names:
        sys.exit(f"run_e2e.py: no such test in {TESTS}")
    sys.path.insert(0, str(TESTS))
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    runner = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=TimedResult)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
