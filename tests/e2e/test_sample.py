#!/usr/bin/python3
"""The sample data: every unaltered copy is found, altered copies as often as PDQ allows."""
import os
import subprocess

from harness import BIN, ROOT, CairnTest

SAMPLE = ROOT / "build" / "test" / "sample"
GOLDEN = ROOT / "tests" / "golden"
NOT_ALL_COVERED = 3


class Sample(CairnTest):
    @classmethod
    def setUpClass(cls):
        subprocess.run([ROOT / "tools/make_sample.py", SAMPLE, "--keep"], check=True)

    def setUp(self):
        super().setUp()
        self.import_pictures("sample", *sorted((SAMPLE / "originals_for_list").iterdir()))

    def scan(self, *options):
        findings = self.dir / "findings.json"
        with findings.open("wb") as out:
            done = subprocess.run(
                [BIN / "cairn", "scan", SAMPLE / "evidence", "--list", "sample",
                 "--case", self.dir / "case", "--json", "--quiet", *options],
                env=self.environment, stdout=out, check=False)
        # Broken and encrypted files are part of the sample, so not all can be covered.
        self.assertEqual(done.returncode, NOT_ALL_COVERED)
        return findings

    def check(self, findings, column):
        checked = subprocess.run(
            [ROOT / "tools/check_sample.py", findings, SAMPLE / "manifest.json",
             "--variants", column],
            capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        golden = GOLDEN / f"sample_recall_{column}.txt"
        if os.environ.get("CAIRN_UPDATE"):
            golden.write_text(checked.stdout)
        self.assertEqual(checked.stdout, golden.read_text())

    def test_upright_queries_find_what_the_study_says_and_nothing_else(self):
        self.check(self.scan("--variants", "upright"), "plain")

    def test_wide_queries_find_more_and_nothing_else(self):
        self.check(self.scan(), "wide")
