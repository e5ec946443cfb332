#!/usr/bin/python3
"""Nothing that was answered is lost when the server is killed while people work."""
import http.client
import os
import random
import ssl
import threading
import time
import unittest

from contract_story import Story
from harness import TIME_LIMIT_S
from installation import Client, ServedTest
from postgresql import PostgresqlServer

ROUNDS = 4
WRITERS = 4
FILES = 4000


class Writer(threading.Thread):
    """Opens cases until the server is gone; keeps what was answered."""

    def __init__(self, server, person, name):
        super().__init__()
        self.client = Client(server, person.purpose, person.token)
        self.name = name
        self.opened = []

    def run(self):
        connection = self.client.server.connection()
        fields = {"Authorization": f"Bearer {self.client.token}",
                  "Content-Type": "application/json", "Cairn-Purpose": self.client.purpose}
        count = 0
        try:
            while True:
                body = f'{{"title": "{self.name} {count}"}}'
                fields["Idempotency-Key"] = f"{self.name} {count}"
                connection.request("POST", "/api/v1/cases", body, fields)
                answer = connection.getresponse()
                made = answer.read()
                if answer.status == 429:
                    time.sleep(0.05)
                    continue
                assert answer.status == 201, (answer.status, made)
                self.opened.append(answer.headers["Location"].rsplit("/", 1)[1])
                count += 1
        except (OSError, http.client.HTTPException, ssl.SSLError):
            pass  # killed


class KilledServer:
    """What both engines share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = None
        if cls.on_postgresql:
            cls.place = PostgresqlServer(cls.folder)
            cls.addClassCleanup(cls.place.tool, "stop")
        cls.server = cls.serve(postgresql=cls.place)
        cls.people = Story(cls.server).begin(roles=("supervisor", "investigator")).people

    def listed(self):
        """The ids of all cases."""
        client = self.people["investigator"]
        found = []
        query = {"limit": 1000}
        while True:
            page = client.do("case_list", query=query).json()
            found += [one["id"] for one in page["items"]]
            if not page.get("next"):
                return found
            query["after"] = page["next"]

    def test_what_was_answered_is_there(self):
        seed = int(os.environ.get("CAIRN_SEED", random.randrange(1 << 32)))
        print(f"seed {seed} (set CAIRN_SEED to repeat)", end=" ", flush=True)
        moments = random.Random(seed)
        answered = self.listed()
        for number in range(ROUNDS):
            people = [self.people[role] for role in ("supervisor", "investigator")]
            writers = [Writer(self.server, people[one % 2], f"round {number} writer {one}")
                       for one in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(moments.uniform(0.3, 1.0))
            self.server.kill()
            for writer in writers:
                writer.join()
                answered += writer.opened
            self.server.start()
        kept = self.listed()
        self.assertGreater(len(answered), ROUNDS)
        self.assertEqual(set(answered) - set(kept), set(), "answered, then lost")
        self.assertEqual(len(set(kept)), len(kept))
        # What was done when the server was killed may be there without having been answered.
        self.assertLessEqual(len(kept), len(answered) + ROUNDS * WRITERS)
        self.assertEqual(self.server.sql("SELECT count(*) FROM case_file"), str(len(kept)))
        self.verify_log()

    def verify_log(self):
        self.server.stop()
        done = self.server.cairn("audit", "verify", self.server.records, "--key",
                                 self.server.begun["log_key"], "--quiet")
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))
        self.server.start()


class KilledOnSqlite(KilledServer, ServedTest):
    on_postgresql = False


class KilledOnPostgresql(KilledServer, ServedTest):
    on_postgresql = True

    def wait(self, comes_true):
        deadline = time.monotonic() + TIME_LIMIT_S
        while not comes_true():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def import_list(self, name):
        self.people["supervisor"].do(
            "list_import", {"list": name}, {"hash_type": "sha256", "category": "1",
                                            "scheme": "us-2.0", "version": "one"},
            b"1" * 64 + b"\n", purpose="list_care")

    def test_it_outlives_its_records_and_goes_on(self):
        client = self.people["investigator"]
        (self.server.uploads / "one").write_text("one")
        self.import_list("known")
        before = client.make("case_open", body={"title": "Before"})
        self.place.kill()
        for name in ("case_list", "ready"):
            for _ in range(20):  # as many as there are connections to the records
                self.assert_refused(client.ask(name), 503, "unavailable")
        self.assertEqual(client.ask("health").status, 200)
        self.place.tool("restart")
        for _ in range(20):
            client.do("case_show", {"case": before})
        # What works by itself goes on, too: acts are put on record and found, scans are run.
        case = {"case": client.make("case_open", body={"title": "After"})}
        place = case | {"scan": client.make("scan_start", case, {"root": "uploads"})}
        self.wait(lambda: client.do("scan_show", place).json()["state"] == "finished")
        own = {"operation": "case_open"}
        self.wait(lambda: len(client.do("audit_own", query=own).json()["items"]) == 2)

    def test_the_scan_under_way_is_taken_again(self):
        client = self.people["investigator"]
        self.import_list("other")
        many = self.server.uploads / "many"
        many.mkdir()
        for one in range(FILES):
            (many / f"{one}.txt").write_bytes(b"%d" % one * 500)
        case = {"case": client.make("case_open", body={"title": "Under way"})}
        place = case | {"scan": client.make("scan_start", case, {"root": "uploads",
                                                                "path": "many"})}
        self.wait(lambda: client.do("scan_show", place).json()["state"] != "waiting")
        self.place.tool("restart")
        self.wait(lambda: client.ask("ready").status == 200)
        self.wait(lambda: client.do("scan_show", place).json()["state"] not in (
            "waiting", "running"))
        scan = client.do("scan_show", place).json()
        self.assertEqual((scan["state"], scan["files"]), ("finished", FILES), scan)


if __name__ == "__main__":
    unittest.main()
