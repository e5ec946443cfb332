"""A real nats-server for tests, on a port of the loopback that it keeps.

    nats_server.py FOLDER

FOLDER holds nats.conf, which may be empty. Obeys lines of standard input: `start` prints the port
once the server listens; `kill` prints a line once it is gone; `freeze` stops it from answering.
Ends, and kills the server, with its standard input.
"""

import json
import pathlib
import signal
import subprocess
import sys
import time

START_SECONDS_MAX = 30


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.port = -1  # the server chooses
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["nats-server", "-a", "127.0.0.1", "-p", str(self.port),
             "-c", self.folder / "nats.conf",
             "--ports_file_dir", self.folder, "-l", self.folder / "nats.log"])
        ports = self.folder / f"nats-server_{self.process.pid}.ports"
        deadline = time.monotonic() + START_SECONDS_MAX
        while not (ports.exists() and ports.read_text()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("nats_server.py: the server did not start: "
                         + (self.folder / "nats.log").read_text())
            time.sleep(0.01)
        self.port = int(json.loads(ports.read_text())["nats"][0].rsplit(":", 1)[1])
        print(self.port, flush=True)

    def kill(self):
        self.process.kill()
        self.process.wait()
        print("killed", flush=True)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        print("frozen", flush=True)


def main():
    server = Server(pathlib.Path(sys.argv[1]))
    commands = {"start": server.start, "kill": server.kill, "freeze": server.freeze}
    try:
        for line in sys.stdin:
            commands[line.strip()]()
    finally:
        if server.process:
            server.process.kill()
            server.process.wait()


main()
