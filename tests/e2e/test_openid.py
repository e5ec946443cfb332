#!/usr/bin/python3
"""Sign-in at an identity provider through HTTP: a certified provider (oidc-provider), in which a
browser signs in and consents, and every way back that must lead nowhere."""
import http.cookiejar
import re
import ssl
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness import ROOT
from installation import Client, ServedTest, free_port

PROVIDER = ROOT / "tests/e2e/openid_provider/provider.mjs"
PACKAGES = ROOT / "build/openid_provider"
SESSION_COOKIE = "__Host-cairn-session"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """At the provider: keeps cookies, stops where the provider sends it back."""

    def __init__(self, authority, back):
        self.back = back
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), NoRedirect,
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority)))

    def ask(self, address, form=None):
        """(where it leads, the page)"""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self.opener.open(address, data, timeout=30) as answer:
                return None, answer.read().decode()
        except urllib.error.HTTPError as answer:
            assert answer.code in (302, 303), (answer.code, answer.read())
            return urllib.parse.urljoin(address, answer.headers["Location"]), ""

    def follow(self, address, form=None):
        """(the page, nothing) or (nothing, the parameters with which it is sent back)."""
        address, page = self.ask(address, form)
        while address is not None and not address.startswith(self.back):
            address, page = self.ask(address)
        if address is None:
            return page, None
        return None, dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))

    def sign_in(self, address, name):
        """Signs in and consents, as the provider asks."""
        page, back = self.follow(address)
        while back is None:
            action = re.search(r'<form[^>]* action="([^"]+)"', page)[1]
            prompt = re.search(r'name="prompt" value="(\w+)"', page)[1]
            form = {"prompt": prompt}
            if prompt == "login":
                form |= {"login": name, "password": "known to nobody"}
            page, back = self.follow(action, form)
        return back

    def cancel(self, address):
        page, _ = self.follow(address)
        return self.follow(re.search(r'href="([^"]+/abort)"', page)[1])[1]


class OpenidTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        port = free_port()
        cls.back = f"https://localhost:{port}/api/v1/sign-in/openid/return"
        cls.start_provider()
        secrets = cls.folder / "secrets"
        secrets.mkdir(mode=0o700)
        (secrets / "openid.secret").touch(0o600)
        (secrets / "openid.secret").write_text("swordfish\n")
        cls.server = cls.serve(port=port, settings=[
            "[fetch]", f'trust_file = "{cls.folder}/server.pem"',
            "[[fetch.own_host]]", 'name = "localhost"',
            "[[sign_in.openid_connect]]", 'name = "Agency account"', f'issuer = "{cls.issuer}"',
            'client_id = "cairn"', 'client_secret_file = "openid.secret"',
            f'redirect_url = "{cls.back}"'])
        cls.nobody = Client(cls.server)
        cls.admin = Client(cls.server, "administration").accept(
            "Agency A", "admin", cls.server.begun["invitation"])

    @classmethod
    def start_provider(cls):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", "server.key", "-out", "server.pem", "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True, cwd=cls.folder, timeout=60)
        assert (PACKAGES / "node_modules").exists(), "run tools/install_openid_provider.sh first"
        log = cls.enterClassContext((cls.folder / "provider.log").open("wb"))
        # Modules are looked for from where the script lies.
        script = PACKAGES / "provider.mjs"
        script.write_bytes(PROVIDER.read_bytes())
        provider = subprocess.Popen(["node", script, cls.folder, cls.back], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=log)
        cls.addClassCleanup(provider.communicate)
        cls.issuer = provider.stdout.readline().decode().strip()
        assert cls.issuer, (cls.folder / "provider.log").read_text()

    def begin(self, invitation=None):
        """(where the browser goes, its cookie)"""
        body = {"issuer": self.issuer} | ({"invitation": invitation} if invitation else {})
        answer = self.nobody.do("openid_begin", body=body)
        cookie = answer.fields["Set-Cookie"]
        self.assertEqual(set(cookie.split("; ")[1:]),
                         {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"})
        return answer.json()["address"], {"Cookie": cookie.split(";")[0]}

    def at_provider(self, address, name):
        return Browser(self.folder / "server.pem", self.back).sign_in(address, name)

    def come_back(self, query, cookie):
        return self.nobody.ask("openid_return", query=query, fields=cookie)

    def session_of(self, answer):
        """The fields with which a page goes on after the browser came back."""
        cookies = [one.split("; ") for one in answer.fields.get_all("Set-Cookie")]
        shown = next(one[0] for one in cookies if one[0].startswith(SESSION_COOKIE))
        fields = {"Cookie": shown}
        return fields | {"Cairn-Csrf": self.whoami(fields)["csrf"]}

    def whoami(self, fields):
        return self.nobody.do("session_show", fields=fields).json()

    def invited(self, login):
        user = self.admin.make("user_add", body={"login": login, "name": "Somebody",
                                                 "roles": ["investigator"]})
        return self.admin.do("user_invite", {"user": user}).json()["token"]

    def enrolled(self, login, name):
        """A user whom the provider calls `name`; (their client, with a whole session's fields)."""
        address, cookie = self.begin(self.invited(login))
        answer = self.come_back(self.at_provider(address, name), cookie)
        fields = self.session_of(answer)
        person = Client(self.server, "investigation")
        person.secret = person.do("enrolment_begin", fields=fields).json()["secret"]
        whole = person.do("enrolment_finish", body={"code": person.code()}, fields=fields)
        fields = {"Cookie": whole.fields["Set-Cookie"].split(";")[0],
                  "Cairn-Csrf": whole.json()["csrf"]}
        return person, fields

    def test_from_the_invitation_to_a_session_and_in_again(self):
        person, fields = self.enrolled("maria", "maria@provider")
        self.assertEqual(self.whoami(fields)["user"]["login"], "maria")
        case = person.make("case_open", body={"title": "By a guest"}, fields=fields)
        person.do("session_end", fields=fields)
        self.assertEqual(person.ask("case_show", {"case": case}, fields=fields).status, 401)

        address, cookie = self.begin()
        answer = self.come_back(self.at_provider(address, "maria@provider"), cookie)
        half = self.session_of(answer)
        self.assertEqual(person.ask("case_show", {"case": case}, fields=half).status, 401)
        again = person.do("sign_in_code", body={"code": person.code()}, fields=half)
        whole = {"Cookie": again.fields["Set-Cookie"].split(";")[0]}
        person.do("case_show", {"case": case}, fields=whole)

    def test_refusals_are_all_alike(self):
        """Also that of somebody whom the provider knows and this installation does not."""
        self.enrolled("john", "john@provider")
        address, cookie = self.begin()
        stranger = self.come_back(self.at_provider(address, "stranger@provider"), cookie)
        self.assert_refused(stranger, 401, "sign_in_refused")
        self.assertNotIn("Set-Cookie", stranger.fields)

        def refused(name, query, cookie):
            with self.subTest(name=name):
                answer = self.come_back(query, cookie)
                self.assertEqual(answer.without_request(), stranger.without_request())

        def at_provider(address):
            return self.at_provider(address, "john@provider")

        address, cookie = self.begin()
        refused("no cookie", at_provider(address), {})
        address, cookie = self.begin()
        other_cookie = self.begin()[1]
        refused("the cookie of another sign-in", at_provider(address), other_cookie)
        address, cookie = self.begin()
        refused("another issuer", at_provider(address) | {"iss": "https://example.org"}, cookie)
        address, cookie = self.begin()
        changed = re.sub(r"nonce=[^&]*", "nonce=" + "n" * 43, address)
        refused("another nonce", at_provider(changed), cookie)
        address, cookie = self.begin()
        refused("no such code", at_provider(address) | {"code": "x" * 43}, cookie)
        address, cookie = self.begin()
        refused("no such state", at_provider(address) | {"state": "x" * 43}, cookie)
        refused("nothing", {}, cookie)
        address, cookie = self.begin()
        browser = Browser(self.folder / "server.pem", self.back)
        refused("cancelled there", browser.cancel(address), cookie)
        address, cookie = self.begin("cairn_invitation_" + "A" * 43)
        refused("an invitation that is none", at_provider(address), cookie)
        address, cookie = self.begin(self.invited("james"))
        refused("an invitation for another", at_provider(address), cookie)

    def test_a_way_back_leads_in_once(self):
        self.enrolled("petra", "petra@provider")
        address, cookie = self.begin()
        back = self.at_provider(address, "petra@provider")
        self.assertEqual(self.come_back(back, cookie).status, 200)
        self.assert_refused(self.come_back(back, cookie), 401, "sign_in_refused")
        # The code under a fresh state: the provider knows that it was used.
        address, cookie = self.begin()
        state = re.search(r"state=([^&]*)", address)[1]
        self.assert_refused(self.come_back(back | {"state": state}, cookie), 401,
                            "sign_in_refused")

    def test_only_providers_of_the_configuration_are_asked(self):
        answer = self.nobody.ask("openid_begin", body={"issuer": "https://example.org"})
        self.assert_refused(answer, 404, "unknown_provider")


if __name__ == "__main__":
    unittest.main()
