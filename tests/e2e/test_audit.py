#!/usr/bin/python3
"""The log of acts, handed to people who trust nobody: tampering by hand in the records on both
engines is named, and what was exported is verified elsewhere with the public key alone."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from harness import BIN, ROOT, CairnTest

ENTRIES = 600
NAME = "audit.example.org"
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


class AuditTest(CairnTest):
    """What both engines share: a signed log of ENTRIES acts."""

    def setUp(self):
        super().setUp()
        self.key = self.dir / "log.key"
        self.vkey = self.new_key(NAME, self.key)
        self.location = self.make_location()
        self.write(ENTRIES, "sign")

    def new_key(self, name, file, *arguments):
        made = self.cairn("audit", "new-key", name, file, *arguments, expect=0)
        return made.stdout.decode().strip()

    def make_location(self):
        return self.dir / "records.db"

    def write(self, *steps, key=None, expect=0):
        done = subprocess.run(
            [BIN / "cairn-audit-writer", self.location, key or self.key, *map(str, steps)],
            capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)

    def verify(self, *arguments, expect, where=None):
        done = self.cairn("audit", "verify", where or self.location, "--quiet", "--json",
                          *arguments, expect=expect)
        return json.loads(done.stdout)

    def findings(self, *arguments, expect=1, where=None):
        """(kind, first) of what a verification with the log's key finds in the only log."""
        report = self.verify("--key", self.vkey, *arguments, expect=expect, where=where)
        return [(one["kind"], one.get("first")) for one in report["logs"][0]["findings"]]

    def export(self, folder="exported"):
        self.cairn("audit", "export", self.location, self.dir / folder, expect=0)
        return self.dir / folder

    def checkpoint(self, name):
        """The last signed checkpoint, kept apart from the log."""
        kept = self.dir / name
        shutil.copy(self.export(f"export-{name}") / NAME / "checkpoint", kept)
        return kept


class TamperedRecords:
    """What somebody who may write to the records can do by hand."""

    def test_untouched_log_is_good_with_the_key_and_not_vouched_for_without(self):
        report = self.verify("--key", self.vkey, expect=0)
        self.assertEqual(report["verdict"], "good")
        self.assertEqual(report["logs"][0]["entries"], ENTRIES)
        self.assertEqual(report["logs"][0]["signed"]["size"], ENTRIES)
        report = self.verify(expect=3)
        self.assertEqual([one["kind"] for one in report["logs"][0]["findings"]], ["not_verified"])

    def test_altered_entry(self):
        self.sql("UPDATE audit_entry SET entry = (SELECT entry FROM audit_entry WHERE place = 3)"
                 " WHERE place = 300")
        self.assertIn(("entry_altered", 300), self.findings())
        words = self.cairn("audit", "verify", self.location, "--key", self.vkey, expect=1).stdout
        self.assertIn(b"TAMPERED WITH", words)
        self.assertIn(b"entry 300: its bytes are not those that were logged", words)

    def test_entry_altered_together_with_its_hash(self):
        self.sql("UPDATE audit_entry SET leaf_hash = (SELECT leaf_hash FROM audit_entry WHERE"
                 " place = 3), entry = (SELECT entry FROM audit_entry WHERE place = 3)"
                 " WHERE place = 300")
        self.assertIn(("entry_altered", 300), self.findings())

    def test_deleted_entries(self):
        self.sql("DELETE FROM audit_entry WHERE place IN (0, 300, 599)")
        found = self.findings()
        for finding in (("entry_missing", 0), ("entry_missing", 300), ("log_truncated", 599)):
            self.assertIn(finding, found)

    def test_deleted_entry_and_the_rest_moved_up(self):
        self.sql("DELETE FROM audit_entry WHERE place = 300")
        self.sql("UPDATE audit_entry SET place = -place WHERE place > 300")
        self.sql("UPDATE audit_entry SET place = -place - 1 WHERE place < 0")
        self.assertIn(("entry_missing", 300), self.findings())

    def test_inserted_entry(self):
        self.sql("UPDATE audit_entry SET place = -place WHERE place >= 300")
        self.sql("UPDATE audit_entry SET place = -place + 1 WHERE place < 0")
        self.sql("INSERT INTO audit_entry(log, place, leaf_hash, entry)"
                 " SELECT log, 300, leaf_hash, entry FROM audit_entry WHERE place = 5")
        self.assertIn(("entry_inserted", 300), self.findings())

    def test_swapped_entries(self):
        self.sql("UPDATE audit_entry SET place = -1 WHERE place = 300")
        self.sql("UPDATE audit_entry SET place = 300 WHERE place = 400")
        self.sql("UPDATE audit_entry SET place = 400 WHERE place = -1")
        report = self.verify("--key", self.vkey, expect=1)
        swapped = report["logs"][0]["findings"][0]
        self.assertEqual((swapped["kind"], swapped["first"], swapped["other"]),
                         ("entries_swapped", 300, 400))

    def test_log_cut_at_its_end(self):
        self.sql("DELETE FROM audit_entry WHERE place >= 590")
        self.assertIn(("log_truncated", 590), self.findings())

    def test_log_cut_with_its_size(self):
        self.sql("DELETE FROM audit_entry WHERE place >= 256")
        self.sql("DELETE FROM audit_tile WHERE place > 0")
        self.sql("UPDATE audit_log SET size = 256")
        self.assertIn(("log_truncated", 256), self.findings())

    def test_forged_checkpoint(self):
        other = self.dir / "other.key"
        self.new_key(NAME, other)
        self.write(5)
        self.write("sign", key=other)
        self.assertIn("signature_wrong", [kind for kind, _ in self.findings()])

    def test_clock_set_back_is_a_warning(self):
        self.write("10", "back", "10", "sign")
        self.assertEqual(self.findings(expect=0)[0][0], "time_backwards")

    def test_what_is_not_there_is_not_good(self):
        stranger = self.new_key("other.example.org", self.dir / "stranger.key")
        report = self.verify("--key", self.vkey, "--key", stranger, expect=3)
        self.assertEqual(report["not_found"], ["other.example.org"])

    def test_witness(self):
        seen = self.dir / "seen"
        w1 = self.new_key("witness.example.org/w1", self.dir / "w1.key", "--witness")
        for turn in range(2):
            self.cairn("audit", "witness", "request", self.location, "--witness", w1,
                       "-o", self.dir / "request", expect=0)
            self.cairn("audit", "witness", "sign", self.dir / "request", "--log", self.vkey,
                       "--state", seen, "--key", self.dir / "w1.key", "-o", self.dir / "answer",
                       expect=0)
            self.cairn("audit", "witness", "accept", self.location, self.dir / "request",
                       self.dir / "answer", "--witness", w1, expect=0)
            report = self.verify("--key", self.vkey, "--witness", w1, expect=0)
            witnessed = report["logs"][0]["witnessed"]
            self.assertEqual(witnessed["size"], ENTRIES + 10 * turn)
            self.assertEqual(witnessed["cosignatures"][0]["witness"], "witness.example.org/w1")
            self.write(10, "sign")
        # Asked with a size that the witness has left behind.
        self.cairn("audit", "witness", "request", self.location, "--witness", w1, "--old-size", 600,
                   "-o", self.dir / "request", expect=0)
        refused = self.cairn("audit", "witness", "sign", self.dir / "request", "--log", self.vkey,
                             "--state", seen, "--key", self.dir / "w1.key", expect=3)
        self.assertIn(b"610", refused.stderr)
        self.assertEqual(refused.stdout, b"")
        # Of a log that it does not follow.
        stranger = self.new_key("other.example.org", self.dir / "stranger.key")
        self.cairn("audit", "witness", "sign", self.dir / "request", "--log", stranger,
                   "--state", self.dir / "unseen", "--key", self.dir / "w1.key", expect=4)

    def test_proof_travels_alone(self):
        proof = self.dir / "entry.proof"
        self.cairn("audit", "prove", self.location, 599, "-o", proof, expect=0)

        def check(key):
            return self.alone("audit", "check-proof", proof, "--key", key)

        done = check(self.vkey)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'"op":"item_show"', done.stdout)
        other = self.new_key("other.example.org", self.dir / "stranger.key")
        self.assertEqual(check(other).returncode, 1)
        same_name = self.new_key(NAME, self.dir / "second.key")
        self.assertEqual(check(same_name).returncode, 1)
        text = proof.read_text().replace("index 599", "index 598")
        proof.write_text(text)
        self.assertEqual(check(self.vkey).returncode, 1)
        self.cairn("audit", "prove", self.location, ENTRIES, expect=4)

    def test_second_machine_needs_the_public_key_alone(self):
        folder = self.export()
        elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="cairn-elsewhere-"))
        self.addCleanup(shutil.rmtree, elsewhere, ignore_errors=True)
        shutil.move(folder, elsewhere / "log")
        done = self.alone("audit", "verify", elsewhere / "log", "--key", self.vkey, "--json",
                          cwd=elsewhere)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["logs"][0]["rows"], ENTRIES)
        bundle = elsewhere / "log" / NAME / "tile/entries/001"
        bundle.write_bytes(bundle.read_bytes().replace(b"item:300", b"item:303"))
        done = self.alone("audit", "verify", elsewhere / "log", "--key", self.vkey, cwd=elsewhere)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"entry 300: its bytes are not those that were logged", done.stdout)
        self.assertEqual(list((elsewhere / "home").iterdir()), [], "something was written at home")

    def alone(self, *arguments, cwd=None):
        """Runs cairn as on a machine that has nothing of it but the program."""
        home = pathlib.Path(cwd or self.dir) / "home"
        home.mkdir(exist_ok=True)
        return subprocess.run([BIN / "cairn", *map(str, arguments)], env={"HOME": str(home)},
                              capture_output=True, timeout=120, cwd=cwd or self.dir, check=False)

    def test_agencies_are_bound_by_the_installation(self):
        north = f"{NAME}/agency/north"
        self.write("40@north", "2@south", "bind", "30@north", "bind", "sign")
        witnessed = self.verify("--key", self.vkey, expect=0)
        self.assertEqual([log["entries"] for log in witnessed["logs"]], [ENTRIES + 2, 70, 2])
        folder = self.export()
        self.assertEqual(len(self.verify("--key", self.vkey, expect=0, where=folder)["logs"]), 3)
        # The agency's own auditor has its log alone; the installation's key is its key too.
        self.verify("--key", self.vkey, expect=0, where=folder / north.replace("/", "+"))
        # Its log cut back and signed again by the installation itself.
        log = f"(SELECT id FROM audit_log WHERE origin = '{north}')"
        for table in ("audit_entry", "audit_tile", "audit_checkpoint"):
            self.sql(f"DELETE FROM {table} WHERE log = {log}")
        self.sql(f"UPDATE audit_log SET size = 0, root = {self.bytes_of(EMPTY_ROOT)}"
                 f" WHERE id = {log}")
        self.write("75@north", "sign")
        report = self.verify("--key", self.vkey, expect=1)
        found = [(one["kind"], one["first"]) for one in report["logs"][0]["findings"]]
        self.assertEqual(found, [("binding_differs", ENTRIES), ("binding_differs", ENTRIES + 1)])
        self.assertEqual(report["logs"][1]["verdict"], "good", "by itself it agrees")

    def test_export_is_continued(self):
        folder = self.export()
        self.write(100, "sign")
        said = self.cairn("audit", "export", self.location, folder, expect=0).stdout
        self.assertIn(b"700 entries", said)
        self.assertIn(b"100 of them new", said)
        self.assertEqual(self.findings(expect=0, where=folder), [])
        partial = sorted(path.name for path in (folder / NAME / "tile/0").glob("*.p/*"))
        self.assertEqual(partial, ["188"], "the narrower tile stayed")


class SqliteLog(TamperedRecords, AuditTest):
    @staticmethod
    def bytes_of(digits):
        return f"x'{digits}'"

    def sql(self, statement):
        with sqlite3.connect(self.location) as records:
            records.execute(statement)
        records.close()

    def test_yesterdays_backup_restored(self):
        shutil.copy(self.location, self.dir / "yesterday.db")
        self.write(50, "sign")
        kept = self.checkpoint("kept")
        for name in ("records.db", "records.db-wal", "records.db-shm"):
            (self.dir / name).unlink(missing_ok=True)
        shutil.copy(self.dir / "yesterday.db", self.location)
        # Alone it looks whole; whoever kept a checkpoint sees.
        self.assertEqual(self.findings(expect=0), [])
        self.assertEqual(self.findings("--since", kept), [("log_truncated", ENTRIES)])
        # Gone on with other entries until it is longer.
        self.write("back", 60, "sign")
        found = [kind for kind, _ in self.findings("--since", kept)]
        self.assertIn("root_differs", found)

    def test_log_that_shows_two_histories_to_its_witness(self):
        w1 = self.new_key("witness.example.org/w1", self.dir / "w1.key", "--witness")

        def ask(expect):
            self.cairn("audit", "witness", "request", self.location, "--witness", w1,
                       "--old-size", self.seen, "-o", self.dir / "request", expect=0)
            return self.cairn("audit", "witness", "sign", self.dir / "request", "--log", self.vkey,
                              "--state", self.dir / "seen", "--key", self.dir / "w1.key",
                              expect=expect)

        self.seen = 0
        shutil.copy(self.location, self.dir / "yesterday.db")
        self.write(50, "sign")
        ask(expect=0)
        self.seen = 650
        shutil.copy(self.dir / "yesterday.db", self.location)
        for suffix in ("-wal", "-shm"):
            pathlib.Path(f"{self.location}{suffix}").unlink(missing_ok=True)
        self.write("back", 50, "sign")
        said = ask(expect=1).stderr
        self.assertIn(b"TWO HISTORIES", said)
        kept = list(self.dir.glob("seen.contradiction-650-*"))
        self.assertEqual(len(kept), 1)
        self.assertNotEqual(kept[0].read_text().splitlines()[2],
                            (self.dir / "seen").read_text().splitlines()[2])
        self.write(50, "sign")
        self.assertIn(b"NOT COSIGNED", ask(expect=1).stderr)

    def test_export_never_mixes_two_histories(self):
        shutil.copy(self.location, self.dir / "yesterday.db")
        self.write(50, "sign")
        folder = self.export()
        shutil.copy(self.dir / "yesterday.db", self.location)
        for suffix in ("-wal", "-shm"):
            pathlib.Path(f"{self.location}{suffix}").unlink(missing_ok=True)
        self.write("back", 80, "sign")
        refused = self.cairn("audit", "export", self.location, folder, expect=4)
        self.assertIn(b"keep both", refused.stderr)

    def test_private_keys_are_private(self):
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        self.cairn("audit", "new-key", NAME, self.key, expect=4)
        self.assertEqual(self.cairn("audit", "key", self.key, expect=0).stdout.decode().strip(),
                         self.vkey)
        self.key.chmod(0o644)
        refused = self.cairn("audit", "key", self.key, expect=4)
        self.assertIn(b"chmod 600", refused.stderr)


class PostgresqlLog(TamperedRecords, AuditTest):
    @staticmethod
    def bytes_of(digits):
        return f"'\\x{digits}'"

    @classmethod
    def setUpClass(cls):
        cls.state = pathlib.Path(tempfile.mkdtemp(prefix="cairn-e2e-pg-")) / "server"
        cls.server("start")
        cls.made = 0

    @classmethod
    def tearDownClass(cls):
        cls.server("stop")
        shutil.rmtree(cls.state.parent, ignore_errors=True)

    @classmethod
    def server(cls, step):
        subprocess.run(["/usr/bin/python3", ROOT / "tools/test_postgresql.py", step, cls.state],
                       check=True, timeout=120)

    def url(self, name):
        return f"postgresql:///{name}?host={self.state.read_text()}&user=cairn"

    def make_location(self):
        type(self).made += 1
        name = f"audit_{os.getpid()}_{self.made}"
        self.psql(self.url("postgres"), f"CREATE DATABASE {name}")
        return self.url(name)

    def psql(self, url, statement):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement],
                       check=True, timeout=60, capture_output=True)

    def sql(self, statement):
        self.psql(self.location, statement)


if __name__ == "__main__":
    unittest.main()
