#!/usr/bin/python3
"""Times a scan against hashdeep on the same tree, warm cache, all processors, in turns.

    tools/bench_scan.py BIN_DIR [--runs N] [--tree DIR]

Without --tree a tree of ordinary files is made in build/bench/tree: small ones, some of megabytes,
none a picture or archive, so that both programs do the same work on the same bytes. Prints the
median of the runs, and how much of hashdeep's time cairn took.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SMALL_FILES, SMALL_BYTES_MAX = 10_000, 32_000
LARGE_FILES, LARGE_BYTES = 60, 12_000_000


def make_tree(folder):
    """The same tree on every machine; made once."""
    done = folder / "made"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    source = random.Random(1)
    for number in range(SMALL_FILES):
        place = folder / f"{number // 500:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05}.dat").write_bytes(
            b"data" + source.randbytes(source.randrange(SMALL_BYTES_MAX))
        )
    for number in range(LARGE_FILES):
        (folder / f"large_{number:02}.dat").write_bytes(b"data" + source.randbytes(LARGE_BYTES))
    done.touch()


def seconds(command, environment, expected):
    started = time.monotonic()
    done = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if done.returncode not in expected:
        sys.exit(f"bench_scan.py: {command[0]} failed:\n{done.stderr.decode(errors='replace')}")
    return time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tree", type=pathlib.Path, default=ROOT / "build" / "bench" / "tree")
    arguments = parser.parse_args()
    if not shutil.which("hashdeep"):
        sys.exit("bench_scan.py: hashdeep is missing: run tools/install_packages.sh bench")
    tree = arguments.tree.resolve()
    if arguments.tree == parser.get_default("tree"):
        make_tree(tree)
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    cairn = str(arguments.bin.resolve() / "cairn")

    with tempfile.TemporaryDirectory(prefix="cairn-bench-", dir=ROOT / "build") as folder:
        work = pathlib.Path(folder)
        environment = {**os.environ, "XDG_DATA_HOME": str(work), "XDG_CONFIG_HOME": str(work)}
        digests = work / "list.txt"
        digests.write_text("".join(f"{number:064x}\n" for number in range(1, 1001)))
        seconds(
            [cairn, "list", "import", digests, "--name", "bench", "--scheme", "us-2.0",
             "--category", "1", "--hash-type", "sha256"], environment, (0,),
        )
        times = {"hashdeep": [], "cairn": []}
        for run in range(arguments.runs + 1):  # the first warms the cache and does not count
            other = seconds(["hashdeep", "-c", "md5,sha1,sha256", "-r", tree], environment, (0,))
            own = seconds(
                [cairn, "scan", tree, "--list", "bench", "--case", work / f"case_{run}", "--quiet"],
                environment, (0, 1),
            )
            if run > 0:
                times["hashdeep"].append(other)
                times["cairn"].append(own)

    print(f"{tree}: {size / 1e6:,.0f} MB, {os.cpu_count()} processors, {arguments.runs} runs")
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        spread = f"{min(times[name]):.2f} to {max(times[name]):.2f}"
        print(f"{name:9} {median:7.2f} s  ({spread}), {size / 1e6 / median:,.0f} MB/s")
    print(f"cairn takes {medians['cairn'] / medians['hashdeep']:.2f} of hashdeep's time")


if __name__ == "__main__":
    main()
