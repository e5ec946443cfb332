#!/usr/bin/python3
"""Live events over WebSockets: who hears what, and what ends a socket."""
import itertools
import unittest

from contract_story import Story
from installation import ServedTest
from web_socket import BINARY, PING, TEXT, Refused, WebSocket

SESSION_OVER = 4401
POLICY = 1008
FLOODING_SOCKETS = 100
# Of the release build: sanitizers keep what was freed.
FLOOD_BYTES_MAX = 40 << 20


class EventsTest(ServedTest):
    numbers = itertools.count()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.serve()
        cls.story = Story(cls.server).begin(roles=("investigator", "analyst"))
        cls.story.second_agency(roles=())
        cls.people = cls.story.people

    def hear(self, client, **more):
        socket = WebSocket(self.server, client.token, **more)
        self.addCleanup(socket.close)
        return socket

    def act_in(self, agency):
        """Something that all of an agency hear; its topic."""
        administrator = self.story.admin if agency == "A" else self.story.other_admin
        administrator.make("user_add", body={"login": f"somebody-{next(self.numbers)}",
                                             "name": "Somebody", "roles": ["analyst"]})
        return "user_add"

    def refused(self, **more):
        try:
            WebSocket(self.server, **more).close()
        except Refused as refusal:
            return refusal.status
        return 101

    def test_only_people_who_are_signed_in_hear(self):
        token = self.people["analyst"].token
        key = self.story.service_account(self.story.admin)[2].token
        self.assertEqual(self.refused(token=None), 401)
        self.assertEqual(self.refused(token="cairn_session_" + "A" * 43), 401)
        self.assertEqual(self.refused(token=key), 403)
        self.assertEqual(self.refused(token=token, path="/api/v1/cases"), 404)
        self.assertEqual(self.refused(token=token, fields={"Origin": "https://example.org"}), 403)
        self.assertEqual(self.refused(token=token, fields={"Sec-WebSocket-Version": "8"}), 400)

    def test_an_act_is_heard_in_other_sessions_by_its_ids_alone(self):
        investigator = self.people["investigator"]
        socket = self.hear(investigator)
        case = investigator.make("case_open", body={"title": "Harbour lights"})
        self.assertEqual(socket.event(), {"topic": "case_open", "object": case, "case": case})
        investigator.do("case_close", {"case": case})
        self.assertEqual(socket.event(), {"topic": "case_close", "object": case, "case": case})

    def test_what_one_may_not_know_of_is_not_heard(self):
        investigator, analyst = self.people["investigator"], self.people["analyst"]
        sockets = [self.hear(one) for one in (analyst, self.story.other_admin)]
        case = investigator.make("case_open", body={"title": "Not told", "restricted": True})
        self.act_in("A")
        self.act_in("B")
        # Events come in their order: the case's would have been the first.
        for socket in sockets:
            self.assertEqual(socket.event()["topic"], "user_add")
        level = {"case": case, "user": analyst.user}
        investigator.do("case_member_set", level, body={"level": "read"})
        self.assertEqual(sockets[0].event(),
                         {"topic": "case_member_set", "object": analyst.user, "case": case})
        investigator.do("case_member_set", level, body={"level": "none"})
        investigator.do("case_close", {"case": case})
        self.act_in("A")
        self.assertEqual(sockets[0].event()["topic"], "user_add")

    def test_who_was_away_looks_and_then_hears_on(self):
        investigator = self.people["investigator"]
        self.hear(investigator).close()
        missed = investigator.make("case_open", body={"title": "Meanwhile"})
        socket = self.hear(investigator)
        listed = [one["id"] for one in investigator.do("case_list").json()["items"]]
        self.assertIn(missed, listed)
        case = investigator.make("case_open", body={"title": "Afterwards"})
        self.assertEqual(socket.event()["object"], case)

    def test_the_end_of_a_session_ends_its_sockets_and_no_others(self):
        analyst = self.people["analyst"]
        stays = self.hear(analyst)
        kept = analyst.token
        self.sign_in_again(analyst)
        sockets = [self.hear(analyst), self.hear(analyst)]
        analyst.do("session_end")
        self.assertEqual([one.end() for one in sockets], [SESSION_OVER] * 2)
        self.assertEqual(self.refused(token=analyst.token), 401)
        analyst.token = kept
        topic = self.act_in("A")
        self.assertEqual(stays.event_of(topic)["topic"], topic)
        self.story.admin.do("user_end_sessions", {"user": analyst.user})
        self.assertEqual(stays.end(), SESSION_OVER)
        self.sign_in_again(analyst)

    def test_whoever_breaks_the_protocol_is_cut_off(self):
        breaches = (
            ("text", lambda one: one.send(TEXT, b"hello"), POLICY),
            ("flood of text", lambda one: [one.send(TEXT, b"x") for _ in range(500)], POLICY),
            ("flood of pings", lambda one: [one.send(PING, b"x") for _ in range(500)], POLICY),
            ("binary", lambda one: one.send(BINARY, b"x"), 1003),
            ("oversized", lambda one: one.send(TEXT, b"x" * 5000), 1009),
            ("says 8 EiB", lambda one: one.send(TEXT, b"x", said_size=1 << 62), 1009),
            ("no mask", lambda one: one.send(TEXT, b"hello", masked=False), 1002),
            ("long ping", lambda one: one.send(PING, b"x" * 126), 1002),
            ("no such kind", lambda one: one.send(11, b"x"), 1002),
            ("no UTF-8", lambda one: one.send(TEXT, b"\xff\xfe"), 1007),
            ("half a frame", lambda one: (one.send(TEXT, b"x", said_size=9), one.half_close()),
             None),
        )
        for name, breach, code in breaches:
            with self.subTest(name=name):
                socket = self.hear(self.people["investigator"])
                try:
                    breach(socket)
                except OSError:
                    pass  # the server was quicker
                self.assertIn(socket.end(), (code, None))

    def test_floods_take_no_memory_and_hold_up_nobody(self):
        investigator = self.people["investigator"]
        listens = self.hear(investigator)
        before = self.server.resident_bytes()
        sockets = [self.hear(investigator) for _ in range(FLOODING_SOCKETS)]
        for socket in sockets:
            try:
                # A frame that never ends, in the largest size that is taken, and pings.
                for _ in range(15):
                    socket.send(PING, b"x" * 125)
                socket.send(TEXT, b"x" * 4000, said_size=4096)
            except OSError:
                pass
        case = investigator.make("case_open", body={"title": "Heard all the same"})
        self.assertEqual(listens.event()["object"], case)
        self.assertLess(self.server.resident_bytes() - before, FLOOD_BYTES_MAX)


if __name__ == "__main__":
    unittest.main()
