#!/usr/bin/python3
"""The server does what api/openapi.yaml says, and nothing else: every operation with success, with
bodies that are wrong, by nobody, by everybody who may not, and from pages of other sites."""
import json
import pathlib
import re
import secrets
import shutil
import tempfile
import unittest

from contract_story import PROFILES, PURPOSES, Story
from installation import JSON, Client, Installation
from postgresql import PostgresqlServer

# These go through an identity provider: see test_openid.py.
ELSEWHERE = {"openid_begin", "openid_return"}
RULE_REFUSALS = {"profile_forbids", "installation_forbids", "role_forbids", "scope_forbids",
                 "purpose_required", "purpose_forbids", "case_required"}
SECRET_IDS = {"case", "user", "authority", "approval", "break_glass", "alert", "scan", "key"}


class ContractTest:
    """What both engines share: an installation in which the story has been told."""

    profile = "police"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-contract-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        place = None
        if cls.on_postgresql:
            place = PostgresqlServer(cls.folder)
            cls.addClassCleanup(place.tool, "stop")
        cls.server = Installation(cls.folder, cls.profile, place)
        cls.addClassCleanup(cls.server.stop)
        cls.contract = cls.server.contract
        cls.server.start()
        cls.story = Story(cls.server)
        cls.begin()

    @classmethod
    def begin(cls):
        cls.story.tell()

    def operations(self, guarded=None, body=None):
        """(name, method, path, operation); guarded: those with x-access; body: of this kind."""
        for name, (method, path, operation) in self.contract.operations.items():
            kinds = operation.get("requestBody", {}).get("content", {})
            if guarded and "x-access" not in operation:
                continue
            if body and body not in kinds:
                continue
            yield name, method, path, operation

    def body_of(self, name):
        """A body that is as the contract says."""
        example = self.contract.body_example(name)
        if example and "certificate" in example:
            return {"certificate": self.story.certificate}
        if example is None and "requestBody" in self.contract.operations[name][2]:
            return b"no list\n"
        return example

    def random_path(self, name):
        """Ids of nothing that there is."""
        path = {}
        for one in re.findall(r"\{(\w+)\}", self.contract.operations[name][1]):
            path[one] = secrets.token_hex(16)
            if one == "fingerprint" or (name == "user_unbind_key" and one == "key"):
                path[one] = secrets.token_hex(32)
            if one == "index":
                path[one] = 999_999_999
            if one == "tile":
                path[one] = "000.p/1" if name == "audit_entries" else "0/000.p/1"
        return path

    def required_query(self, name):
        values = {"word": "harbour", "from": 1, "to": 1, "form": "json", "before": "a",
                  "after": "b"}
        query = {}
        for one in self.contract.operations[name][2].get("parameters", []):
            parameter = self.contract.resolve(one)
            if parameter["in"] == "query" and parameter.get("required"):
                query[parameter["name"]] = values[parameter["name"]]
        return query

    def ask(self, client, name, path=None, **more):
        """An operation upon nothing that there is, with a body as it should be."""
        return client.ask(name, path or self.random_path(name), self.required_query(name),
                          self.body_of(name), **more)

    def assert_refused(self, answer, status, problem, where):
        self.assertEqual((answer.status, answer.problem), (status, problem), (where, answer.body))

    def assert_rules_hold(self, people, profile):
        """For each operation and each of `people`, who are of an agency of this profile."""
        for name, _, _, operation in self.operations(guarded=True):
            access = operation["x-access"]
            for role, client in people.items():
                with self.subTest(operation=name, profile=profile, role=role):
                    answer = self.ask(client, name, purpose=access["purposes"][0])
                    if profile not in access["profiles"]:
                        self.assert_refused(answer, 403, "profile_forbids", name)
                    elif self.profile not in access["profiles"]:
                        self.assert_refused(answer, 403, "installation_forbids", name)
                    elif role not in access["roles"]:
                        self.assert_refused(answer, 403, "role_forbids", name)
                    else:
                        self.assertNotIn(answer.problem, RULE_REFUSALS)


class Success:
    def test_every_operation_succeeds_as_the_contract_says(self):
        missing = set(self.contract.operations) - self.contract.succeeded
        self.assertEqual(missing, ELSEWHERE)


class Bodies:
    """Bodies that are not as the contract says change nothing."""

    def setUp(self):
        super().setUp()
        self.before = self.state()

    def tearDown(self):
        self.assertEqual(self.state(), self.before)
        super().tearDown()

    def state(self):
        admin, investigator = self.story.admin, self.story.people["investigator"]
        lists = [admin.do(name).json()["items"]
                 for name in ("agency_list", "user_list", "api_key_list", "approval_list")]
        lists += [investigator.do(name).json()["items"] for name in ("case_list", "authority_list")]
        for one in lists[2]:
            one.pop("last_used")
        return lists

    def send(self, name, body, media_type=JSON):
        """A body as it is given, by somebody who is signed in."""
        path = self.contract.address(name, self.random_path(name), self.required_query(name))
        admin = self.story.admin
        fields = {"Authorization": f"Bearer {admin.token}", "Cairn-Purpose": "administration"}
        if media_type:
            fields["Content-Type"] = media_type
        answer = admin.raw(self.contract.operations[name][0], path, body, fields)
        self.contract.check(name, answer)
        return answer

    def members_of(self, name):
        """(all members, required ones) of a body, of the first form where there are several."""
        content = self.contract.operations[name][2]["requestBody"]["content"][JSON]
        schema = self.contract.resolve(content["schema"])
        schema = schema.get("oneOf", [schema])[0]
        return schema["properties"], schema["required"]

    def assert_bad(self, name, body, pointer=None):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.send(name, text)
        self.assertEqual(answer.status, 400, (name, text[:200], answer.body))
        if pointer is not None:
            named = [one.get("pointer", "") for one in answer.json().get("errors", [])]
            self.assertTrue(any(one.startswith(pointer) for one in named), (name, pointer, named))

    def test_no_json_object(self):
        for name, *_ in self.operations(body=JSON):
            member = next(iter(self.contract.body_example(name)))
            for body in (b"", b"{", b"[]", b'"text"', b"null", b"7", b"{}}", b"{'a':1}",
                         b'{"a":"\xff"}', b'\xef\xbb\xbf{}', b'{"a":' * 40 + b"1" + b"}" * 40,
                         f'{{"{member}":"a","{member}":"b"}}'.encode()):
                with self.subTest(operation=name, body=body[:30]):
                    self.assert_bad(name, body)

    def test_members_that_are_missing_or_unknown(self):
        for name, *_ in self.operations(body=JSON):
            example = self.body_of(name)
            with self.subTest(operation=name):
                self.assert_bad(name, example | {"surplus": 1}, "#/surplus")
                for member in self.members_of(name)[1]:
                    less = {key: value for key, value in example.items() if key != member}
                    self.assert_bad(name, less, f"#/{member}")

    def test_members_of_wrong_types(self):
        for name, *_ in self.operations(body=JSON):
            example = self.body_of(name)
            for member in self.members_of(name)[0]:
                for value in (7, {"a": "b"}, [7], 1.5):
                    with self.subTest(operation=name, member=member, value=value):
                        self.assert_bad(name, example | {member: value}, f"#/{member}")

    def test_texts_that_are_too_long_or_have_control_characters(self):
        for name, *_ in self.operations(body=JSON):
            example = self.body_of(name)
            members = self.members_of(name)[0]
            for member, value in example.items():
                if not isinstance(value, str) or member == "certificate":
                    continue
                # Passwords are of any characters.
                schema = members[member]
                is_free = schema.get("type") == "string" and "pattern" not in schema
                controls = () if is_free else ("a\u0000b", "\u001b[")
                for text in ("a" * 30_000, *controls):
                    with self.subTest(operation=name, member=member, text=text[:10]):
                        self.assert_bad(name, example | {member: text}, f"#/{member}")

    def test_bodies_of_other_kinds(self):
        for name, *_ in self.operations(body=JSON):
            body = json.dumps(self.body_of(name)).encode()
            for media_type in ("text/plain", "application/x-www-form-urlencoded", None):
                with self.subTest(operation=name, media_type=media_type):
                    answer = self.send(name, body, media_type)
                    self.assert_refused(answer, 415, "unsupported_media_type", name)

    def test_bodies_that_are_too_large(self):
        for name, *_ in self.operations(body=JSON):
            with self.subTest(operation=name):
                answer = self.send(name, b" " * (65 << 10) + b"{}")
                self.assert_refused(answer, 413, "too_large", name)


class Guards:
    """Who may do what."""

    def test_nobody(self):
        for name, _, _, operation in self.operations():
            if not operation["security"]:
                continue
            for token in (None, "cairn_session_" + "A" * 43, "x"):
                with self.subTest(operation=name, token=token):
                    answer = self.ask(Client(self.server, "investigation", token), name)
                    self.assertEqual(answer.status, 401, answer.body)

    def test_a_key_is_no_session(self):
        for name, _, _, operation in self.operations():
            if operation["security"] and "x-access" not in operation:
                with self.subTest(operation=name):
                    answer = self.ask(self.story.service, name)
                    self.assertIn(answer.status, (401, 403), answer.body)

    def somebody(self, people, access):
        """A client of a role that may, and a purpose for which."""
        role = next(one for one in access["roles"] if one in people)
        return people[role], access["purposes"][0]

    def test_without_a_purpose(self):
        for name, _, _, operation in self.operations(guarded=True):
            with self.subTest(operation=name):
                client, _ = self.somebody(self.story.people, operation["x-access"])
                answer = self.ask(client, name, purpose="")
                self.assert_refused(answer, 403, "purpose_required", name)

    def test_every_purpose(self):
        for name, _, _, operation in self.operations(guarded=True):
            for purpose in PURPOSES:
                with self.subTest(operation=name, purpose=purpose):
                    client, _ = self.somebody(self.story.people, operation["x-access"])
                    answer = self.ask(client, name, purpose=purpose)
                    if purpose in operation["x-access"]["purposes"]:
                        self.assertNotIn(answer.problem, RULE_REFUSALS)
                    else:
                        self.assert_refused(answer, 403, "purpose_forbids", name)

    def test_every_profile_and_role(self):
        agency = self.story.ids["other_agency"]
        for profile in PROFILES:
            self.server.sql(f"UPDATE agency SET profile = '{profile}' WHERE id = x'{agency}'")
            self.assert_rules_hold(self.story.others, profile)
        self.server.sql(f"UPDATE agency SET profile = 'hotline' WHERE id = x'{agency}'")

    def test_ids_of_another_agency_are_answered_like_random_ones(self):
        ids = self.story.ids
        compared = 0
        for name, _, _, operation in self.operations(guarded=True):
            real = {one: str(ids["api_key" if one == "key" else one])
                    for one in self.random_path(name) if one in SECRET_IDS and one in ids}
            if not real or name == "user_unbind_key":
                continue
            access = operation["x-access"]
            for role in access["roles"]:
                for purpose in {access["purposes"][0], access["purposes"][-1]}:
                    with self.subTest(operation=name, role=role, purpose=purpose):
                        client = self.story.others[role]
                        random = self.random_path(name)
                        answers = []
                        for path in (random, random | real):
                            answer = self.ask(client, name, path, purpose=purpose)
                            answers.append(answer.without_request(*path.values()))
                        self.assertEqual(answers[0], answers[1])
                        compared += 1
        self.assertGreater(compared, 150)


class Doors:
    """Requests that are not as the contract says, and pages of other sites."""

    def signed_in_by_cookie(self):
        """(the session's cookie, its token against other sites) of a new session."""
        person = self.story.people["investigator"]
        browser = Client(self.server)
        known = {"agency": person.agency, "login": person.login, "password": person.password}
        first = browser.do("sign_in", body=known)
        self.assertNotIn("token", first.json())
        second = browser.do("sign_in_code", body={"code": person.code()},
                            fields=self.shown(first) | {"Cairn-Csrf": first.json()["csrf"]})
        return self.shown(second), second.json()["csrf"]

    def shown(self, answer):
        """The cookie that an answer sets, as a browser shows it."""
        cookie = answer.fields["Set-Cookie"]
        self.assertRegex(cookie, r"^__Host-cairn-session=cairn_session_[\w-]+; ")
        self.assertEqual(set(cookie.split("; ")[1:]),
                         {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"})
        return {"Cookie": cookie.split(";")[0]}

    def test_cookies_change_nothing_without_the_token_against_other_sites(self):
        cookie, csrf = self.signed_in_by_cookie()
        browser = Client(self.server, "investigation")
        browser.do("session_show", fields=cookie)
        for name, method, _, operation in self.operations():
            if method == "GET" or not operation["security"]:
                continue
            for more in ({}, {"Cairn-Csrf": "0" * 64}, {"Cairn-Csrf": ""}):
                with self.subTest(operation=name, more=more):
                    answer = self.ask(browser, name, fields=cookie | more)
                    self.assert_refused(answer, 403, "csrf_token_wrong", name)
        fields = cookie | {"Cairn-Csrf": csrf, "Sec-Fetch-Site": "same-origin",
                           "Origin": f"https://localhost:{self.server.port}"}
        browser.do("case_open", body={"title": "From a page"}, fields=fields)
        left = browser.do("session_end", fields=fields)
        self.assertIn("__Host-cairn-session=; ", left.fields["Set-Cookie"])
        self.assertEqual(browser.ask("session_show", fields=cookie).status, 401)

    def test_pages_of_other_sites_change_nothing(self):
        client = self.story.people["investigator"]
        for name, method, _, _ in self.operations():
            for fields in ({"Origin": "https://example.org"}, {"Origin": "null"},
                           {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
                if method != "GET":
                    with self.subTest(operation=name, fields=fields):
                        answer = self.ask(client, name, fields=fields)
                        self.assert_refused(answer, 403, "other_site", name)

    def fields_of(self, client):
        return {"Authorization": f"Bearer {client.token}", "Cairn-Purpose": client.purpose}

    def test_head_is_get_without_its_body(self):
        client = self.story.people["supervisor"]
        for name, method, _, _ in self.operations():
            if method != "GET" or name == "openid_return":
                continue
            target = self.contract.address(name, self.random_path(name), self.required_query(name))
            whole, head = (client.raw(one, target, None, self.fields_of(client))
                           for one in ("GET", "HEAD"))
            with self.subTest(operation=name):
                self.assertEqual((head.status, head.body), (whole.status, b""))
                self.assertEqual(head.fields["Content-Type"], whole.fields["Content-Type"])

    def test_methods_that_are_not_there(self):
        client = self.story.people["supervisor"]
        known = {}
        for _, method, path, _ in self.operations():
            known.setdefault(path, set()).add(method)
        for path, methods in known.items():
            target = re.sub(r"\{\w+\}", "0" * 32, path)
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
                if any(method in known[one] for one in known if self.matches(one, target)):
                    continue
                with self.subTest(path=path, method=method):
                    answer = client.raw(method, target, None, self.fields_of(client))
                    self.assert_refused(answer, 405, "method_not_allowed", path)
                    self.assertTrue(methods <= set(answer.fields["Allow"].split(", ")))
        for method, status in (("OPTIONS", 405), ("TRACE", 405), ("BREW", 501)):
            self.assertEqual(client.raw(method, "/api/v1/cases").status, status)

    def matches(self, path, target):
        return re.fullmatch(re.sub(r"\{tile\}", ".+", re.sub(r"\{(?!tile)\w+\}", "[^/]+", path)),
                            target)

    def test_paths_that_are_not_there(self):
        client = self.story.people["supervisor"]
        for target in ("/api/v1/nothing", "/api/v2/cases", "/api/", "/api/v1/cases/", "/audit/x",
                       "/api/v1/cases//members", "/API/v1/cases", "/api/v1/cases/%2e%2e/users"):
            with self.subTest(target=target):
                answer = client.raw("GET", target, None, self.fields_of(client))
                self.assertIn((answer.status, answer.problem),
                              ((404, "not_found"), (400, "invalid_request")))

    def assert_told(self, answer, place, name):
        self.assert_refused(answer, 400, "invalid_request", name)
        told = [one.get(place) for one in answer.json()["errors"]]
        self.assertIn(name, told)

    def test_parameters_that_are_not_known(self):
        for name, _, _, operation in self.operations(guarded=True):
            client = self.story.people["supervisor"]
            query = self.required_query(name) | {"surplus": "1"}
            with self.subTest(operation=name):
                answer = client.ask(name, self.random_path(name), query, self.body_of(name))
                self.assert_told(answer, "query", "surplus")

    def test_values_of_parameters_that_are_wrong(self):
        client = self.story.people["supervisor"]
        for name, _, _, operation in self.operations(guarded=True):
            for one in operation["parameters"]:
                parameter = self.contract.resolve(one)
                schema = self.contract.resolve(parameter["schema"])
                free = schema.get("type") == "string" and "pattern" not in schema
                if (free and "enum" not in schema) or parameter["name"] == "Cairn-Csrf":
                    continue
                with self.subTest(operation=name, parameter=parameter["name"]):
                    self.wrong_value(client, name, parameter)

    def wrong_value(self, client, name, parameter):
        where, what = parameter["in"], parameter["name"]
        path, query, fields = self.random_path(name), self.required_query(name), {}
        {"path": path, "query": query, "header": fields}[where][what] = "?wrong"
        answer = client.ask(name, path, query, self.body_of(name), fields=fields)
        if what == "list":
            self.assertIn(answer.status, (400, 403, 404))
        else:
            self.assert_told(answer, where, what)

    def test_creations_are_done_once(self):
        client = self.story.people["investigator"]
        again = {"Idempotency-Key": "one and the same"}
        first = client.do("case_open", body={"title": "Once"}, fields=again)
        second = client.do("case_open", body={"title": "Once"}, fields=again)
        self.assertEqual((first.status, first.json(), first.fields["Location"]),
                         (second.status, second.json(), second.fields["Location"]))
        other = client.ask("case_open", body={"title": "Twice"}, fields=again)
        self.assert_refused(other, 422, "key_reused", other.body)
        for key in ("", "a" * 201):
            answer = client.ask("case_open", body={"title": "Once"},
                                fields={"Idempotency-Key": key})
            self.assert_told(answer, "header", "Idempotency-Key")

    def test_creations_and_edits_alone_take_their_fields(self):
        client = self.story.people["supervisor"]
        given = {"Idempotency-Key": "a", "If-Match": '"r1"'}
        for name, _, _, operation in self.operations(guarded=True):
            taken = {self.contract.resolve(one)["name"] for one in operation["parameters"]}
            for field, value in given.items():
                if field not in taken:
                    with self.subTest(operation=name, field=field):
                        answer = self.ask(client, name, fields={field: value})
                        self.assert_told(answer, "header", field)

    def test_edits_of_what_was_changed_meanwhile(self):
        client = self.story.people["investigator"]
        case = {"case": client.make("case_open", body={"title": "Edited"})}
        before = {"If-Match": client.do("case_show", case).fields["ETag"]}
        member = case | {"user": self.story.people["analyst"].user}
        client.do("case_member_set", member, body={"level": "read"}, fields=before)
        answer = client.ask("case_member_set", member, body={"level": "work"}, fields=before)
        self.assert_refused(answer, 412, "changed_meanwhile", answer.body)
        self.assert_refused(client.ask("case_close", case, fields=before), 412,
                            "changed_meanwhile", case)
        client.do("case_close", case,
                  fields={"If-Match": client.do("case_show", case).fields["ETag"]})


class OnSqlite(ContractTest, Success, Guards, unittest.TestCase):
    on_postgresql = False


class OnPostgresql(ContractTest, Success, Guards, unittest.TestCase):
    on_postgresql = True


class OneAgency(ContractTest):
    """Requests are judged before records are read: one engine and one agency show it."""

    on_postgresql = False

    @classmethod
    def begin(cls):
        cls.story.begin()


class BodiesOnSqlite(OneAgency, Bodies, unittest.TestCase):
    pass


class DoorsOnSqlite(OneAgency, Doors, unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
