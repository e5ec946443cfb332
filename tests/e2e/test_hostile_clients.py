#!/usr/bin/python3
"""Clients that mean harm: each gets a problem document or loses its connection, memory stays
bounded, and others are served meanwhile."""
import concurrent.futures
import json
import multiprocessing
import os
import resource
import socket
import ssl
import time
import unittest

from contract_story import Story
from harness import TIME_LIMIT_S
from installation import Client, ServedTest

IDLE_CONNECTIONS = 10_000
IDLE_PROCESSES = 2
# Of the release build: sanitizers keep what was freed.
BYTES_PER_CONNECTION_MAX = 40 << 10
SLOW_BYTES_MAX = 32 << 20
OVERSIZED_BYTES_MAX = 8 << 20
DESCRIPTORS = 16_384
# What the server gives a header, a handshake and a body.
PATIENCE_S = 10
SLOW_CLIENTS = 300
OTHERS_WAIT_S_MAX = 10.0


def raise_descriptor_limit():
    """For this program and the server that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))


def open_idle(port, count, opened, let_go):
    """In a process of its own: connections that have shaken hands and say nothing."""
    raise_descriptor_limit()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # that takes more time than all the rest
    kept = []
    for _ in range(count):
        plain = socket.create_connection(("127.0.0.1", port), timeout=TIME_LIMIT_S)
        shaken = context.wrap_socket(plain)
        # The server sees no difference, and this process keeps no buffers.
        kept.append(socket.socket(fileno=shaken.detach()))
    opened.put(len(kept))
    let_go.wait()
    ended = 0
    for one in kept:
        one.setblocking(False)
        try:
            ended += one.recv(4096) == b""
        except BlockingIOError:
            pass
        except ConnectionError:
            ended += 1
    opened.put(ended)


def half_close(one):
    """The other direction stays open; SSLSocket.shutdown() would forget its keys."""
    socket.socket.shutdown(one, socket.SHUT_WR)


class HostileTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        raise_descriptor_limit()
        cls.server = cls.serve()
        story = Story(cls.server).begin(roles=("investigator",))
        cls.admin, cls.investigator = story.admin, story.people["investigator"]

    def tearDown(self):
        # Whatever was done, others are served.
        self.investigator.do("case_list")
        super().tearDown()

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=TIME_LIMIT_S)
        one = self.server.context.wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(one.close)
        return one

    def all_of(self, one):
        """What comes until the server ends the connection."""
        come = b""
        try:
            while piece := one.recv(65536):
                come += piece
        except (ConnectionError, ssl.SSLError):
            pass
        return come

    def assert_problem_or_end(self, come, statuses, where):
        """Nothing, or one problem document after which the connection ended."""
        if not come:
            return
        head, body = come.split(b"\r\n\r\n", 1)
        self.assertIn(int(head.split()[1]), statuses, (where, come[:300]))
        self.assertIn(b"content-type: application/problem+json", head.lower(), where)
        self.assertIn(b"connection: close", head.lower(), where)
        json.loads(body)  # one answer and no second

    def test_requests_that_two_readers_could_take_differently(self):
        bearer = (f"Authorization: Bearer {self.investigator.token}\r\n"
                  "Cairn-Purpose: investigation\r\n")
        inner = f"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\n"

        def post(fields, body):
            return (f"POST /api/v1/cases HTTP/1.1\r\nHost: localhost\r\n{bearer}"
                    f"Content-Type: application/json\r\n{fields}\r\n{body}")
        length = f"Content-Length: {len(inner) + 5}\r\n"
        chunked = "Transfer-Encoding: chunked\r\n"
        forms = {
            "length and chunks": post(length + chunked, "0\r\n\r\n" + inner),
            "chunks and length": post(chunked + length, "0\r\n\r\n" + inner),
            "two lengths": post("Content-Length: 0\r\n" + length, inner),
            "two equal lengths": post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}" + inner),
            "a list of lengths": post("Content-Length: 2, 2\r\n", "{}" + inner),
            "a signed length": post("Content-Length: +2\r\n", "{}" + inner),
            "two encodings": post(chunked + "Transfer-Encoding: identity\r\n",
                                  "0\r\n\r\n" + inner),
            "an unknown encoding": post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + inner),
            "a blank before the colon": post("Transfer-Encoding : chunked\r\n",
                                             "0\r\n\r\n" + inner),
            "bare line feeds": "GET /api/v1/cases HTTP/1.1\nHost: localhost\n\n" + inner,
            "one bare line feed": f"GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n{inner}",
            "a bare carriage return": f"GET / HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n{inner}",
            "a folded field": f"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n{inner}",
            "a folded encoding": post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + inner),
            "two hosts": f"GET / HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n{inner}",
            "no host": f"GET /api/v1/cases HTTP/1.1\r\n\r\n{inner}",
            "a whole address": f"GET https://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n{inner}",
            "odd chunks": post(chunked, "2;\n{}\r\n0\r\n\r\n" + inner),
            "a chunk's size too large": post(chunked, "fffffffffffffffff\r\n" + inner),
            "another protocol": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inner,
        }
        for name, form in forms.items():
            with self.subTest(form=name):
                one = self.connect()
                one.sendall(form.encode())
                come = self.all_of(one)
                self.assert_problem_or_end(come, (400, 501, 505), name)
                self.assertNotIn(b"csrf", come)

    def test_what_is_no_tls_and_no_http(self):
        for text in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff",
                     b"\0" * 1000, os.urandom(1000), b""):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as plain:
                plain.sendall(text)
                plain.shutdown(socket.SHUT_WR)
                self.assertNotIn(b"HTTP", self.all_of(plain))
        one = self.connect()
        one.sendall(os.urandom(20_000).replace(b"\r\n", b"xx"))
        self.assert_problem_or_end(self.all_of(one), (400, 414, 431, 501), "noise")

    def test_headers_and_targets_that_are_too_long(self):
        for name, text, statuses in (
                ("target", "GET /" + "a" * 9_000, (414,)),
                ("field", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "a" * 17_000, (431,)),
                ("fields", "GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n" * 3_000, (431,)),
                ("method", "G" * 17_000, (414,))):
            with self.subTest(name=name):
                one = self.connect()
                one.sendall(text.encode())
                self.assert_problem_or_end(self.all_of(one), statuses, name)

    def post(self, fields, pieces):
        """What comes of a creation that is sent in pieces."""
        one = self.connect()
        head = (f"POST /api/v1/cases HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                f"{self.investigator.token}\r\nCairn-Purpose: investigation\r\n"
                f"Content-Type: application/json\r\n{fields}\r\n")
        try:
            one.sendall(head.encode())
            for piece in pieces:
                one.sendall(piece)
        except (ConnectionError, ssl.SSLError):
            pass  # it was answered before
        return self.all_of(one)

    def test_oversized_bodies_are_not_taken(self):
        before = self.server.resident_bytes()
        piece = b" " * (1 << 16)
        for name, fields, pieces in (
                ("says so", f"Content-Length: {1 << 40}\r\n", [piece] * 160),
                ("in chunks", "Transfer-Encoding: chunked\r\n",
                 [b"10000\r\n" + piece + b"\r\n"] * 160),
                ("waits", f"Content-Length: {1 << 30}\r\nExpect: 100-continue\r\n", [])):
            with self.subTest(name=name):
                self.assert_problem_or_end(self.post(fields, pieces), (413,), name)
        self.assertLess(self.server.resident_bytes() - before, OVERSIZED_BYTES_MAX)

    def test_broken_json(self):
        bodies = (b"{", b'{"title": "a"', b'{"title": "a",}', b"{'title': 'a'}", b'{"title": NaN}',
                  b'{"title": "a"} x', b'{"title": "\\ud800"}', b'{"title": "\xff"}', b"\0",
                  b"[" * 60_000, b'{"a":' * 10_000, b'{"title": 1' + b"0" * 50_000 + b"}",
                  b'{"title": "a", "title": "b"}', b"")
        for body in bodies:
            with self.subTest(body=body[:30]):
                answer = self.investigator.ask("case_open", body=body,
                                               fields={"Content-Type": "application/json"})
                self.assertEqual((answer.status, answer.problem), (400, "invalid_request"))

    def test_half_closed_and_cut_off(self):
        whole = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for text in ("", "GET", whole[:-2], whole.replace("GET", "POST").replace(
                "\r\n\r\n", "\r\nContent-Length: 10\r\n\r\n{")):
            plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
            one = self.server.context.wrap_socket(plain, server_hostname="localhost")
            one.sendall(text.encode())
            half_close(one)
            self.assert_problem_or_end(self.all_of(one), (400, 405, 408), text)
            one.close()
        one = self.connect()
        one.sendall(whole.encode())
        half_close(one)
        self.assertIn(b" 200 ", self.all_of(one).split(b"\r\n")[0])
        # Asks much and takes nothing.
        for _ in range(50):
            one = self.connect()
            one.sendall(whole.encode() * 100)
            one.close()

    def test_slow_clients_are_cut_off_and_hold_up_nobody(self):
        before = self.server.resident_bytes()
        head = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n"
        fields = ("POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nContent-Length: 60000\r\n\r\n").encode()
        slow = []
        for number in range(SLOW_CLIENTS):
            one = self.connect()
            one.sendall(fields if number % 2 else head)
            slow.append(one)
        deadline = time.monotonic() + PATIENCE_S + 30
        open_now = list(slow)
        while open_now and time.monotonic() < deadline:
            began = time.monotonic()
            self.assertEqual(self.investigator.ask("case_list").status, 200)
            self.assertLess(time.monotonic() - began, OTHERS_WAIT_S_MAX)
            still = []
            for number, one in enumerate(open_now):
                try:
                    one.sendall(b"X")  # one byte a second, so that it is never silent
                    one.settimeout(0)
                    came = one.recv(4096)
                    self.assertIn(b"408", came.split(b"\r\n")[0] or b"408")
                except (ssl.SSLWantReadError, BlockingIOError):
                    still.append(one)
                except (ConnectionError, ssl.SSLError):
                    pass
                one.settimeout(TIME_LIMIT_S)
            open_now = still
            time.sleep(1)
        self.assertEqual(len(open_now), 0, "still open")
        self.assertLess(self.server.resident_bytes() - before, SLOW_BYTES_MAX)

    def test_ten_thousand_idle_connections(self):
        before = self.server.resident_bytes()
        opened, let_go = multiprocessing.Queue(), multiprocessing.Event()
        each = IDLE_CONNECTIONS // IDLE_PROCESSES
        processes = [multiprocessing.Process(
            target=open_idle, args=(self.server.port, each, opened, let_go))
            for _ in range(IDLE_PROCESSES)]
        for process in processes:
            process.start()
        try:
            self.assertEqual([opened.get(timeout=TIME_LIMIT_S) for _ in processes],
                             [each] * IDLE_PROCESSES)
            grown = self.server.resident_bytes() - before
            self.assertLess(grown, IDLE_CONNECTIONS * BYTES_PER_CONNECTION_MAX)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                began = time.monotonic()
                clients = [Client(self.server, "investigation", self.investigator.token)
                           for _ in range(8)]
                answers = list(pool.map(lambda one: one.ask("case_list").status, clients))
                self.assertEqual(answers, [200] * 8)
                self.assertLess(time.monotonic() - began, OTHERS_WAIT_S_MAX)
            let_go.set()
            ended = sum(opened.get(timeout=TIME_LIMIT_S) for _ in processes)
            print(f"{grown >> 20} MiB for {IDLE_CONNECTIONS - ended} open connections", end=" ")
        finally:
            let_go.set()
            for process in processes:
                process.join()


if __name__ == "__main__":
    unittest.main()
