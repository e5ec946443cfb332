"""A server of an installation as its users meet it: `cairn serve` on a free port, and people who
speak to it by the contract. Every answer is compared with what api/openapi.yaml says of it."""
import base64
import copy
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import jsonschema

from harness import BIN, ROOT, TIME_LIMIT_S

sys.path.insert(0, str(ROOT / "tools"))

import check_contract  # noqa: E402

JSON = check_contract.JSON
PROBLEM = check_contract.PROBLEM
# The role of the server on PostgreSQL.
SERVER_ROLE = "cairn_server"
PASSWORD = "correct horse battery staple"
TOTP_STEP_S = 30


class Contract:
    """The operations by their ids, and what answers must look like."""

    def __init__(self):
        self.document = check_contract.read_contract(ROOT)
        self.operations = {}
        self.succeeded = set()
        self.validators = {}
        for method, path, operation in check_contract.operations(self.document):
            self.operations[operation["operationId"]] = (method.upper(), path, operation)

    def resolve(self, node):
        return check_contract.resolve(self.document, node)

    def access(self, name):
        """Who may do it, by x-access; None where no user is needed."""
        return self.operations[name][2].get("x-access")

    def body_example(self, name):
        body = self.operations[name][2].get("requestBody", {})
        return body.get("content", {}).get(JSON, {}).get("example")

    def address(self, name, path, query):
        """The target of a request."""
        pattern = self.operations[name][1]
        for one in re.findall(r"\{(\w+)\}", pattern):
            value = urllib.parse.quote(str(path[one]), safe="/" if one == "tile" else "")
            pattern = pattern.replace("{" + one + "}", value)
        return pattern + ("?" + urllib.parse.urlencode(query) if query else "")

    def validate(self, schema, value, where):
        text = json.dumps(schema, sort_keys=True)
        if text not in self.validators:
            self.validators[text] = jsonschema.Draft202012Validator(
                check_contract.schema_with_components(self.document, schema))
        errors = [f"{where}: /{'/'.join(map(str, one.absolute_path))}: {one.message}"
                  for one in self.validators[text].iter_errors(value)]
        assert not errors, errors

    def check(self, name, answer):
        """That an answer is one of those the contract has for the operation."""
        where = f"{name}: {answer.status}"
        answers = self.operations[name][2]["responses"]
        assert answer.status < 400 or answer.media_type == PROBLEM, (where, answer.media_type)
        assert str(answer.status) in answers or answer.status in (404, 405, 414, 500), (
            where, answer.body)
        stated = self.resolve(answers.get(str(answer.status), answers["default"]))
        content = stated.get("content", {})
        assert not content or answer.media_type in content, (where, answer.media_type, content)
        assert content or not answer.body, (where, answer.body)
        for field, header in stated.get("headers", {}).items():
            if field in answer.fields:
                value = answer.fields[field]
                schema = self.resolve(header)["schema"]
                self.validate(schema, int(value) if value.isdigit() else value, f"{where} {field}")
        if answer.media_type in (JSON, PROBLEM):
            self.validate(content[answer.media_type]["schema"], answer.json(), where)
        if answer.media_type == PROBLEM:
            assert answer.json()["status"] == answer.status, (where, answer.body)
        if answer.status < 300:
            self.succeeded.add(name)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.fields = response.headers
        self.body = response.read()
        self.media_type = (self.fields.get("Content-Type") or "").split(";")[0]

    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The code of a problem, or nothing."""
        if self.media_type != PROBLEM or not self.body:
            return None
        return self.json()["type"].removeprefix("urn:cairn:problem:")

    def without_request(self, *ids):
        """What the server says, but for the id and the time of the request, and for `ids`."""
        fields = {name.lower(): value for name, value in self.fields.items()}
        for name in ("date", "x-request-id"):
            fields.pop(name, None)
        body = re.sub(rb"urn:cairn:request:[0-9a-f]*", b"", self.body)
        for one in ids:
            body = body.replace(str(one).encode(), b"ID")
        return self.status, sorted(fields.items()), body


class Client:
    """Somebody who asks. `purpose` goes along where the contract wants one; `way` is how the server
    is reached, as Installation.connection() takes it."""

    def __init__(self, server, purpose=None, token=None, **way):
        self.server = server
        self.contract = server.contract
        self.purpose = purpose
        self.token = token
        self.way = way
        self.connection = None
        self.secret = None
        self.last_step = 0

    def raw(self, method, target, body=None, fields=None):
        """A request as it is given, again when it was one too many for a user in a second."""
        answer = self.raw_once(method, target, body, fields)
        while answer.status == 429 and answer.problem in (None, "too_many_requests"):
            time.sleep(0.2)
            answer = self.raw_once(method, target, body, fields)
        return answer

    def raw_once(self, method, target, body, fields):
        """Connections that the server ended are begun anew."""
        for attempt in range(3):
            if self.connection is None:
                self.connection = self.server.connection(**self.way)
            try:
                self.connection.request(method, target, body, fields or {})
                answer = Answer(self.connection.getresponse())
            except (http.client.HTTPException, ConnectionError, ssl.SSLError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise
                continue
            if answer.fields.get("Connection") == "close":
                self.connection.close()
                self.connection = None
            return answer
        return None

    def ask(self, name, path=None, query=None, body=None, fields=None, purpose=None):
        """An operation of the contract; the answer is checked against it. purpose="" sends none."""
        method, _, operation = self.contract.operations[name]
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        purpose = self.purpose if purpose is None else purpose
        if purpose and operation.get("x-access"):
            sent["Cairn-Purpose"] = purpose
        if isinstance(body, bytes):
            sent["Content-Type"] = next(iter(operation["requestBody"]["content"]))
        elif body is not None:
            sent["Content-Type"] = JSON
            body = json.dumps(body)
        sent |= fields or {}
        target = self.contract.address(name, path or {}, query)
        answer = self.raw(method, target, body, sent)
        self.contract.check(name, answer)
        return answer

    def do(self, name, path=None, query=None, body=None, **more):
        """An operation that must succeed."""
        answer = self.ask(name, path, query, body, **more)
        assert answer.status < 300, (name, answer.status, answer.body)
        return answer

    def make(self, name, path=None, body=None, **more):
        """The id of what an operation makes."""
        return self.do(name, path, None, body, **more).json()["id"]

    def code(self):
        """A code that was not used yet (RFC 6238); the server takes those of the steps beside."""
        now = int(time.time()) // TOTP_STEP_S
        step = max(self.last_step + 1, now - 1)
        while step > int(time.time()) // TOTP_STEP_S + 1:
            time.sleep(0.5)
        self.last_step = step
        key = base64.b32decode(self.secret + "=" * (-len(self.secret) % 8))
        digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        at = digest[-1] & 15
        number = struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"

    def accept(self, agency, login, invitation):
        """The way in of somebody who was invited."""
        self.agency, self.login, self.password = agency, login, PASSWORD
        self.do("invitation_accept", body={"token": invitation, "password": PASSWORD})
        self.sign_in()
        self.secret = self.do("enrolment_begin").json()["secret"]
        answer = self.do("enrolment_finish", body={"code": self.code()}).json()
        self.token, self.recovery_codes = answer["token"], answer["recovery_codes"]
        return self

    def sign_in(self):
        """The first step."""
        self.token = None
        self.token = self.do("sign_in", body={
            "agency": self.agency, "login": self.login, "password": self.password,
            "deliver": "token"}).json()["token"]

    def sign_in_whole(self):
        self.sign_in()
        self.token = self.do("sign_in_code", body={"code": self.code()}).json()["token"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Installation:
    """`cairn serve` on records in a folder, or on a PostgresqlServer. `settings` are lines of the
    configuration's tables besides the usual ones; `server_settings` of its table [server]."""

    def __init__(self, folder, profile="police", postgresql=None, port=None, settings=(),
                 server_settings=()):
        self.folder = folder
        self.postgresql = postgresql
        self.contract = Contract()
        self.uploads = folder / "uploads"
        self.uploads.mkdir()
        self.secrets = folder / "secrets"
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        self.settings = list(settings)
        self.server_settings = list(server_settings)
        self.environment = {"HOME": str(folder), "PATH": f"{BIN}:{os.environ['PATH']}",
                            "LC_ALL": "C.UTF-8"}
        self.place(folder, port or free_port())
        if postgresql:
            self.make_server_role()
        done = self.cairn("serve", "--init", "--config", self.configuration, "--profile", profile,
                          "--agency", "Agency A", "--json")
        assert done.returncode == 0, done.stderr
        self.begun = json.loads(done.stdout)
        self.context = ssl.create_default_context(cafile=self.begun["certificate"])

    def place(self, folder, port):
        """Where this server keeps its own things, and where it is reached."""
        self.folder = folder
        self.port = port
        self.process = None
        self.data = folder / "data"
        self.records = self.data / "records.db"
        if self.postgresql:
            self.records = self.postgresql.location(user=SERVER_ROLE)
        self.configuration = folder / "cairn.toml"
        lines = [f'data_folder = "{self.data}"', f'database = "{self.records}"',
                 "[installation]", 'name = "cairn.example.org"', "[secrets]",
                 f'folder = "{self.secrets}"', "[server]", f"port = {port}", *self.server_settings,
                 "[[scan.root]]", 'name = "uploads"', f'path = "{self.uploads}"', 'agency = "all"',
                 *self.settings]
        self.configuration.write_text("\n".join(lines) + "\n")

    def make_server_role(self):
        """The server is not the owner of its tables: docs/operating.md."""
        self.postgresql.sql(f"CREATE ROLE {SERVER_ROLE} LOGIN")
        done = self.cairn("db", "migrate", self.postgresql.location(), "--server-role", SERVER_ROLE)
        assert done.returncode == 0, done.stderr

    def beside(self, folder):
        """Another server of the same installation, on the same records, which must be PostgreSQL.
        Its own data folder shows the same lists."""
        other = copy.copy(self)
        other.place(folder, free_port())
        other.data.mkdir(mode=0o700)
        (other.data / "lists").symlink_to(self.data / "lists")
        return other

    def cairn(self, *arguments):
        return subprocess.run([BIN / "cairn", *map(str, arguments)], env=self.environment,
                              capture_output=True, timeout=TIME_LIMIT_S, check=False)

    def start(self, until="ready"):
        """Returns once the operation `until` succeeds."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [BIN / "cairn", "serve", "--config", self.configuration], env=self.environment,
            stdout=log, stderr=log)
        deadline = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < deadline:
            try:
                if Client(self).ask(until).status == 200:
                    return
            except OSError:
                time.sleep(0.05)
            assert self.process.poll() is None, self.log()
        raise AssertionError(self.log())

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(TIME_LIMIT_S)

    def kill(self):
        self.process.kill()
        self.process.wait(TIME_LIMIT_S)

    def resident_bytes(self):
        """Of the server's memory."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)[1]) * 1024

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def connection(self, certificate=None, source=None):
        """`certificate`: files of what the client shows and its key; `source`: its address."""
        return http.client.HTTPSConnection(
            "localhost", self.port, context=self.client_context(certificate), timeout=TIME_LIMIT_S,
            source_address=(source, 0) if source else None)

    def client_context(self, certificate=None):
        if certificate is None:
            return self.context
        context = ssl.create_default_context(cafile=self.begun["certificate"])
        context.load_cert_chain(*certificate)
        return context

    def sql(self, text):
        """What no operation does, by hand in the records; returns the value of a query. x'..' is a
        blob."""
        if self.postgresql:
            text = re.sub(r"x'([0-9a-f]+)'", r"decode('\1', 'hex')", text)
            return self.postgresql.sql(text)
        with sqlite3.connect(self.records, timeout=60) as records:
            if not text.startswith("SELECT"):
                records.executescript(text)
                return ""
            return str(records.execute(text).fetchone()[0])


class ServedTest(unittest.TestCase):
    """Tests that share a folder and what runs in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    @classmethod
    def serve(cls, **options):
        """A server of a new installation."""
        server = Installation(cls.folder, **options)
        cls.addClassCleanup(server.stop)
        server.start()
        return server

    def sign_in_again(self, person):
        """A code opens once: to be quick, those that were shown are forgotten."""
        self.server.sql("UPDATE totp SET last_step = 0")
        person.last_step = 0
        person.sign_in_whole()

    def assert_refused(self, answer, status, problem):
        self.assertEqual((answer.status, answer.problem), (status, problem), answer.body)
