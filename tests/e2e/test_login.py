"""A user of a server on the command line: from the invitation to the end of the session."""
import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import time

from harness import BIN, TIME_LIMIT_S, CairnTest, picture

PASSWORD = "correct horse battery staple"
STEP_S = 30


def code_of(secret, steps_ahead=0):
    """The authenticator's code (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = struct.pack(">Q", int(time.time()) // STEP_S + steps_ahead)
    digest = hmac.new(key, counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class LoginTest(CairnTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.address = f"https://localhost:{self.port}"
        self.config = self.dir / "cairn.toml"
        self.config.write_text(f"""data_folder = "{self.dir}/server"
[installation]
name = "cairn.example.org"
[secrets]
folder = "{self.dir}/secrets"
[server]
port = {self.port}
metrics_port = {free_port()}
[[scan.root]]
name = "uploads"
path = "{self.evidence}"
agency = "Agency A"
""")
        (self.dir / "secrets").mkdir(mode=0o700)
        (self.dir / "server").mkdir(mode=0o700)
        made = self.cairn("serve", "--config", self.config, "--init", "--profile", "police",
                          "--agency", "Agency A", "--json", expect=0)
        self.installation = json.loads(made.stdout)
        self.password_file = self.dir / "password"
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(PASSWORD + "\n")
        self.server = None

    def start_server(self):
        self.server = subprocess.Popen(
            [BIN / "cairn", "serve", "--config", self.config], env=self.environment,
            stderr=subprocess.PIPE, cwd=self.dir)
        self.addCleanup(self.stop_server)
        for line in self.server.stderr:
            if b'"listening"' in line:
                return
        self.fail("the server did not start")

    def stop_server(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.communicate(timeout=TIME_LIMIT_S)
            self.server = None

    def enrol(self, invitation, login, agency="Agency A"):
        """Takes an invitation on the command line; returns the authenticator's secret."""
        program = subprocess.Popen(
            [BIN / "cairn", "login", self.address, "--invitation", invitation, "--agency",
             agency, "--login", login, "--trust", self.installation["certificate"],
             "--password-file", self.password_file],
            env=self.environment, cwd=self.dir, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        secret = None
        while secret is None:
            line = program.stdout.readline()
            if not line:
                self.fail(program.communicate()[1])
            if line.split()[:1] == [b"secret"]:
                secret = line.split()[1].decode()
        out, error = program.communicate(code_of(secret).encode() + b"\n", TIME_LIMIT_S)
        self.assertEqual(program.returncode, 0, error)
        self.assertIn(b"Recovery codes", out)
        return secret

    def sign_in(self, login, secret):
        """The second time, with the code after that of the enrolment: codes serve once."""
        self.cairn("login", "--login", login, "--password-file", self.password_file, "--code",
                   code_of(secret, steps_ahead=1), expect=0)

    def add_user(self, login, *roles):
        """A colleague, whom whoever is signed in adds, and who is signed in then."""
        words = [word for role in roles for word in ("--role", role)]
        user = self.printed("user", "add", login, *words)["id"]
        return user, self.enrol(self.printed("user", "invite", user)["token"], login)

    def typed_login(self, *arguments, answers):
        """Signs in at a terminal; `answers` are pairs of a question's end and what is typed."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.dir)
            os.execve(BIN / "cairn", ["cairn", "login", *arguments], self.environment)
        shown = b""
        end = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < end:
            ready, _, _ = select.select([terminal], [], [], 1)
            if not ready:
                continue
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # how Linux says that nobody is at the other end any more
                break
            if answers and shown.rstrip().endswith(answers[0][0]):
                # What is typed before the terminal is silent would be thrown away.
                time.sleep(0.2)
                answer = answers.pop(0)[1]
                os.write(terminal, (answer(shown) if callable(answer) else answer) + b"\n")
                shown += b" "
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown

    def printed(self, *arguments):
        return json.loads(self.cairn(*arguments, "--json", expect=0).stdout)

    def refused(self, *arguments, words, expect=4, **options):
        done = self.cairn(*arguments, expect=expect, **options)
        self.assertIn(words, done.stderr.decode())
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)

    def test_from_the_invitation_to_the_end_of_the_session(self):
        self.start_server()
        self.refused("whoami", words="run `cairn login ADDRESS`")
        secret = self.enrol(self.installation["invitation"], "admin")
        kept = self.dir / "config/cairn/servers.json"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)

        who = self.printed("whoami")
        self.assertEqual(who["user"]["login"], "admin")
        self.assertEqual(who["agency"]["name"], "Agency A")
        self.assertNotIn("csrf", who)
        self.assertIn(b"administrator", self.cairn("whoami", expect=0).stdout)
        self.assertEqual(self.printed("server", "list")[0]["state"], "signed_in")

        self.cairn("logout", expect=0)
        self.refused("whoami", words=f"run `cairn login {self.address}`")
        # A second sign-in asks for password and code alone. Codes serve once: take the next.
        self.cairn("login", "--password-file", self.password_file, "--code",
                   code_of(secret, steps_ahead=1), expect=0)
        self.printed("whoami")

    def test_a_person_at_a_terminal_decides_about_a_strange_certificate(self):
        self.start_server()
        invitation = self.installation["invitation"]
        code, shown = self.typed_login(self.address, answers=[(b"(yes or no):", b"no")])
        self.assertEqual(code, 4)
        pem = pathlib.Path(self.installation["certificate"]).read_text()
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        self.assertIn(":".join(re.findall("..", digest)).encode(), shown)

        def first_code(shown):
            return code_of(re.search(rb"secret +([A-Z2-7]+)", shown)[1].decode()).encode()

        code, shown = self.typed_login(
            self.address, "--invitation", invitation,
            answers=[(b"(yes or no):", b"yes"), (b"Agency:", b"Agency A"), (b"Login:", b"admin"),
                     (b"New password:", PASSWORD.encode()),
                     (b"The same again:", PASSWORD.encode()),
                     (b"a recovery code:", first_code)])
        self.assertEqual(code, 0, shown)
        self.assertNotIn(PASSWORD.encode(), shown)
        self.assertIn("\u2588\u2580".encode(), shown)
        self.assertEqual(self.printed("whoami")["user"]["login"], "admin")

    def own_acts(self, operation):
        """Outcomes of one's own acts. They are found a moment after they were done."""
        deadline = time.monotonic() + 20
        while True:
            acts = self.printed("audit", "search", "--own", "--operation", operation)
            if acts or time.monotonic() > deadline:
                return [one["outcome"] for one in acts]
            time.sleep(0.2)

    def test_an_administrator_brings_in_a_colleague_who_opens_a_case(self):
        self.start_server()
        self.enrol(self.installation["invitation"], "admin")
        added = self.printed("user", "add", "maria", "--name", "Maria", "--role", "investigator",
                             "--role", "supervisor")
        self.assertIn(b"maria", self.cairn("user", "list", expect=0).stdout)
        invitation = self.printed("user", "invite", added["id"])["token"]
        self.refused("case", "open", "Harbour 17", words="role")

        self.enrol(invitation, "maria")
        self.assertEqual(self.printed("case", "list"), [])
        opened = self.cairn("case", "open", "Harbour 17", expect=0).stdout.decode().strip()
        self.assertEqual([one["title"] for one in self.printed("case", "list")], ["Harbour 17"])
        self.assertEqual(self.printed("case", "shares", opened), [])
        self.assertEqual(self.printed("case", "show", opened)["state"], "open")
        self.cairn("case", "member", opened, added["id"], "work", expect=0)
        self.assertIn(added["id"].encode(), self.cairn("case", "members", opened, expect=0).stdout)
        self.assertEqual(self.printed("approval", "list"), [])
        self.assertEqual(self.printed("authority", "list"), [])
        self.refused("case", "show", "0" * 32, words="case")
        self.refused("case", "show", "../users", words="id", expect=2)
        self.refused("case", "list", "--purpose", "curiosity", words="Cairn-Purpose", expect=2)
        self.cairn("case", "close", opened, expect=0)
        self.assertEqual(self.printed("case", "show", opened)["state"], "closed")
        self.assertEqual(self.own_acts("case_open"), ["ok"])

    def test_two_administrators_add_an_agency_whose_own_comes_in(self):
        self.start_server()
        secret = self.enrol(self.installation["invitation"], "admin")
        second = self.add_user("second", "administrator")[1]
        words = ("--profile", "hotline", "--administrator-login", "anna",
                 "--administrator-name", "Anna Example")
        self.refused("agency", "add", "Agency B", *words, words="cairn approval request")
        approval = self.printed("approval", "request", "agency_add", "--name", "Agency B", *words,
                                "--reason", "it joins")["id"]
        self.sign_in("admin", secret)
        self.cairn("approval", "approve", approval, expect=0)
        self.sign_in("second", second)
        made = self.printed("agency", "add", "Agency B", *words, "--approval", approval)
        self.assertEqual([one["name"] for one in self.printed("agency", "list")],
                         ["Agency A", "Agency B"])
        self.enrol(made["invitation"], "anna", "Agency B")
        who = self.printed("whoami")
        self.assertEqual((who["user"]["id"], who["agency"]["id"]),
                         (made["administrator"], made["id"]))
        self.assertEqual([one["login"] for one in self.printed("user", "list")], ["anna"])

    def test_a_case_is_scanned_on_the_server(self):
        known = self.evidence / "2026" / "known.png"
        known.parent.mkdir()
        picture(1).save(known)
        picture(2).save(self.evidence / "other.png")
        listing = self.dir / "known.txt"
        listing.write_text(hashlib.sha256(known.read_bytes()).hexdigest() + "\n")
        self.start_server()
        self.enrol(self.installation["invitation"], "admin")
        there = ("--server", "usual")
        boss = self.printed("user", "add", "boss", "--role", "supervisor")["id"]
        boss = self.printed("user", "invite", boss)["token"]
        self.add_user("maria", "investigator", "supervisor")

        rows = ("--name", "known", "--scheme", "us-2.0", "--category", "1", "--hash-type", "sha256")
        made = self.printed("list", "import", listing, *rows, *there)
        self.assertEqual((made["list"]["name"], made["rows_accepted"]), ("known", 1))
        more = self.dir / "more.txt"
        more.write_text("ab" * 32 + "\n")
        added = self.printed("list", "update", "known", "--add", more, "--category", "1",
                             "--hash-type", "sha256", *there)
        self.assertEqual(added["entries_added"], 1)
        self.assertEqual([one["entries"] for one in self.printed("list", "show", *there)], [2])
        self.assertEqual(len(self.printed("list", "show", "known", *there)), 2)
        self.cairn("list", "verify", "known", *there, expect=0)
        self.refused("list", "import", listing, more, *rows, *there, words="one file", expect=2)
        self.assertIn(b"--server", self.cairn("list", "show", "--purpose", "list_care",
                                              expect=2).stderr)
        self.assertFalse((self.dir / "data/cairn/lists").exists(), "nothing was done here")

        case = self.cairn("case", "open", "Harbour 17", expect=0).stdout.decode().strip()
        place = ("--case", case, *there)
        done = self.cairn("scan", "uploads/2026", "--list", "known", *place, expect=1)
        self.assertIn(b"1 item on a list", done.stdout)
        scans = self.printed("scan", "list", *place)
        self.assertEqual([one["state"] for one in scans], ["finished"])
        scan = scans[0]["id"]
        shown = self.printed("scan", "show", scan, *place)
        self.assertEqual((shown["format"], shown["summary"]["matches"]), ("cairn-scan-1", 1))
        self.assertEqual([one["kind"] for one in shown["findings"]], ["match"])
        found = self.cairn("scan", "findings", scan, *place, expect=0).stdout
        self.assertIn(b"known.png", found)
        self.refused("scan", "stop", scan, *place, words="can be stopped")
        self.refused("scan", "--resume", scan, *place, words="stopped or failed")
        self.refused("scan", "elsewhere", *place, words="no folder 'elsewhere'")
        self.refused("scan", "uploads", *there, words="--case ID", expect=2)
        self.assertIn(b"--jobs", self.cairn("scan", "uploads", *place, "--jobs", "2",
                                            expect=2).stderr)
        self.refused("scan", "delete", "1", "--reason", "x", *place, words="server", expect=2)
        self.report_with_authority(scan, place, boss)

    def report_with_authority(self, scan, place, boss):
        """A report leaves the server on the ground of a warrant that a colleague put in force."""
        report = self.dir / "report.html"
        self.refused("scan", "report", scan, "--report", report, *place, words="authority")
        self.assertFalse(report.exists())
        now = datetime.datetime.now(datetime.timezone.utc)
        ends = (now + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        warrant = self.dir / "warrant.json"
        warrant.write_text(json.dumps({
            "issuer": "court", "issuer_name": "District Court", "reference": "41 Gs 100/26",
            "legal_basis": "DE StPO 94", "acts": ["export"],
            "scope": [{"kind": "case", "value": "all"}], "ends": ends,
            "starts": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "document": "ab" * 32}))
        authority = self.printed("authority", "draft", warrant)["id"]
        self.enrol(boss, "boss")
        self.cairn("authority", "activate", authority, expect=0)
        self.cairn("scan", "report", scan, "--report", report, "--report", self.dir / "report.csv",
                   *place, expect=0)
        self.assertIn(b"known.png", report.read_bytes())
        self.assertIn(b"known.png", (self.dir / "report.csv").read_bytes())

    def test_an_edit_that_somebody_else_was_faster_with_is_refused(self):
        self.start_server()
        self.enrol(self.installation["invitation"], "admin")
        user = self.printed("user", "add", "maria", "--role", "analyst")["id"]
        self.cairn("user", "roles", user, "--role", "reviewer", expect=0)
        self.cairn("user", "disable", user, expect=0)
        self.cairn("user", "enable", user, expect=0)
        self.assertEqual([(one["state"], one["roles"]) for one in self.printed("user", "list")
                          if one["id"] == user], [("active", ["reviewer"])])

    def test_the_log_of_a_server_is_proven_on_another_machine(self):
        self.start_server()
        self.enrol(self.installation["invitation"], "admin")
        self.add_user("otto", "auditor")
        self.own_acts("session_show")
        deadline = time.monotonic() + 20
        acts = []
        while not acts and time.monotonic() < deadline:
            acts = self.printed("audit", "search", "--count", "5")
            time.sleep(0.2)
        note = self.cairn("audit", "checkpoint", expect=0).stdout.split(b"\n")
        self.assertGreater(int(note[1]), 0)
        kept = self.dir / "kept.checkpoint"
        self.cairn("audit", "checkpoint", "-o", kept, expect=0)
        proof = self.dir / "act.proof"
        while self.cairn("audit", "prove", self.address, acts[-1]["index"], "-o",
                         proof).returncode != 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.refused("audit", "prove", "https://192.0.2.1", 1, words="you are not signed in")
        wrong = self.cairn("audit", "check-proof", proof, "--key", self.strange_key(), expect=1)
        self.assertIn(b"of which no key was given", wrong.stderr)

    def strange_key(self):
        return self.cairn("audit", "new-key", "strange.example.org", self.dir / "strange.key",
                          expect=0).stdout.decode().strip()

    def test_what_goes_wrong_is_said_with_its_cure(self):
        self.start_server()
        self.refused("login", self.address, "--agency", "Agency A", "--login", "admin",
                     "--password-file", self.password_file, words="--trust FILE")
        other = self.dir / "other.pem"
        other.write_text(pathlib.Path(ssl.get_default_verify_paths().cafile
                                      or "/etc/ssl/certs/ca-certificates.crt").read_text())
        self.refused("login", self.address, "--trust", other, "--password-file",
                     self.password_file, words="certificate is not accepted")
        self.refused("login", self.address, "--agency", "Agency A", "--login", "admin", "--trust",
                     self.installation["certificate"], words="sign", input=b"wrong password\n")
        self.refused("login", "http://localhost", words="not the address of a server", expect=2)

        self.enrol(self.installation["invitation"], "admin")
        session = (self.dir / "config/cairn/servers.json").read_text()
        self.cairn("logout", "--everywhere", expect=0)
        (self.dir / "config/cairn/servers.json").write_text(session)
        self.refused("whoami", words=f"run `cairn login {self.address}`")
        self.stop_server()
        self.refused("whoami", words="look whether it is reached from here")
        (self.dir / "config/cairn/servers.json").chmod(0o644)
        self.refused("whoami", words="chmod 600")
