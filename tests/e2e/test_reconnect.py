#!/usr/bin/python3
"""PostgreSQL is restarted under a server: what waits fails at most, everything goes on by itself."""
import time
import unittest

from contract_story import Story
from harness import TIME_LIMIT_S, CairnTest
from installation import Installation, PostgresqlPlace

FILES = 4000


class ReconnectTest(CairnTest):
    def setUp(self):
        super().setUp()
        self.place = PostgresqlPlace(self.dir)
        self.addCleanup(self.place.tool, "stop")
        self.server = Installation(self.dir, postgresql=self.place.folder)
        self.addCleanup(self.server.stop)
        self.server.start()
        self.story = Story(self.server).begin()

    def until(self, what):
        deadline = time.monotonic() + TIME_LIMIT_S
        while True:
            found = what()
            if found:
                return found
            self.assertLess(time.monotonic(), deadline, self.server.log()[-3000:])
            time.sleep(0.2)

    def restart_records(self):
        self.place.tool("restart")
        self.until(lambda: self.story.nobody.ask("ready").status == 200)

    def acts_found(self, operation):
        """What the housekeeper entered into the index of acts."""
        query = {"operation": operation, "outcome": "ok"}
        return self.story.people["auditor"].do("audit_search", query=query).json()["items"]

    def test_a_server_goes_on_when_its_records_were_away(self):
        investigator = self.story.people["investigator"]
        supervisor = self.story.people["supervisor"]
        many = self.server.uploads / "many"
        many.mkdir()
        for one in range(FILES):
            (many / f"{one}.txt").write_bytes(b"%d" % one * 500)
        supervisor.do("list_import", {"list": "known"}, {
            "hash_type": "sha256", "category": "1", "scheme": "us-2.0"}, b"ab" * 32 + b"\n",
            purpose="list_care")
        case = {"case": investigator.make("case_open", body={"title": "Harbour"})}
        place = case | {"scan": investigator.make("scan_start", case, {
            "root": "uploads", "path": "many"})}
        self.until(lambda: investigator.do("scan_show", place).json()["state"] != "waiting")
        self.restart_records()
        # Every worker, one after the other: each has a connection of its own.
        for _ in range(20):
            investigator.do("case_show", case)
        investigator.make("case_open", body={"title": "After"})
        scan = self.until(lambda: self.ended(place))
        self.assertEqual((scan["state"], scan["files"]), ("finished", FILES), scan)
        self.until(lambda: len(self.acts_found("case_open")) == 2)
        self.until(lambda: len(self.acts_found("scan_run")) >= 1)

    def ended(self, place):
        scan = self.story.people["investigator"].do("scan_show", place).json()
        return scan if scan["state"] in ("finished", "stopped", "failed") else None


if __name__ == "__main__":
    unittest.main()
