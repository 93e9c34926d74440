"""Three MariaDB nodes that are one Galera cluster, on loopback and in a temporary folder; gone afterwards."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import pymysql

from tests import mariadb

NODES = 3
START_SECONDS = 120
PROVIDERS = (
    "/usr/lib/galera/libgalera_smm.so",
    "/usr/lib64/galera-4/libgalera_smm.so",
    "/usr/lib/libgalera_smm.so",
)
# As root the copying rsync drops to nobody, who may not read the data: so the servers do not run as root.
OTHER_ACCOUNT = "mysql"
# Replication keeps the data: losing a second of one node's log is no loss.
SETTINGS = (
    "--binlog-format=ROW",
    "--innodb-autoinc-lock-mode=2",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--performance-schema=OFF",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
)


def provider() -> str | None:
    return next((path for path in PROVIDERS if Path(path).exists()), None)


def missing_reason() -> str | None:
    """Why there can be no cluster here; None when there can."""
    if reason := mariadb.missing_reason():
        return reason
    if provider() is None:
        return "Galera is not installed (Debian: apt install galera-4)."
    if mariadb.program("rsync") is None or mariadb.program("wsrep_sst_rsync") is None:
        return "A new node is filled by rsync, which is not installed (Debian: apt install rsync)."
    return None


class Cluster:
    """Nodes 0, 1 and 2. Each may be killed and started again while the others go on."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lightblog-galera-"))
        ports = free_ports(4 * NODES)
        self.nodes = [Node(self.folder / f"node{number}", *ports[number::NODES]) for number in range(NODES)]
        self.address = "gcomm://" + ",".join(f"127.0.0.1:{node.group_port}" for node in self.nodes)
        own(self.folder)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()

    def start(self) -> None:
        """Let the first node found the cluster and the others join, one after the other: it fills one at a time."""
        shutil.copytree(mariadb.template(), self.nodes[0].data)
        self.nodes[0].start("gcomm://")
        for node in self.nodes[1:]:
            node.start(self.address)

    def kill(self, number: int) -> None:
        """End a node as if its power went; returns at once, the others need some seconds to notice."""
        self.nodes[number].end(signal.SIGKILL)

    def rejoin(self, number: int) -> None:
        """Start a node that was killed or stopped; returns when it has all that the others have."""
        # MariaDB 10.11 keeps this file of a killed node through the copying and undoes by it the statement under way
        # at the kill: the table that the copy has just brought is dropped, and the node lacks it from then on (seen).
        (self.nodes[number].data / "ddl_recovery.log").unlink(missing_ok=True)
        self.nodes[number].start(self.address)

    def stop(self, number: int) -> None:
        self.nodes[number].end(signal.SIGTERM)

    def remove(self) -> None:
        for node in self.nodes:
            node.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, number: int, database: str | None = None) -> "pymysql.Connection":
        return self.nodes[number].connect(database)

    def url(self, number: int, database: str) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{self.nodes[number].port}/{database}?charset=utf8mb4"

    def create_database(self, name: str) -> None:
        with self.living().connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def living(self) -> "Node":
        return next(node for node in self.nodes if node.process is not None)

    def size(self) -> int:
        return int(self.living().status("wsrep_cluster_size"))


class Node:
    """One server: ``port`` for SQL, the others for the cluster, for a full copy and for a catch-up."""

    def __init__(self, folder: Path, port: int, group_port: int, copy_port: int, catch_up_port: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port, self.group_port = port, group_port
        self.copy_port, self.catch_up_port = copy_port, catch_up_port
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    def start(self, cluster: str) -> None:
        self.data.mkdir(exist_ok=True)
        own(self.folder)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(cluster),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that a kill takes the programs with it that copy for the server
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_synced():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end(signal.SIGKILL)
                raise RuntimeError(f"The node did not start:\n{(self.folder / 'log').read_text()[-5000:]}")
            time.sleep(0.05)

    def command(self, cluster: str) -> list[str]:
        address = f"127.0.0.1:{self.group_port}"
        options = f"gmcast.listen_addr=tcp://{address};ist.recv_addr=127.0.0.1:{self.catch_up_port};gcache.size=32M"
        return [
            mariadb.program("mariadbd", "mysqld") or "",
            "--no-defaults",
            f"--datadir={self.data}",
            f"--tmpdir={self.folder}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--wsrep-on=ON",
            f"--wsrep-provider={provider()}",
            "--wsrep-cluster-name=lightblog",
            f"--wsrep-cluster-address={cluster}",
            f"--wsrep-node-address={address}",
            f"--wsrep-node-name={self.folder.name}",
            "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address=127.0.0.1:{self.copy_port}",
            f"--wsrep-provider-options={options}",
            *([f"--user={OTHER_ACCOUNT}"] if os.geteuid() == 0 else []),
            *SETTINGS,
        ]

    def connect(self, database: str | None = None) -> "pymysql.Connection":
        """A connection past the app; commits by itself."""
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=database, charset="utf8mb4", autocommit=True
        )

    def status(self, name: str) -> str:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE %s", (name,))
            return cursor.fetchone()[1]

    def is_synced(self) -> bool:
        try:
            return self.status("wsrep_local_state_comment") == "Synced" and self.status("wsrep_ready") == "ON"
        except pymysql.err.MySQLError:
            return False

    def end(self, how: signal.Signals) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                os.killpg(self.process.pid, how)
                self.process.wait(START_SECONDS)
            self.process = None


def own(folder: Path) -> None:
    """Give all of a folder to the account that the servers run as."""
    if os.geteuid() == 0:
        account = pwd.getpwnam(OTHER_ACCOUNT)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)


def free_ports(count: int) -> list[int]:
    """Ports below those that systems hand out, since a peer that tries to reach a dead node could be given its port."""
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < count:
            probe = stack.enter_context(socket.socket())
            port = random.randint(15_000, 30_000)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    return found
