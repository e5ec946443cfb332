#!/usr/bin/python3
"""Two servers of one installation, on one PostgreSQL and one NATS server."""
import hashlib
import subprocess
import time
import unittest

from contract_story import Story
from harness import ROOT, TIME_LIMIT_S
from installation import Client, ServedTest
from postgresql import PostgresqlServer
from web_socket import WebSocket

SESSION_OVER = 4401
FILES = 200
SCANS = 12


class NatsServer:
    """A real nats-server, on a port that it keeps when it is killed."""

    def __init__(self, folder):
        folder.mkdir()
        (folder / "nats.conf").touch()
        self.script = subprocess.Popen(
            ["/usr/bin/python3", ROOT / "tests/support/nats_server.py", folder], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.tell("start"))

    def tell(self, command):
        self.script.stdin.write(command + "\n")
        self.script.stdin.flush()
        return self.script.stdout.readline()

    def stop(self):
        self.script.communicate(timeout=TIME_LIMIT_S)


class TwoServersTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        place = PostgresqlServer(cls.folder)
        cls.addClassCleanup(place.tool, "stop")
        cls.nats = NatsServer(cls.folder / "nats")
        cls.addClassCleanup(cls.nats.stop)
        # PostgreSQL of tests has 50 connections.
        cls.one = cls.server = cls.serve(
            postgresql=place, server_settings=["workers = 4"],
            settings=["[bus]", f'address = "nats://127.0.0.1:{cls.nats.port}"'])
        folder = cls.folder / "two"
        folder.mkdir()
        cls.two = cls.one.beside(folder)
        cls.addClassCleanup(cls.two.stop)
        cls.two.start()
        cls.story = Story(cls.one).begin(roles=("supervisor", "investigator"))
        cls.investigator = cls.story.people["investigator"]

    def at(self, server, client):
        """The same session on another server."""
        return Client(server, client.purpose, client.token)

    def hear(self, server, client):
        socket = WebSocket(server, client.token)
        self.addCleanup(socket.close)
        return socket

    def heard_of(self, socket, case):
        """The next event of a case; what was told without NATS may come late before it."""
        while (event := socket.event())["object"] != case:
            pass
        return event

    def wait(self, what, goal):
        deadline = time.monotonic() + TIME_LIMIT_S
        while (now := what()) != goal:
            self.assertLess(time.monotonic(), deadline, f"{now} stays, {goal} does not come")
            time.sleep(0.05)

    def states(self):
        return [Client(one).ask("ready").status for one in (self.one, self.two)]

    def test_what_is_done_on_one_is_heard_on_the_other(self):
        for here, there in ((self.one, self.two), (self.two, self.one)):
            socket = self.hear(there, self.investigator)
            case = self.at(here, self.investigator).make("case_open", body={"title": "Harbour"})
            self.assertEqual(self.heard_of(socket, case),
                             {"topic": "case_open", "object": case, "case": case})
            self.at(there, self.investigator).do("case_show", {"case": case})

    def test_a_session_lives_and_dies_on_both(self):
        supervisor = self.story.people["supervisor"]
        self.sign_in_again(supervisor)
        there = self.at(self.two, supervisor)
        there.do("case_list")
        socket = self.hear(self.two, supervisor)
        there.do("session_end")
        self.assertEqual(socket.end(), SESSION_OVER)
        self.assertEqual([one.ask("case_list").status for one in (supervisor, there)], [401, 401])
        self.sign_in_again(supervisor)
        there = self.at(self.two, supervisor)
        socket = self.hear(self.two, supervisor)
        supervisor.do("session_end")
        self.assertEqual(socket.end(), SESSION_OVER)
        self.assertEqual([one.ask("case_list").status for one in (supervisor, there)], [401, 401])

    def test_they_go_on_without_nats_and_hear_of_each_other_with_it_again(self):
        here, there = self.at(self.one, self.investigator), self.at(self.two, self.investigator)
        near = self.hear(self.one, here)
        self.nats.tell("kill")
        alone = here.make("case_open", body={"title": "Without NATS"})
        self.assertEqual(near.event()["object"], alone)
        there.do("case_show", {"case": alone})
        self.wait(self.states, [503, 503])
        self.assertEqual(Client(self.one).ask("health").status, 200)
        self.two.stop()
        self.two.start(until="health")
        far = self.hear(self.two, there)
        self.nats.tell("start")
        self.wait(self.states, [200, 200])
        again = here.make("case_open", body={"title": "With it again"})
        self.assertEqual(self.heard_of(far, again)["topic"], "case_open")

    def test_a_scan_is_run_by_one_server(self):
        many = self.one.uploads / "many"
        many.mkdir()
        for one in range(FILES):
            (many / f"{one}.txt").write_bytes(b"%d" % one * 1000)
        known = hashlib.sha256((many / "7.txt").read_bytes()).hexdigest()
        self.story.people["supervisor"].do(
            "list_import", {"list": "known"}, {"hash_type": "sha256", "category": "1",
                                               "scheme": "us-2.0", "version": "one"},
            known.encode() + b"\n", purpose="list_care")
        case = {"case": self.investigator.make("case_open", body={"title": "Scanned"})}
        clients = [self.at(one, self.investigator) for one in (self.one, self.two)]
        scans = [clients[one % 2].make("scan_start", case, {"root": "uploads", "path": "many"})
                 for one in range(SCANS)]
        for at, scan in enumerate(scans):
            place = case | {"scan": scan}
            asked = clients[(at + 1) % 2]
            self.wait(lambda: asked.do("scan_show", place).json()["state"], "finished")
            shown = asked.do("scan_show", place).json()
            self.assertEqual((shown["files"], shown["matches"]), (FILES, 1), shown)
        # Each run that began made one of these.
        self.assertEqual(self.one.sql("SELECT count(*) FROM scan"), str(SCANS))


if __name__ == "__main__":
    unittest.main()
