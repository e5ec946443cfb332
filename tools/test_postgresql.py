#!/usr/bin/python3
"""Starts or stops a private PostgreSQL server for tests: a fresh folder, a Unix socket, no port.

    tools/test_postgresql.py start|start-durable|restart|stop STATE_FILE

STATE_FILE then holds the folder of the socket; user and first database are "cairn" and "postgres".
Commits are not synced, since it is processes that are killed in tests, not machines; start-durable
is for benchmarks, which must not leave that out. restart starts one that was killed, as it was.
"""

import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
    # A server that was killed syncs its files before it goes on: all at once.
    "recovery_init_sync_method": "syncfs",
}


def run(program, *arguments):
    """PostgreSQL refuses to run as root: then as the user that its package made."""
    command = [PROGRAMS / program, *arguments]
    if os.getuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        sys.exit(f"test_postgresql.py: {program} failed:\n{done.stdout}{done.stderr}")


def start(state, durable=False):
    stop(state)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-postgresql-"))
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    run("initdb", "-D", data, "-U", "cairn", "--auth=trust", "--no-sync", "--encoding=UTF8",
        "--locale=C")
    chosen = {**SETTINGS, "fsync": "on" if durable else "off"}
    settings = " ".join(f"-c {name}='{value}'" for name, value in chosen.items())
    # Its output goes to the log: a pipe that the server inherits would never end.
    run("pg_ctl", "start", "-w", "-D", data, "-l", folder / "log",
        "-o", f"{settings} -c unix_socket_directories='{folder}'")
    state.write_text(str(folder))


def restart(state):
    folder = pathlib.Path(state.read_text())
    run("pg_ctl", "restart", "-w", "-D", folder / "data", "-l", folder / "log")


def stop(state):
    if not state.exists():
        return
    folder = pathlib.Path(state.read_text())
    if (folder / "data" / "postmaster.pid").exists():
        run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", folder / "data")
    shutil.rmtree(folder, ignore_errors=True)
    state.unlink()


def main():
    commands = {"start": start, "start-durable": lambda state: start(state, True),
                "restart": restart, "stop": stop}
    if len(sys.argv) != 3 or sys.argv[1] not in commands:
        sys.exit("usage: tools/test_postgresql.py start|start-durable|restart|stop STATE_FILE")
    commands[sys.argv[1]](pathlib.Path(sys.argv[2]))


if __name__ == "__main__":
    main()
