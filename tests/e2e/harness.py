"""What the end-to-end tests share: the real programs, a private home, generated pictures."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CAIRN_BIN", ROOT / "build/release/bin"))
TIME_LIMIT_S = 120


def picture(seed, size=(320, 240)):
    """A smooth random picture with enough structure for a PDQ quality of 100."""
    random = numpy.random.default_rng(seed)
    coarse = random.integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    return Image.fromarray(coarse, "RGB").resize(size, Image.BICUBIC)


class CairnTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="cairn-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.environment = {
            "HOME": str(self.dir / "home"),
            "XDG_DATA_HOME": str(self.dir / "data"),
            "XDG_CONFIG_HOME": str(self.dir / "config"),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        }
        self.evidence = self.dir / "evidence"
        self.evidence.mkdir()

    def cairn(self, *arguments, expect=None, **options):
        """Runs cairn; returns the finished process, its exit code checked when one is expected."""
        done = subprocess.run(
            [BIN / "cairn", *map(str, arguments)], env=self.environment, capture_output=True,
            timeout=TIME_LIMIT_S, cwd=self.dir, check=False, **options)
        if expect is not None:
            self.assertEqual(done.returncode, expect, (done.stdout, done.stderr))
        return done

    def import_digests(self, name, *files):
        """Imports a list that holds the SHA-256 of each file."""
        lines = subprocess.run(["sha256sum", *map(str, files)], capture_output=True, check=True)
        listing = self.dir / f"{name}.txt"
        listing.write_bytes(lines.stdout)
        self.cairn("list", "import", listing, "--name", name, "--scheme", "us-2.0",
                   "--category", "1", "--hash-type", "sha256", expect=0)

    def import_pictures(self, name, *files):
        """Imports a list that holds digests and PDQ of each picture, as the demo does."""
        lines = self.cairn("fingerprint", "--json", *files, expect=0).stdout
        made = subprocess.run(["/usr/bin/python3", ROOT / "tools/make_list.py"], input=lines,
                              capture_output=True, check=True)
        listing = self.dir / f"{name}.json"
        listing.write_bytes(made.stdout)
        self.cairn("list", "import", listing, "--name", name, expect=0)

    def scan(self, *arguments, expect=None, case="case", **options):
        """Scans with --json; returns (exit code, report)."""
        done = self.cairn("scan", *arguments, "--case", self.dir / case, "--json", "--quiet",
                          expect=expect, **options)
        return done.returncode, json.loads(done.stdout) if done.stdout else None

    def show(self, case="case", number=1):
        done = self.cairn("scan", "show", number, "--case", self.dir / case, "--json", expect=0)
        return json.loads(done.stdout)


def by_name(report):
    """Findings by the last name on their evidence path."""
    found = {}
    for finding in report["findings"]:
        found.setdefault(finding["steps"][-1]["name"], []).append(finding)
    return found


def codes(report):
    return sorted({finding["code"] for finding in report["findings"] if "code" in finding})
