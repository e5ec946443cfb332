#!/usr/bin/python3
"""Records under bad luck: the database killed under load, commits and syncs in their order, two
programs migrating at once, a server role that cannot alter what it wrote."""
import collections
import os
import random
import re
import subprocess
import time
import unittest

from harness import BIN, TIME_LIMIT_S, CairnTest
from postgresql import PostgresqlServer

SERVER_KILLS = 10
WRITER = BIN / "cairn-audit-load"
THREADS = 8


class Records(CairnTest):
    def start_server(self):
        server = PostgresqlServer(self.dir, durable=True)
        self.addCleanup(server.tool, "stop")
        server.sql("CREATE ROLE cairn_server LOGIN")
        server.sql("CREATE DATABASE records")
        self.cairn("db", "migrate", server.location("records"), "--server-role", "cairn_server",
                   expect=0)
        return server

    def read_log(self, location):
        """The objects of all entries; the log has been verified."""
        done = subprocess.run([WRITER, "read", location], capture_output=True, text=True,
                              timeout=TIME_LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def expect_all(self, said, kept):
        twice = [object for object, times in collections.Counter(kept).items() if times > 1]
        self.assertEqual(twice, [])
        self.assertEqual(set(said) - set(kept), set(), "acknowledged, then lost")

    def test_nothing_acknowledged_is_lost_when_postgresql_is_killed(self):
        server = self.start_server()
        location = server.location("records", "cairn_server")
        seed = int(os.environ.get("CAIRN_SEED", random.randrange(1 << 32)))
        print(f"seed {seed} (set CAIRN_SEED to repeat)")
        moments = random.Random(seed)
        said = []
        rounds_with_work = 0
        for _ in range(SERVER_KILLS):
            output = self.dir / "said"
            with output.open("wb") as out:
                writer = subprocess.Popen([WRITER, "write", location, str(THREADS), "1000000"],
                                          stdout=out, stderr=subprocess.PIPE)
                time.sleep(moments.uniform(0.2, 0.8))
                server.kill()
                errors = writer.communicate(timeout=TIME_LIMIT_S)[1]
            self.assertEqual(writer.returncode, 1, errors)
            lines = output.read_text().split()
            rounds_with_work += bool(lines)
            said += lines
            server.tool("restart")
        self.assertGreaterEqual(rounds_with_work, SERVER_KILLS // 2)
        kept = self.read_log(server.location("records"))
        self.expect_all(said, kept)
        # What was done when the server died may be there without having been said.
        self.assertLessEqual(len(kept) - len(said), SERVER_KILLS * THREADS)
        print(f"{len(said)} acknowledged, {len(kept)} kept")

    def test_nothing_acknowledged_is_lost_when_the_program_is_killed(self):
        location = self.dir / "records.db"
        self.cairn("db", "migrate", location, expect=0)
        said = []
        for i in range(SERVER_KILLS):
            with (self.dir / "said").open("wb") as out:
                writer = subprocess.Popen([WRITER, "write", location, str(THREADS), "1000000"],
                                          stdout=out, stderr=subprocess.DEVNULL)
                time.sleep(0.1 + 0.03 * i)
                writer.kill()
                writer.wait()
            said += (self.dir / "said").read_text().split()
        self.assertTrue(said)
        self.expect_all(said, self.read_log(location))

    def traced(self, command, log):
        trace = ["strace", "-f", "-y", "-s", "64", "-o", log, "-e",
                 "trace=write,pwrite64,fsync,fdatasync,sendto", *command]
        return list(map(str, trace))

    def test_sqlite_is_synced_before_an_entry_is_acknowledged(self):
        location = self.dir / "records.db"
        self.cairn("db", "migrate", location, expect=0)
        log = self.dir / "trace"
        done = subprocess.run(self.traced([WRITER, "write", location, "1", "5"], log),
                              capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect_synced(log, r"pwrite64\(\d+<.*records\.db-wal>",
                           r"f(data)?sync\(\d+<.*records\.db-wal>", r'write\(1<.*"read:', 5)

    def test_postgresql_is_synced_before_an_entry_is_acknowledged(self):
        server = self.start_server()
        log = self.dir / "trace"
        tracer = subprocess.Popen(self.traced(["-p", server.process()], log),
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.terminate)
        first = tracer.stderr.readline()
        if "attached" not in first:
            self.skipTest(f"strace may not look at the server: {first}")
        done = subprocess.run([WRITER, "write", server.location("records", "cairn_server"), "1",
                               "5"], capture_output=True, text=True, timeout=TIME_LIMIT_S,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        tracer.terminate()
        tracer.communicate()
        # Five entries, each in a transaction of its own, and what stands before and after them.
        self.expect_synced(log, r"pwrite64\(\d+<.*/pg_wal/",
                           r"f(data)?sync\(\d+<.*/pg_wal/", r'sendto\(.*COMMIT\\0', 5)

    def expect_synced(self, log, written, synced, answered, count):
        """Between a write to the database's log and the next answer stands a sync."""
        answers = 0
        unsynced = False
        for line in log.read_text(errors="replace").splitlines():
            # An interrupted line begins before what it says is done.
            if re.search(written, line):
                unsynced = True
            elif re.search(synced, line) and "unfinished" not in line:
                unsynced = False
            elif re.search(r"f(data)?sync resumed", line):
                unsynced = False
            elif re.search(answered, line):
                self.assertFalse(unsynced, line)
                answers += 1
        self.assertGreaterEqual(answers, count)

    def test_several_migrations_at_once_make_one(self):
        server = PostgresqlServer(self.dir, durable=True)
        self.addCleanup(server.tool, "stop")
        server.sql("CREATE DATABASE records")
        for location in (self.dir / "records.db", server.location("records")):
            running = [subprocess.Popen([BIN / "cairn", "db", "migrate", location],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                       for _ in range(4)]
            for one in running:
                output = one.communicate(timeout=TIME_LIMIT_S)
                self.assertEqual(one.returncode, 0, output)
            self.cairn("db", "status", location, expect=0)

    def test_a_log_moves_to_postgresql_and_back_and_still_verifies(self):
        server = self.start_server()
        first, last = self.dir / "records.db", self.dir / "back.db"
        subprocess.run([WRITER, "write", first, "8", "50"], check=True, capture_output=True)
        self.cairn("db", "copy", first, server.location("records"), expect=0)
        location = server.location("records", "cairn_server")
        subprocess.run([WRITER, "write", location, "8", "50"], check=True, capture_output=True)
        self.cairn("db", "backup", server.location("records"), "dump", expect=0)
        server.sql("CREATE DATABASE restored")
        self.cairn("db", "restore", "dump", server.location("restored"), expect=0)
        self.cairn("db", "copy", server.location("restored"), last, expect=0)
        self.assertEqual(len(self.read_log(last)), 800)


if __name__ == "__main__":
    unittest.main()
