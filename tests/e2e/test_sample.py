#!/usr/bin/python3
"""The sample data: every unaltered copy is found, altered copies as often as PDQ allows."""
import os
import subprocess

from harness import BIN, ROOT, CairnTest

SAMPLE = ROOT / "build" / "test" / "sample"
GOLDEN = ROOT / "tests" / "golden" / "sample_recall.txt"
NOT_ALL_COVERED = 3


class Sample(CairnTest):
    def test_finds_what_the_study_says_and_nothing_else(self):
        subprocess.run([ROOT / "tools/make_sample.py", SAMPLE, "--keep"], check=True)
        self.import_pictures("sample", *sorted((SAMPLE / "originals_for_list").iterdir()))
        findings = self.dir / "findings.json"
        with findings.open("wb") as out:
            done = subprocess.run(
                [BIN / "cairn", "scan", SAMPLE / "evidence", "--list", "sample",
                 "--case", self.dir / "case", "--json", "--quiet"],
                env=self.environment, stdout=out, check=False)
        # Broken and encrypted files are part of the sample, so not all can be covered.
        self.assertEqual(done.returncode, NOT_ALL_COVERED)
        checked = subprocess.run(
            [ROOT / "tools/check_sample.py", findings, SAMPLE / "manifest.json"],
            capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        if os.environ.get("CAIRN_UPDATE"):
            GOLDEN.write_text(checked.stdout)
        self.assertEqual(checked.stdout, GOLDEN.read_text())
