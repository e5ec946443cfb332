#!/usr/bin/python3
"""kill -9 at random moments: the resumed scan answers byte for byte like an uninterrupted one."""
import json
import os
import random
import signal
import subprocess
import tarfile
import time
import unittest
import zipfile

from harness import BIN, CairnTest, picture

KILLS = int(os.environ.get("CAIRN_KILLS", "10"))


def without_times(report):
    """The report as canonical bytes, its own times masked."""
    for member in ("started", "finished"):
        report["scan"].pop(member, None)
    return json.dumps(report, indent=1).encode()


class Resume(CairnTest):
    def make_evidence(self):
        listed = []
        for i in range(60):
            path = self.evidence / f"folder{i % 7}" / f"{i:03}.jpg"
            path.parent.mkdir(exist_ok=True)
            picture(i, (640, 480)).save(path, quality=85)
            if i % 9 == 0:
                listed.append(path)
        for archive in range(6):
            with zipfile.ZipFile(self.evidence / f"archive{archive}.zip", "w") as out:
                for i in range(25):
                    out.writestr(f"text{i}", f"{archive} {i} " * 2000)
                out.write(listed[archive % len(listed)], "known.jpg")
                with tarfile.open(self.dir / "inner.tar.gz", "w:gz") as inner:
                    inner.add(listed[0], "deep.jpg")
                out.write(self.dir / "inner.tar.gz", "inner.tar.gz")
        for i in range(400):
            (self.evidence / f"small{i:04}").write_text(f"file {i}")
        (self.evidence / "cut.jpg").write_bytes(listed[0].read_bytes()[:5000])
        os.link(listed[1], self.evidence / "hardlink.jpg")
        return listed

    def start(self, *arguments, case):
        command = [BIN / "cairn", "scan", *arguments, "--case", self.dir / case, "--quiet"]
        return subprocess.Popen(list(map(str, command)), env=self.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_killed_scans_end_like_an_uninterrupted_one(self):
        self.import_pictures("list", *self.make_evidence())
        begin = time.monotonic()
        running = self.start(self.evidence, "--list", "list", case="whole")
        running.wait(timeout=120)
        whole_s = time.monotonic() - begin
        expected = without_times(self.show(case="whole"))

        seed = int(os.environ.get("CAIRN_SEED", random.randrange(1 << 32)))
        print(f"seed {seed} (set CAIRN_SEED to repeat), whole scan {whole_s:.2f} s")
        moments = random.Random(seed)
        kills = 0
        case = 0
        while kills < KILLS:
            case += 1
            arguments = (self.evidence, "--list", "list")
            while True:
                running = self.start(*arguments, case=f"case{case}")
                try:
                    running.wait(timeout=moments.uniform(0.02, whole_s * 0.7))
                    break
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGKILL)
                    running.wait()
                    kills += 1
                started = self.cairn("scan", "list", "--case", self.dir / f"case{case}", "--json")
                if started.returncode == 0 and json.loads(started.stdout):
                    arguments = ("--resume", "1")
            self.assertEqual(without_times(self.show(case=f"case{case}")), expected)
        print(f"{kills} kills in {case} scans")


if __name__ == "__main__":
    unittest.main()
