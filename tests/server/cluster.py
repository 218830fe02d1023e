"""A PostgreSQL cluster of our own for tests: made in a temporary folder, reached by a socket, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
"""Debian's; empty where PostgreSQL is not installed."""


class Cluster:
    """A running cluster."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        self._count += 1
        name = f"office{self._count}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type] # a name of our own
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql:///{name}?host={quote(str(self._folder), safe='')}&user=postgres"


@contextmanager
def running(*, durable: bool = False) -> Iterator[Cluster]:
    """A cluster while the block runs. PostgreSQL refuses to run as root: then it runs as its own user.

    `durable`: commits wait for the disk, as those of an office do.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    programs = INSTALLED[-1].parent
    as_user = "postgres" if os.geteuid() == 0 else None
    try:
        if as_user:
            os.chown(folder, pwd.getpwnam(as_user).pw_uid, -1)
        data = folder / "data"

        def run(*command: str) -> None:
            subprocess.run(command, check=True, user=as_user, cwd=folder, stdout=subprocess.DEVNULL)

        run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync={'on' if durable else 'off'}"
        control = (str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"))
        run(*control, "-o", options, "start")
        try:
            yield Cluster(folder)
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
