"""A TLS server for tests: one port on the loopback for each certificate.

    https_server.py FOLDER NAME...

NAME.pem in FOLDER holds a key and a certificate. Prints the ports on one line once it listens, and
ends with its standard input. /good answers; /echo answers with what it was sent,
/digest with its SHA-256; /redirect, /large,
/slow and /headers do what a client must not bear.
"""

import hashlib
import http.server
import pathlib
import ssl
import sys
import threading
import time

LARGE_BYTES = (1 << 20) + 1
SLOW_SECONDS = 30


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/good":
            self.answer(b"good", headers=[("ETag", '"r7"')])
        elif self.path == "/redirect":
            self.answer(b"", 302, [("Location", "/good")])
        elif self.path == "/large":
            self.answer(b"x" * LARGE_BYTES)
        elif self.path == "/headers":
            self.answer(b"", 200, [(f"X-{number}", "y" * 50000) for number in range(22)])
        elif self.path == "/slow":
            time.sleep(SLOW_SECONDS)
        else:
            self.answer(b"", 404)

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/digest":
            self.answer(hashlib.sha256(sent).hexdigest().encode())
            return
        login = self.headers.get("Authorization", "none")
        kind = self.headers["Content-Type"]
        self.answer(f"{self.path} {login} {kind} {sent.decode()}".encode(), 400)

    do_PUT = do_POST

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Clients that hang up are what the tests are about."""


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    ports = []
    for name in names:
        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"{name}.pem")
        # The handshake belongs to the thread of the connection, not to that which accepts.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ports.append(str(server.server_address[1]))
    print(" ".join(ports), flush=True)
    sys.stdin.read()


main()
