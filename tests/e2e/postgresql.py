"""A private PostgreSQL server for records."""
import os
import pathlib
import signal
import subprocess
import time

from harness import ROOT, TIME_LIMIT_S


class PostgresqlServer:
    """Can be killed as a power cut would; `durable`: syncs its commits, as it must for that."""

    def __init__(self, folder, durable=False):
        self.state = folder / "postgresql"
        self.tool("start-durable" if durable else "start")
        self.folder = pathlib.Path(self.state.read_text())

    def tool(self, command):
        subprocess.run(["/usr/bin/python3", ROOT / "tools/test_postgresql.py", command, self.state],
                       check=True, timeout=TIME_LIMIT_S)

    def location(self, database="postgres", user="cairn"):
        return f"postgresql:///{database}?host={self.folder}&user={user}"

    def sql(self, text, database="postgres"):
        """What the statements give, if anything."""
        done = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U",
                               "cairn", "-d", database, "-c", text], check=True,
                              capture_output=True, text=True, timeout=TIME_LIMIT_S)
        return done.stdout.strip()

    def process(self):
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def kill(self):
        """The server and all that work for it, at once."""
        main = self.process()
        children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for process in (main, *map(int, children)):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        while pathlib.Path(f"/proc/{main}").exists():
            time.sleep(0.01)
