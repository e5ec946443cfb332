#!/usr/bin/python3
"""Bad input costs the item alone: a clear finding, the right exit code, all else found."""
import gzip
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest
import zipfile
import zlib

from harness import BIN, CairnTest, by_name, codes, picture


class BadInput(CairnTest):
    def setUp(self):
        super().setUp()
        self.known = self.evidence / "zz-known.bin"
        self.known.write_bytes(b"known content " * 1000)
        self.import_digests("list", self.known)

    def assert_known_found(self, report):
        matches = [f for f in report["findings"] if f["kind"] == "match"]
        self.assertIn("zz-known.bin", [f["steps"][-1]["name"] for f in matches])

    def scan_evidence(self, expect, **options):
        _, report = self.scan(self.evidence, "--list", "list", expect=expect, **options)
        self.assert_known_found(report)
        return report

    def test_missing_list_is_named_with_the_cure(self):
        done = self.cairn("scan", self.evidence, "--list", "absent", expect=4)
        self.assertIn(b"absent", done.stderr)
        self.assertIn(b"list", done.stderr)

    def test_wrong_list_file_is_refused(self):
        wrong = self.dir / "wrong.txt"
        wrong.write_text("this is a letter, not a list\n" * 10)
        done = self.cairn("list", "import", wrong, "--name", "other")
        self.assertIn(done.returncode, (2, 4))
        self.assertIn(b"wrong.txt", done.stderr)
        self.cairn("scan", self.evidence, "--list", "other", expect=4)

    def test_missing_folder_is_a_plain_error(self):
        done = self.cairn("scan", self.dir / "nowhere", "--list", "list", expect=4)
        self.assertIn(b"nowhere", done.stderr)

    def test_no_list_given_is_wrong_usage(self):
        self.cairn("scan", self.evidence, expect=2)

    def test_unreadable_folder_and_file(self):
        locked = self.evidence / "locked"
        locked.mkdir()
        (locked / "inside").write_text("x")
        secret = self.evidence / "secret"
        secret.write_text("x")
        locked.chmod(0)
        secret.chmod(0)
        os.chmod(self.dir, 0o755)
        for folder in (self.dir / "data", self.dir / "config"):
            for top, _, files in os.walk(folder):
                os.chmod(top, 0o777)
                for name in files:
                    os.chown(os.path.join(top, name), 65534, 65534)
        case = self.dir / "case"
        case.mkdir()
        os.chown(case, 65534, 65534)

        def become_nobody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        if os.geteuid() != 0:
            become_nobody = None
        report = self.scan_evidence(3, preexec_fn=become_nobody)
        self.assertEqual(codes(report), ["unreadable", "unreadable_folder"])

    def test_read_error_in_the_middle_of_a_file(self):
        broken = self.evidence / "broken.bin"
        broken.write_bytes(os.urandom(1 << 20))
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", broken, "-e", "trace=pread64",
                   "-e", "inject=pread64:error=EIO:when=3", BIN / "cairn", "scan", self.evidence,
                   "--list", "list", "--case", self.dir / "case", "--quiet"]
        done = subprocess.run(list(map(str, command)), env=self.environment, capture_output=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        report = self.show()
        self.assert_known_found(report)
        finding = by_name(report)["broken.bin"][0]
        self.assertEqual(finding["code"], "read_error")
        self.assertIn("Input/output error", finding["text"])
        self.assertIn("524288", finding["text"])

    def scan_while(self, name, change):
        """Scans with each read of one file held up, and changes that file meanwhile."""
        target = self.evidence / name
        target.write_bytes(os.urandom(1 << 20))
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", target, "-e",
                   "trace=pread64", "-e", "inject=pread64:delay_enter=700000", BIN / "cairn",
                   "scan", self.evidence, "--list", "list", "--case", self.dir / "case", "--quiet"]
        running = subprocess.Popen(list(map(str, command)), env=self.environment)
        time.sleep(1.2)
        change(target)
        self.assertEqual(running.wait(timeout=120), 3)
        report = self.show()
        self.assert_known_found(report)
        return by_name(report)[name][0]

    def test_file_that_grows_while_read(self):
        def grow(target):
            with open(target, "ab") as out:
                out.write(b"more")
        self.assertEqual(self.scan_while("growing", grow)["code"], "changed_while_read")

    def test_file_that_is_cut_while_read(self):
        finding = self.scan_while("shrinking", lambda target: os.truncate(target, 1000))
        self.assertEqual(finding["code"], "changed_while_read")

    def test_file_that_vanishes_before_it_is_opened(self):
        target = self.evidence / "vanishing"
        target.write_text("x")
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=openat2,openat", "-P",
                   target, "-P", "vanishing", "-e", "inject=openat2,openat:error=ENOENT",
                   BIN / "cairn", "scan", self.evidence, "--list", "list", "--case",
                   self.dir / "case", "--quiet"]
        done = subprocess.run(list(map(str, command)), env=self.environment, capture_output=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(by_name(self.show())["vanishing"][0]["code"], "vanished")

    def test_truncated_archives_give_what_came_before(self):
        whole = self.dir / "whole.zip"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as out:
            out.write(self.known, "first.bin")
            out.writestr("second.bin", os.urandom(100_000))
        (self.evidence / "cut.zip").write_bytes(whole.read_bytes()[:60_000])
        compressed = gzip.compress(os.urandom(50_000))
        (self.evidence / "cut.gz").write_bytes(compressed[:20_000])
        report = self.scan_evidence(3)
        self.assertEqual(by_name(report)["first.bin"][0]["kind"], "match")
        damaged = {f["steps"][1]["name"] for f in report["findings"] if f["kind"] == "error"}
        self.assertEqual(damaged, {"cut.zip", "cut.gz"})

    def test_archive_that_lies_about_content(self):
        lying = self.evidence / "lying.zip"
        with zipfile.ZipFile(lying, "w", zipfile.ZIP_STORED) as out:
            out.writestr("a.txt", b"A" * 1000)
            out.writestr("b.txt", b"B" * 1000)
        data = lying.read_bytes().replace(b"A" * 1000, b"C" * 1000)
        lying.write_bytes(data)
        report = self.scan_evidence(3)
        self.assertEqual(by_name(report)["a.txt"][0]["code"], "member_damaged")

    def test_picture_header_of_a_hundred_thousand_squared(self):
        def chunk(kind, body):
            return (struct.pack(">I", len(body)) + kind + body +
                    struct.pack(">I", zlib.crc32(kind + body)))
        header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
        (self.evidence / "huge.png").write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) +
            chunk(b"IEND", b""))
        report = self.scan_evidence(3)
        self.assertEqual(by_name(report)["huge.png"][0]["code"], "picture_limit")

    def test_broken_picture_is_covered_by_its_digests(self):
        (self.evidence / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 100)
        report = self.scan_evidence(1)
        self.assertEqual(by_name(report)["broken.jpg"][0]["kind"], "error")
        self.assertFalse(by_name(report)["broken.jpg"][0]["gap"])

    def test_archive_inside_itself_is_not_followed(self):
        inner = self.dir / "payload.zip"
        with zipfile.ZipFile(inner, "w") as out:
            out.write(self.known, "deep.bin")
        with zipfile.ZipFile(self.evidence / "twice.zip", "w") as out:
            out.write(inner, "one.zip")
            out.write(inner, "two.zip")
        report = self.scan_evidence(1)
        self.assertEqual(by_name(report)["two.zip"][0]["code"], "container_duplicate")
        self.assertEqual(by_name(report)["deep.bin"][0]["kind"], "match")

    def test_bomb_is_stopped_at_the_ratio(self):
        with zipfile.ZipFile(self.evidence / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("zeros", b"\0" * (100 << 20))
        report = self.scan_evidence(3)
        self.assertIn("limit_ratio", codes(report))

    def test_deep_nesting_is_stopped_at_the_depth(self):
        nested = self.dir / "nested.zip"
        with zipfile.ZipFile(nested, "w") as out:
            out.writestr("leaf.txt", b"leaf")
        for level in range(10):
            wrapped = self.dir / "wrapped.zip"
            with zipfile.ZipFile(wrapped, "w") as out:
                out.write(nested, f"level{level}.zip")
            shutil.move(wrapped, nested)
        shutil.move(nested, self.evidence / "deep.zip")
        report = self.scan_evidence(3)
        self.assertIn("limit_depth", codes(report))

    def test_names_that_would_disturb_a_terminal(self):
        name = b"line\nbreak\x1b[31m\xff.bin"
        path = os.fsencode(self.evidence) + b"/" + name
        shutil.copy(self.known, path)
        report = self.scan_evidence(1)
        paths = [f["path"] for f in report["findings"]]
        self.assertTrue(any("line\\nbreak\\x1b[31m\\xff.bin" in path for path in paths), paths)
        self.assertTrue(all("\n" not in path and "\x1b" not in path for path in paths))

    def test_special_files_are_recorded_and_never_opened(self):
        os.mkfifo(self.evidence / "fifo")
        os.symlink("/etc/passwd", self.evidence / "link")
        os.symlink(".", self.evidence / "loop")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.evidence / "socket"))
            report = self.scan_evidence(1)
        states = report["coverage"]["states"]
        self.assertEqual(states["special"]["items"], 2)
        self.assertEqual(states["symlink"]["items"], 2)

    def test_hard_links_are_read_once_and_all_named(self):
        os.link(self.known, self.evidence / "another-name.bin")
        report = self.scan_evidence(1)
        self.assertEqual(report["coverage"]["states"]["linked"]["items"], 1)
        self.assertEqual(len([f for f in report["findings"] if f["kind"] == "match"]), 2)

    def test_encrypted_members_are_named_and_opened_with_a_password(self):
        locked = self.evidence / "locked.zip"
        subprocess.run(["zip", "-q", "-j", "-P", "secret", locked, self.known], check=True)
        report = self.scan_evidence(3)
        kinds = {f["kind"] for f in by_name(report)["zz-known.bin"]}
        self.assertIn("encrypted", kinds)
        passwords = self.dir / "passwords"
        passwords.write_text("wrong\nsecret\n")
        _, report = self.scan(self.evidence, "--list", "list", "--password-file", passwords,
                              expect=1, case="case2")
        self.assertEqual(len([f for f in report["findings"] if f["kind"] == "match"]), 2)

    def test_full_disk_fails_cleanly_and_the_scan_resumes(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.dir / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("mount is not permitted here")
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=False)
        for i in range(3000):
            (self.evidence / f"file{i:05}").write_text(str(i))
        done = self.cairn("scan", self.evidence, "--list", "list", "--case", small, "--quiet")
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn(b"full", done.stderr)
        self.assertIn(b"--resume 1", done.stderr)
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        self.cairn("scan", "--resume", "1", "--case", small, "--quiet", expect=1)
        done = self.cairn("scan", "show", "1", "--case", small, expect=0)
        self.assertIn(b"COMPLETE", done.stdout)


class Interruption(CairnTest):
    def test_ctrl_c_stops_cleanly_and_resume_completes(self):
        for i in range(300):
            picture(i, (900, 700)).save(self.evidence / f"{i:03}.png", compress_level=1)
        self.import_digests("list", self.evidence / "007.png", self.evidence / "299.png")
        running = subprocess.Popen(
            [BIN / "cairn", "scan", self.evidence, "--list", "list", "--case", self.dir / "case"],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.7)
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 3, (out, error))
        self.assertIn(b"--resume 1", out)
        self.assertEqual(self.show()["scan"]["state"], "interrupted")
        code, report = self.scan("--resume", "1", expect=1)
        self.assertEqual(report["summary"]["items_matched"], 2)
        self.assertEqual(report["coverage"]["states"]["covered"]["items"], 300)


if __name__ == "__main__":
    unittest.main()
