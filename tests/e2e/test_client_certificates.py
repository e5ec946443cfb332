#!/usr/bin/python3
"""Programs that sign in with a client certificate, through HTTPS."""
import subprocess
import unittest

from contract_story import Story
from installation import Client, ServedTest


class Certificates:
    """Authorities and the certificates that they signed, by name, as files."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "client.ext").write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=clientAuth\n")
        (folder / "server.ext").write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=serverAuth\n")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder,
                       timeout=60)

    def key(self, name):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                     f"{name}.key")

    def authority(self, name):
        self.key(name)
        self.openssl("req", "-x509", "-key", f"{name}.key", "-out", f"{name}.pem", "-days", "30",
                     "-subj", "/CN=Clients", "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign")

    def certificate(self, name, key, authority, days="30", kind="client"):
        """All have the same subject. Files of the certificate and its key."""
        self.openssl("req", "-new", "-key", f"{key}.key", "-out", f"{name}.csr", "-subj",
                     "/CN=filter")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
                     f"{authority}.key", "-days", days, "-extfile", f"{kind}.ext", "-out",
                     f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{key}.key"

    def text(self, name):
        return (self.folder / f"{name}.pem").read_text()


class ClientCertificatesTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.serve()
        cls.story = Story(cls.server).begin(roles=("investigator",))
        cls.story.second_agency(roles=())
        folder = cls.folder / "certificates"
        folder.mkdir()
        cls.made = Certificates(folder)
        for name in ("a", "b", "strange"):
            cls.made.authority(name)
        for name in ("filter", "filter_b", "unbound"):
            cls.made.key(name)
        cls.good = cls.made.certificate("good", "filter", "a")
        cls.of_b = cls.made.certificate("good_b", "filter_b", "b")
        cls.user = cls.bind(cls.story.admin, "a", "good")
        cls.bind(cls.story.other_admin, "b", "good_b")

    @classmethod
    def bind(cls, administrator, authority, certificate):
        """A service account of the administrator's agency, for the key of the certificate."""
        user = administrator.make("user_add", body={
            "login": "uploads", "name": "Upload filter", "roles": ["service"]})
        administrator.do("agency_certificate_add", body={"certificate": cls.made.text(authority)})
        administrator.do("user_bind_key", {"user": user}, body={
            "certificate": cls.made.text(certificate)})
        return user

    def ask(self, certificate, name="case_list", path=None, token=None):
        client = Client(self.server, "detection", token, certificate=certificate)
        return client.ask(name, path)

    def test_a_bound_key_under_a_good_certificate_opens(self):
        self.assertEqual(self.ask(self.good).status, 200)
        renewed = self.made.certificate("renewed", "filter", "a")
        self.assertEqual(self.ask(renewed).status, 200)

    def test_anything_else_is_refused_in_the_same_words(self):
        made = self.made
        wrong = {
            "a key that nobody bound": made.certificate("unbound", "unbound", "a"),
            "an authority that nobody named": made.certificate("strange", "filter", "strange"),
            "the other agency's authority": made.certificate("crossed", "filter", "b"),
            "expired": made.certificate("expired", "filter", "a", days="-1"),
            "for a server": made.certificate("kind", "filter", "a", kind="server"),
            "the authority itself": (made.folder / "a.pem", made.folder / "a.key"),
        }
        answers = {}
        for name, certificate in wrong.items():
            answer = self.ask(certificate)
            with self.subTest(name=name):
                self.assert_refused(answer, 401, "bad_certificate")
            answers[str(answer.without_request())] = name
        self.assertEqual(len(answers), 1, answers)
        self.assert_refused(self.ask(None), 401, "sign_in_required")

    def test_what_is_shown_besides_must_be_good_by_itself(self):
        for token in ("x", "cairn_session_" + "A" * 43, "cairn_key_" + "A" * 43):
            with self.subTest(token=token):
                self.assertEqual(self.ask(self.good, token=token).status, 401)

    def test_each_agency_sees_its_own(self):
        investigator = self.story.people["investigator"]
        case = investigator.make("case_open", body={"title": "Ours"})
        investigator.do("case_member_set", {"case": case, "user": self.user},
                        body={"level": "read"})
        hidden = self.ask(self.of_b, "case_show", {"case": case})
        self.assert_refused(hidden, 404, "no_such_case")
        nothing = self.ask(self.of_b, "case_show", {"case": "0" * 32})
        self.assertEqual(hidden.without_request(case), nothing.without_request("0" * 32))
        listed = [[one["id"] for one in self.ask(shown).json()["items"]]
                  for shown in (self.good, self.of_b)]
        self.assertEqual(listed, [[case], []])

    def test_programs_have_no_session_and_do_what_services_may(self):
        self.assert_refused(self.ask(self.good, "session_list"), 403, "session_required")
        refused = Client(self.server, "administration", certificate=self.good).ask("user_list")
        self.assert_refused(refused, 403, "role_forbids")

    def test_what_is_unbound_or_disabled_is_out_at_once(self):
        admin = self.story.admin
        made = self.made
        made.key("short")
        certificate = made.certificate("short", "short", "a")
        user = admin.make("user_add", body={"login": "short", "name": "Short",
                                            "roles": ["service"]})
        bound = {"user": user, "key": admin.do("user_bind_key", {"user": user}, body={
            "certificate": made.text("short")}).json()["key"]}
        client = Client(self.server, "detection", certificate=certificate)
        self.assertEqual(client.ask("case_list").status, 200)
        admin.do("user_disable", {"user": user})
        self.assert_refused(client.ask("case_list"), 401, "bad_certificate")
        admin.do("user_enable", {"user": user})
        self.assertEqual(client.ask("case_list").status, 200)
        admin.do("user_unbind_key", bound)
        self.assert_refused(client.ask("case_list"), 401, "bad_certificate")


if __name__ == "__main__":
    unittest.main()
