#!/usr/bin/python3
"""What happens in a case folder is put on record in its own audit log, and verifies elsewhere."""
import json
import shutil
import sqlite3
import unittest

from harness import BIN, CairnTest


class CaseLog(CairnTest):
    def setUp(self):
        super().setUp()
        self.known = self.evidence / "planted-name.bin"
        self.known.write_bytes(b"known content " * 1000)
        self.import_digests("list", self.known)
        self.scan(self.evidence, "--list", "list", expect=1)
        self.case = self.dir / "case"
        made = self.cairn("audit", "key", self.dir / "config/cairn/audit.key", expect=0)
        self.vkey = made.stdout.decode().strip()

    def operations(self):
        """(operation, objects) of all entries, in their order."""
        with sqlite3.connect(self.case / "case.db") as records:
            rows = records.execute("SELECT entry FROM audit_entry ORDER BY place").fetchall()
        entries = [json.loads(row[0]) for row in rows]
        return [(one["op"], one.get("objects", [])) for one in entries]

    def verify(self, where=None, expect=0, environment=None):
        done = self.cairn("audit", "verify", where or self.case, "--key", self.vkey, "--quiet",
                          "--json", expect=expect)
        return json.loads(done.stdout)

    def test_acts_and_looks_are_on_record_and_verify(self):
        self.show()
        found = json.loads(self.cairn("scan", "show", 1, "--case", self.case, "--json").stdout)
        item = found["findings"][0]["item"]
        self.cairn("item", "extract", item, "--scan", 1, "--case", self.case, "--to",
                   self.dir / "out.bin", "--reason", "a planted reason", expect=0)
        self.cairn("rematch", 1, "--list", "list", "--case", self.case)
        self.cairn("scan", "delete", 2, "--case", self.case, "--reason", "no longer needed",
                   expect=0)
        operations = self.operations()
        self.assertEqual(operations[:4], [
            ("scan_run", ["scan:1"]), ("scan_finish", ["scan:1"]), ("scan_report", ["scan:1"]),
            ("scan_report", ["scan:1"])])
        self.assertEqual(operations[4][0], "item_extract")
        self.assertEqual(operations[4][1][0], "scan:1")
        self.assertTrue(operations[4][1][1].startswith("item:" + item))
        self.assertEqual(operations[5:], [
            ("scan_rematch", ["scan:2", "scan:1"]), ("scan_finish", ["scan:2"]),
            ("scan_delete", ["scan:2"])])
        self.verify()

    def test_entries_hold_no_content(self):
        self.cairn("scan", "delete", 1, "--case", self.case, "--reason", "a planted reason",
                   expect=0)
        with sqlite3.connect(self.case / "case.db") as records:
            for (entry,) in records.execute("SELECT entry FROM audit_entry"):
                self.assertNotIn(b"planted", entry)

    def test_an_entry_altered_by_hand_is_named(self):
        with sqlite3.connect(self.case / "case.db") as records:
            records.execute("UPDATE audit_entry SET entry = replace(entry, 'scan_run', 'scan_ran')"
                            " WHERE place = 0")
        report = self.verify(expect=1)
        kinds = [(one["kind"], one.get("first")) for one in report["logs"][0]["findings"]]
        self.assertIn(("entry_altered", 0), kinds)

    def test_another_machine_verifies_a_copy_with_the_public_key_alone(self):
        self.cairn("audit", "export", self.case, self.dir / "exported", expect=0)
        elsewhere = self.dir / "elsewhere"
        elsewhere.mkdir()
        shutil.copy(BIN / "cairn", elsewhere)
        shutil.move(self.dir / "exported", elsewhere / "exported")
        shutil.rmtree(self.case)
        shutil.rmtree(self.dir / "config")
        self.environment = {"HOME": str(elsewhere), "PATH": "/usr/bin:/bin"}
        report = self.verify(where=elsewhere / "exported")
        self.assertEqual(report["verdict"], "good")

    def test_a_case_whose_log_cannot_be_written_is_not_shown(self):
        with sqlite3.connect(self.case / "case.db") as records:
            records.execute("CREATE TRIGGER full BEFORE INSERT ON audit_pending"
                            " BEGIN SELECT raise(ABORT, 'disk is full'); END")
        done = self.cairn("scan", "show", 1, "--case", self.case, expect=4)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"disk is full", done.stderr)


if __name__ == "__main__":
    unittest.main()
