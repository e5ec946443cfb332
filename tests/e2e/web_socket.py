"""A WebSocket (RFC 6455) that sends what it is told to, also what no decent client would."""
import base64
import json
import os
import socket
import ssl
import struct

from harness import TIME_LIMIT_S

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FINAL = 0x80
MASKED = 0x80


class Refused(Exception):
    """The handshake was answered otherwise."""

    def __init__(self, status, text):
        super().__init__(status, text)
        self.status = status


class WebSocket:
    """The events of a server, as the bearer of `token` hears them."""

    def __init__(self, server, token, fields=None, path="/api/v1/events"):
        plain = socket.create_connection(("localhost", server.port), timeout=TIME_LIMIT_S)
        self.socket = server.context.wrap_socket(plain, server_hostname="localhost")
        self.come = b""
        sent = {"Host": f"localhost:{server.port}", "Connection": "Upgrade", "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in
                                            (sent | (fields or {})).items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        head = self.until(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 101:
            self.socket.close()
            raise Refused(status, head)

    def until(self, end):
        while end not in self.come:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("ended within the answer")
            self.come += piece
        found, self.come = self.come.split(end, 1)
        return found

    def exactly(self, count):
        while len(self.come) < count:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("ended within a frame")
            self.come += piece
        found, self.come = self.come[:count], self.come[count:]
        return found

    def send(self, kind, payload=b"", said_size=None, masked=True):
        """One frame; `said_size` is what its header says of the payload's size."""
        size = len(payload) if said_size is None else said_size
        mask = MASKED if masked else 0
        head = bytes([FINAL | kind])
        if size < 126:
            head += bytes([mask | size])
        elif size < 1 << 16:
            head += bytes([mask | 126]) + struct.pack(">H", size)
        else:
            head += bytes([mask | 127]) + struct.pack(">Q", size)
        # A mask of zeros leaves the payload as it is.
        self.socket.sendall(head + (bytes(4) if masked else b"") + payload)

    def frame(self):
        """(kind, payload) of the next."""
        head = self.exactly(2)
        size = head[1]
        if size == 126:
            size = struct.unpack(">H", self.exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.exactly(8))[0]
        return head[0] & 0xF, self.exactly(size)

    def event(self):
        """The next event."""
        while True:
            kind, payload = self.frame()
            if kind == TEXT:
                return json.loads(payload)
            if kind == PING:
                self.send(PONG, payload)
            assert kind in (PING, PONG), (kind, payload)

    def event_of(self, topic):
        """The next event of a topic; those before it are passed over."""
        while True:
            event = self.event()
            if event["topic"] == topic:
                return event

    def end(self):
        """The code with which the server closes; None where it says none. Events before it are
        passed over."""
        code = None
        try:
            while True:
                kind, payload = self.frame()
                if kind == CLOSE:
                    code = struct.unpack(">H", payload[:2])[0] if payload else None
                    self.send(CLOSE, payload)
        except (ConnectionError, ssl.SSLError, BrokenPipeError):
            self.socket.close()
        return code

    def half_close(self):
        """Says that no more will come; SSLSocket.shutdown() would forget its keys."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def close(self):
        self.socket.close()
