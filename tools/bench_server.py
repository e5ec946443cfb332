#!/usr/bin/python3
"""Times a server over TLS on one core: reads at a steady rate, and events to many listeners.

    tools/bench_server.py BIN_DIR [--seconds N] [--rate N] [--records sqlite|postgresql]

Reads: 1,000 connections that stay open get one case each second, authorised and put on record; wrk
asks. Prints the latencies, and that of fdatasync on the same disk in the same time: the goal is a
99th percentile below 5 ms + 2 x that of fdatasync, in less than 150 MB. Events: cases are opened,
and 500 WebSockets hear of each; the goal is a 99th percentile below 1 s. The server has the first
core for itself; wrk, PostgreSQL and this program have the others.
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import selectors
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONNECTIONS = 1_000
# One user may ask 50 times a second.
USERS = 25
LISTENERS = 500
EVENTS = 60
EVENTS_PER_SECOND = 5
RESIDENT_BYTES_MAX = 150_000_000
EVENT_SECONDS_MAX = 1.0
# Before the first request all connections have shaken hands.
WARM_UP_MS = 8_000
# Each connection asks, waits for the answer and then for the rest of its time; they begin one
# after another.
LUA = """
local tokens = {%(tokens)s}
local at = 0
local requests = {}
function init()
  for i, token in ipairs(tokens) do
    requests[i] = wrk.format("GET", "/api/v1/cases/%(case)s", {["Host"] = wrk.headers["Host"],
      ["Authorization"] = "Bearer " .. token, ["Cairn-Purpose"] = "investigation"})
  end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
local waits = 0
function delay()
  waits = waits + 1
  if waits <= %(connections)d then
    return %(warm_up)d + math.random(0, %(period)d)
  end
  return %(period)d
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("measured %%d %%d %%d %%d %%d %%d %%d\\n", summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), latency.max, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def cores():
    """(the server's, those of all others)"""
    all_cores = sorted(os.sched_getaffinity(0))
    return {all_cores[0]}, set(all_cores[1:]) or {all_cores[0]}


@contextlib.contextmanager
def running_on(chosen):
    """What is started within stays on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class DiskProbe(threading.Thread):
    """How long fdatasync of a small write takes while others work."""

    def __init__(self, folder):
        super().__init__()
        self.path = folder / "probe"
        self.ended = threading.Event()
        self.seconds = []

    def run(self):
        with self.path.open("wb", buffering=0) as probe:
            while not self.ended.wait(0.02):
                probe.write(b"x" * 4096)
                began = time.monotonic()
                os.fdatasync(probe.fileno())
                self.seconds.append(time.monotonic() - began)

    def stop(self):
        self.ended.set()
        self.join()
        return percentile(self.seconds, 0.99)


class World:
    """A server with people who are signed in, and one case that all of them may see."""

    def __init__(self, folder, records, own, others):
        from contract_story import Story
        from installation import Installation
        from postgresql import PostgresqlServer
        self.stack = contextlib.ExitStack()
        place = None
        if records == "postgresql":
            with running_on(others):
                place = PostgresqlServer(folder, durable=True)
            self.stack.callback(place.tool, "stop")
        self.server = Installation(folder, postgresql=place)
        self.stack.callback(self.server.stop)
        with running_on(own):
            self.server.start()
        story = Story(self.server)
        story.first_agency(())
        people = [story.admin.make("user_add", body={
            "login": f"person-{one}", "name": "Somebody", "roles": ["investigator"]})
            for one in range(USERS)]
        invitations = [story.admin.do("user_invite", {"user": user}).json()["token"]
                       for user in people]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.people = list(pool.map(self.accept, enumerate(invitations)))
        self.case = self.people[0].make("case_open", body={"title": "Read by all"})
        self.people[-1].do("case_show", {"case": self.case})

    def accept(self, numbered):
        from installation import Client
        number, invitation = numbered
        return Client(self.server, "investigation").accept("Agency A", f"person-{number}",
                                                           invitation)


def ask(world, folder, seconds, rate, others):
    """wrk's figures: (requests a second, p50, p99, longest, wrong answers, those that did not come
    within 2 s); times in seconds."""
    script = folder / "reads.lua"
    period = round(1000 * CONNECTIONS / rate) - 5  # an answer takes some milliseconds, too
    tokens = ", ".join(f'"{one.token}"' for one in world.people)
    script.write_text(LUA % {"tokens": tokens, "case": world.case, "connections": CONNECTIONS,
                             "warm_up": WARM_UP_MS, "period": period})
    script.chmod(0o600)
    with running_on(others):
        done = subprocess.run(
            ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d",
             f"{seconds + WARM_UP_MS // 1000}s", "-s", script,
             f"https://localhost:{world.server.port}"], capture_output=True, text=True, check=False)
    measured = re.search(r"^measured" + r" (\d+)" * 7 + "$", done.stdout, re.MULTILINE)
    if measured is None:
        sys.exit(f"bench_server.py: wrk failed:\n{done.stdout}{done.stderr}")
    count, duration, middle, high, longest, wrong, missing = map(int, measured.groups())
    asking = duration / 1e6 - (WARM_UP_MS + period / 2) / 1e3
    return count / asking, middle / 1e6, high / 1e6, longest / 1e6, wrong, missing


def bench_reads(world, folder, seconds, rate, others):
    probe = DiskProbe(folder)
    probe.start()
    reached, middle, high, longest, wrong, missing = ask(world, folder, seconds, rate, others)
    disk = probe.stop()
    goal = 0.005 + 2 * disk
    resident = world.server.resident_bytes()
    print(f"  reads: {reached:,.0f} a second over {CONNECTIONS:,} connections, {wrong} wrong, "
          f"{missing} missing; p50 {middle * 1e3:.1f} ms, p99 {high * 1e3:.1f} ms, longest "
          f"{longest * 1e3:.1f} ms")
    print(f"         fdatasync p99 {disk * 1e3:.1f} ms: goal {goal * 1e3:.1f} ms, "
          f"{'met' if high < goal else 'MISSED'}; {resident / 1e6:.0f} MB resident, "
          f"{'met' if resident < RESIDENT_BYTES_MAX else 'MISSED'}")


class Listeners:
    """WebSockets whose events are taken as they come."""

    def __init__(self, world):
        from web_socket import WebSocket
        self.selector = selectors.DefaultSelector()
        self.sockets = [WebSocket(world.server, world.people[one % USERS].token)
                        for one in range(LISTENERS)]
        for one in self.sockets:
            one.socket.setblocking(False)
            self.selector.register(one.socket, selectors.EVENT_READ, one)
        self.heard = []  # (case, when)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            for key, _ in self.selector.select(0.1):
                now = time.monotonic()
                try:
                    while piece := key.data.socket.recv(65536):
                        key.data.come += piece
                except ssl.SSLWantReadError:
                    pass
                for case in re.findall(rb'"case":"([0-9a-f]{32})"', key.data.come):
                    self.heard.append((case.decode(), now))
                # Frames are short and come whole.
                key.data.come = b""

    def stop(self):
        self.ended.set()
        self.thread.join()
        for one in self.sockets:
            one.close()


def bench_events(world):
    listeners = Listeners(world)
    began = {}
    for number in range(EVENTS):
        person = world.people[number % USERS]
        asked = time.monotonic()
        began[person.make("case_open", body={"title": f"Case {number}"})] = asked
        time.sleep(max(0, 1 / EVENTS_PER_SECOND - (time.monotonic() - asked)))
    deadline = time.monotonic() + 30
    while len(listeners.heard) < EVENTS * LISTENERS and time.monotonic() < deadline:
        time.sleep(0.1)
    listeners.stop()
    times = [when - began[case] for case, when in listeners.heard]
    high = percentile(times, 0.99)
    print(f"  events: {EVENTS} to {LISTENERS} listeners, {len(times):,} heard; from the request on "
          f"p50 {percentile(times, 0.5) * 1e3:.0f} ms, p99 {high * 1e3:.0f} ms, "
          f"{'met' if high < EVENT_SECONDS_MAX and len(times) == EVENTS * LISTENERS else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--records", choices=("sqlite", "postgresql"), action="append")
    arguments = parser.parse_args()
    if arguments.seconds <= WARM_UP_MS / 1e3 + CONNECTIONS / arguments.rate:
        sys.exit("bench_server.py: in so few seconds not every connection asks: give more")
    if not shutil.which("wrk"):
        sys.exit("bench_server.py: wrk is missing: run tools/install_packages.sh bench")
    os.environ["CAIRN_BIN"] = str(arguments.bin.resolve())
    sys.path.insert(0, str(ROOT / "tests/e2e"))
    own, others = cores()
    print(f"server on core {min(own)}, all else on {', '.join(map(str, sorted(others)))}")
    for records in arguments.records or ("sqlite", "postgresql"):
        print(records)
        with tempfile.TemporaryDirectory(prefix="cairn-bench-", dir=ROOT / "build") as name:
            folder = pathlib.Path(name)
            world = World(folder, records, own, others)
            with world.stack:
                bench_reads(world, folder, arguments.seconds, arguments.rate, others)
                bench_events(world)


if __name__ == "__main__":
    main()
