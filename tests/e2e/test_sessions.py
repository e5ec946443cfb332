#!/usr/bin/python3
"""What ends a session, what is said when it wanders, and how guessing is slowed, through HTTP."""
import unittest

from contract_story import Story
from installation import Client, ServedTest

MINUTE_US = 60 * 1_000_000
# Of one network: IPv4 /24. Other loopback addresses, so that each test has failures of its own.
ELSEWHERE = "127.0.1.1"
GUESSER = "127.0.2.1"
CROWD = "127.0.3.1"
FAILURES_MAX = 5
NETWORK_FAILURES_MAX = 30


class SessionsTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.serve()
        cls.story = Story(cls.server).begin(roles=("investigator", "analyst", "auditor"))
        cls.story.second_agency(roles=("investigator",))
        cls.people = cls.story.people

    def session(self):
        """A client with a new session of the analyst."""
        person = self.people["analyst"]
        self.sign_in_again(person)
        return Client(self.server, person.purpose, person.token)

    def age(self, column, minutes):
        """Time passes for the analyst's sessions."""
        self.server.sql(f"UPDATE session SET {column} = {column} - {minutes * MINUTE_US} "
                        f"WHERE user_id = x'{self.people['analyst'].user}'")

    def after(self, column, minutes):
        """The answer to a new session so long after `column`."""
        client = self.session()
        self.assertEqual(client.ask("case_list").status, 200)
        self.age(column, minutes)
        return client.ask("case_list")

    def assert_over(self, answer):
        self.assert_refused(answer, 401, "session_over")

    def test_dead_after_log_out(self):
        client, other = self.session(), self.session()
        client.do("session_end")
        self.assert_over(client.ask("case_list"))
        self.assertEqual(other.ask("case_list").status, 200)
        other.do("sessions_end")
        self.assert_over(other.ask("case_list"))

    def test_dead_after_the_idle_limit(self):
        self.assertEqual(self.after("seen", 14).status, 200)
        self.assert_over(self.after("seen", 16))

    def test_dead_at_its_end_however_busy(self):
        client = self.session()
        for hours in (4, 4, 3):
            self.age("begun", hours * 60)
            self.assertEqual(client.ask("case_list").status, 200)
        self.age("begun", 61)
        self.assert_over(client.ask("case_list"))

    def test_half_a_session_opens_nothing_and_ends_soon(self):
        person = self.people["analyst"]
        half = Client(self.server, "investigation")
        half.token = half.do("sign_in", body={
            "agency": person.agency, "login": person.login, "password": person.password,
            "deliver": "token"}).json()["token"]
        for name in ("case_list", "session_list"):
            self.assert_over(half.ask(name))
        self.age("begun", 11)
        self.assert_over(half.ask("sign_in_code", body={"code": person.code()}))

    def test_its_use_from_another_address_alerts_once(self):
        client = self.session()
        for source in (None, ELSEWHERE, None, ELSEWHERE):
            there = Client(self.server, client.purpose, client.token, source=source)
            self.assertEqual(there.ask("case_list").status, 200)
        for person in (self.story.admin, self.people["auditor"]):
            alerts = person.do("alert_list", purpose="oversight").json()["items"]
            self.assertEqual([one["kind"] for one in alerts], ["session_moved"])
            self.assertRegex(alerts[0]["object"], "^session:[0-9a-f]{64}$")
        others = self.story.other_admin.do("alert_list", purpose="oversight").json()["items"]
        self.assertEqual(others, [])

    def test_it_never_opens_what_another_agency_has(self):
        investigator, other = self.people["investigator"], self.story.others["investigator"]
        case = {"case": investigator.make("case_open", body={"title": "Harbour lights"})}
        nothing = {"case": "0" * 32}
        for name, body in (("case_show", None), ("case_close", None), ("scan_list", None),
                           ("case_member_list", None), ("scan_start", {"root": "uploads"})):
            with self.subTest(operation=name):
                answers = [other.ask(name, path, body=body).without_request(path["case"])
                           for path in (case, nothing)]
                self.assertEqual(answers[0], answers[1])
                self.assertEqual(answers[0][0], 404)
        self.assertEqual(other.do("case_list").json()["items"], [])

    def guess(self, login, password, source=GUESSER, agency="Agency A"):
        client = Client(self.server, source=source)
        return client.ask("sign_in", body={"agency": agency, "login": login, "password": password,
                                           "deliver": "token"})

    def test_guessing_locks_the_account_and_tells_nothing(self):
        person = self.people["analyst"]
        refusals = [self.guess(person.login, "wrong password") for _ in range(FAILURES_MAX)]
        # Now not even the right one opens; somebody who is not there is answered the same.
        refusals.append(self.guess(person.login, person.password))
        refusals.append(self.guess("nobody-here", "wrong password"))
        refusals.append(self.guess(person.login, person.password, agency="No such agency"))
        for answer in refusals:
            self.assert_refused(answer, 401, "bad_credentials")
        self.assertEqual(len({str(one.without_request()) for one in refusals}), 1)
        # Ten minutes later one attempt is free.
        self.server.sql(f"UPDATE lock_out SET last_failure = last_failure - {11 * MINUTE_US}")
        self.assertEqual(self.guess(person.login, person.password).status, 200)

    def test_codes_are_not_guessed_either(self):
        person = self.people["investigator"]
        client = Client(self.server, "investigation")
        client.token = self.guess(person.login, person.password, source=None).json()["token"]
        wrong = [client.ask("sign_in_code", body={"code": "000000"}) for _ in range(FAILURES_MAX)]
        self.assertEqual({one.status for one in wrong}, {401})
        right = client.ask("sign_in_code", body={"code": person.code()})
        self.assertEqual(right.status, 401)
        self.server.sql(f"UPDATE lock_out SET last_failure = last_failure - {11 * MINUTE_US}")

    def test_a_network_that_guesses_across_accounts_has_to_wait(self):
        for number in range(NETWORK_FAILURES_MAX):
            answer = self.guess(f"somebody-{number}", "wrong password", source=CROWD)
            self.assert_refused(answer, 401, "bad_credentials")
        person = self.people["analyst"]
        refused = self.guess(person.login, person.password, source=CROWD)
        self.assert_refused(refused, 429, "too_many_attempts")
        self.assertEqual(refused.fields["Retry-After"], "300")
        self.assertEqual(self.guess(person.login, person.password, source=None).status, 200)


if __name__ == "__main__":
    unittest.main()
