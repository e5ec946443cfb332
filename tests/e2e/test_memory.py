#!/usr/bin/python3
"""Memory stays flat however many files a tree has."""
import json
import os
import random
import subprocess

from harness import BIN, CairnTest

FILES = int(os.environ.get("CAIRN_FILES", "20000"))
PEAK_BYTES_MAX = 300_000_000
COVERED_MATCHES = 1


class Memory(CairnTest):
    def make_tree(self):
        """Small files of random content, a thousand to a folder."""
        source = random.Random(1)
        for number in range(FILES):
            if number % 1000 == 0:
                folder = self.evidence / f"{number // 1000:04}"
                folder.mkdir()
            content = b"%d\n" % number + source.randbytes(source.randrange(500))
            (folder / f"{number % 1000:03}.dat").write_bytes(content)

    def test_stays_under_the_limit(self):
        self.make_tree()
        known = self.evidence / "0000" / "007.dat"
        self.import_digests("known", known)
        output = self.dir / "findings.json"
        with output.open("wb") as out:
            process = subprocess.Popen(
                [BIN / "cairn", "scan", self.evidence, "--list", "known",
                 "--case", self.dir / "case", "--json", "--quiet"],
                env=self.environment, stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, COVERED_MATCHES)
        report = json.loads(output.read_text())
        self.assertEqual(report["coverage"]["states"]["covered"]["items"], FILES)
        self.assertEqual([one["path"] for one in report["findings"]], [str(known)])
        print(f"{FILES} files, peak {usage.ru_maxrss // 1000} MB ", end="", flush=True)
        self.assertLess(usage.ru_maxrss * 1024, PEAK_BYTES_MAX)
