#!/usr/bin/python3
"""What was reported was on disk before: the sync stands before the answer in the system calls."""
import re
import stat
import subprocess
import unittest

from harness import BIN, CairnTest


class Durability(CairnTest):
    def trace(self, *arguments):
        log = self.dir / "trace"
        command = ["strace", "-f", "-y", "-o", log, "-e",
                   "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2", BIN / "cairn",
                   *arguments]
        done = subprocess.run(list(map(str, command)), env=self.environment, capture_output=True,
                              timeout=120, check=False)
        return done, log.read_text(errors="replace").splitlines()

    @staticmethod
    def positions(lines, pattern):
        return [i for i, line in enumerate(lines) if re.search(pattern, line)]

    def test_scan_is_synced_before_it_answers(self):
        known = self.evidence / "known"
        known.write_text("known content")
        self.import_digests("list", known)
        done, lines = self.trace("scan", self.evidence, "--list", "list", "--case",
                                 self.dir / "case", "--report", self.dir / "report.html")
        self.assertEqual(done.returncode, 1, done.stderr)
        answer = self.positions(lines, r"write\(1<.*Scan 1")
        self.assertEqual(len(answer), 1)
        before = lines[:answer[0]]
        log_writes = self.positions(before, r"pwrite64\(\d+<.*case\.db-wal>")
        syncs = self.positions(before, r"f(data)?sync\(\d+<.*case\.db-wal>")
        self.assertTrue(log_writes and syncs)
        self.assertGreater(syncs[-1], log_writes[-1], "a write to the case file was not synced")
        renames = self.positions(lines, r'rename\(.*"[^"]*report\.html"')
        self.assertEqual(len(renames), 1)
        report_syncs = self.positions(lines, r"fsync\(\d+<.*\.report\.html\.")
        folder_syncs = [i for i in self.positions(lines, r"fsync\(") if renames[0] < i < answer[0]]
        self.assertTrue(report_syncs and report_syncs[-1] < renames[0] and folder_syncs)

    def test_list_is_synced_before_its_import_is_reported(self):
        listing = self.dir / "list.txt"
        listing.write_text("0123456789abcdef0123456789abcdef\n")
        done, lines = self.trace("list", "import", listing, "--name", "list", "--scheme", "us-2.0",
                                 "--category", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = self.positions(lines, r"write\(1<")[0]
        renames = self.positions(lines, r'rename.*\.cairnlist"')
        self.assertEqual(len(renames), 1)
        file_syncs = self.positions(lines, r"f(data)?sync\(\d+<.*cairnlist")
        self.assertTrue(file_syncs and file_syncs[0] < renames[0] < answer)
        registry = [i for i in self.positions(lines, r"f(data)?sync\(\d+<.*lists\.db-wal>")
                    if renames[0] < i < answer]
        self.assertTrue(registry, "the registry was not synced after the file appeared")

    def test_lists_key_and_case_are_for_their_owner_alone(self):
        known = self.evidence / "known"
        known.write_text("known content")
        self.import_digests("list", known)
        self.scan(self.evidence, "--list", "list", expect=1)
        private = [*(self.dir / "data").rglob("*"), *(self.dir / "config").rglob("*.key"),
                   *(self.dir / "case").rglob("*")]
        self.assertGreater(len(private), 3)
        for path in private:
            if path.is_file():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_list_files_hold_no_plain_digest(self):
        known = self.evidence / "known"
        known.write_text("known content")
        self.import_digests("list", known)
        digest = subprocess.run(["sha256sum", known], capture_output=True, check=True).stdout[:64]
        for path in (self.dir / "data").rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertNotIn(digest, content, path)
                self.assertNotIn(bytes.fromhex(digest.decode()), content, path)


if __name__ == "__main__":
    unittest.main()
