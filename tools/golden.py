#!/usr/bin/env python3
"""Compares what the programs print with what they are recorded to print.

    tools/golden.py --bin DIR [--update] [CASE...]

A case is a folder tests/golden/cli/<case> with the file `cmd`, a shell snippet whose first line is
a comment that says what is shown, and the recorded `stdout`, `stderr` and `exit`. The snippet runs
under `bash -euo pipefail` in a fresh folder, with DIR first on PATH, its own XDG folders, UTC, and
$CASE naming the case's folder for further input. What differs from run to run is masked.
--update records what is printed now: read the difference before it is committed.
"""

import argparse
import concurrent.futures
import difflib
import getpass
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "golden" / "cli"
TIMEOUT_S = 300
PARTS = ("stdout", "stderr", "exit")

UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
MASKS = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b\d{8}T\d{6}Z"), "<time>"),
    (re.compile(UUID), "<id>"),
    # Item ids come from the absolute path, which holds the temporary folder's name.
    (re.compile(r'("(?:item|link_of)": ?)"[0-9a-f]{32}"'), r'\1"<id>"'),
    (re.compile(r'("entry": ?)"[0-9a-f]{16}"'), r'\1"<entry>"'),
    (re.compile(r'("(?:host|actor)": ?)"[^"]*"'), r'\1"<machine>"'),
    (re.compile(r"\b\d+ h \d\d min\b|\b\d+ min \d\d s\b|\b\d+(\.\d+)? (s|ms)\b"), "<duration>"),
    (re.compile(r"\b[\d.,]+ ([kKMGT]i?)?(B|bytes|items|files|pictures)/s"), "<rate>"),
)


def version():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(cairn VERSION ([\d.]+)", text)[1]


def mask(text, work, bin_dir, case):
    for path, word in ((case, "<case>"), (bin_dir, "<bin>"), (work, "<work>"), (ROOT, "<root>")):
        text = text.replace(str(path), word)
    text = text.replace(version(), "<version>")
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    for name in (socket.gethostname(), getpass.getuser()):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "<machine>", text)
    return text


def environment(work, bin_dir, case):
    folders = {
        f"XDG_{kind}_HOME": str(work / ".xdg" / kind.lower())
        for kind in ("DATA", "CONFIG", "STATE", "CACHE")
    }
    for folder in folders.values():
        os.makedirs(folder, mode=0o700)
    return {
        "PATH": f"{bin_dir}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(work),
        "CASE": str(case),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        **folders,
    }


def run(case, bin_dir):
    """{part: masked text} of one case."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="golden-")).resolve()
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", str(case / "cmd")], cwd=work, check=False,
            env=environment(work, bin_dir, case), stdin=subprocess.DEVNULL, timeout=TIMEOUT_S,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        output, errors, status = done.stdout, done.stderr, str(done.returncode)
    except subprocess.TimeoutExpired as late:
        output, errors = late.stdout or b"", late.stderr or b""
        status = f"still running after {TIMEOUT_S} s"
    finally:
        shutil.rmtree(work, ignore_errors=True)
    texts = {"stdout": output, "stderr": errors, "exit": f"{status}\n".encode()}
    return {
        part: mask(text.decode(errors="backslashreplace"), work, bin_dir, case)
        for part, text in texts.items()
    }


def recorded(case, part):
    """An empty stream has no file; an exit code without a file is 0."""
    path = case / part
    if path.exists():
        return path.read_text(encoding="utf-8")
    return "0\n" if part == "exit" else ""


def record(case, texts):
    for part, text in texts.items():
        (case / part).unlink(missing_ok=True)
        if text != recorded(case, part):
            (case / part).write_text(text, encoding="utf-8")


def differences(case, texts):
    for part in PARTS:
        before, now = recorded(case, part), texts[part]
        if before != now:
            yield from difflib.unified_diff(
                before.splitlines(), now.splitlines(), f"{case.name}/{part} (recorded)",
                f"{case.name}/{part} (now)", lineterm="",
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    bin_dir = arguments.bin.resolve()
    if not (bin_dir / "cairn").exists():
        sys.exit(f"golden.py: {bin_dir}/cairn is not there: run `make build` first")
    cases = sorted(path.parent for path in CASES.glob("*/cmd"))
    unknown = set(arguments.cases) - {case.name for case in cases}
    if unknown:
        sys.exit(f"golden.py: no case {', '.join(sorted(unknown))} in {CASES}")
    if arguments.cases:
        cases = [case for case in cases if case.name in arguments.cases]

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, texts in zip(cases, pool.map(lambda case: run(case, bin_dir), cases)):
            lines = list(differences(case, texts))
            if arguments.update:
                record(case, texts)
                print(f"{case.name}: {'recorded anew' if lines else 'as before'}")
                continue
            failed += bool(lines)
            print(f"{case.name}: {'DIFFERS' if lines else 'ok'}")
            print("\n".join(lines), end="\n" if lines else "")
    if not arguments.update:
        print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
