"""Container engines for the tests of the image: started here, stopped here, nothing left running.

Docker is Debian's docker.io on a private socket, unpacked and not installed; podman with runc stands in where
dockerd does not start. Bases are minimal Debian systems made by mmdebstrap; wheels come by their hashes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.hosts import package

BASE_TAG = "gradescope/autograder-base:ubuntu-22.04"
OLD_BASE_TAG = "autograder-old-base:bullseye"


def say(text: str) -> None:
    """Talk on stderr; the table goes to stdout."""
    print(text, file=sys.stderr, flush=True)


def sh(*command: str | Path, timeout_s: float = 600, **options: Any) -> str:
    """Run a command of ours; its output, or an error that shows the end of it."""
    done = subprocess.run(
        [str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=timeout_s, check=False, **options,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(map(str, command))[:300]}\nended with {done.returncode}:\n{done.stdout[-3000:]}"
        )
    return done.stdout


# -- the engine -------------------------------------------------------------------------------------


class Engine:
    """A container engine of our own; ``command`` speaks to it."""

    name = ""
    command: list[str]
    build_options: tuple[str, ...] = ()
    run_options: tuple[str, ...] = ()
    environment: dict[str, str]

    def __call__(self, *arguments: str | Path, timeout_s: float = 600) -> str:
        return sh(*self.command, *arguments, timeout_s=timeout_s, env=os.environ | self.environment)

    def start(self, work: Path) -> None:
        """Start it, or raise."""

    def stop(self) -> None:
        """Stop what was started."""


class Docker(Engine):
    """Debian's docker.io: unpacked, not installed, so that no service is started on this machine."""

    name = "docker"

    def start(self, work: Path) -> None:
        unpacked = work / "engine"
        if not (unpacked / "usr/sbin/dockerd").exists():
            debs = work / "debs"
            debs.mkdir(exist_ok=True)
            sh("apt-get", "download", "docker.io", "containerd", cwd=debs)
            for deb in debs.glob("*.deb"):
                sh("dpkg", "-x", deb, unpacked)
        if not shutil.which("runc") or not shutil.which("iptables"):
            sh("apt-get", "install", "-y", "-qq", "--no-install-recommends", "runc", "iptables")
        self.private = Path(tempfile.mkdtemp(prefix="autograder-engine-"))
        socket = f"unix://{self.private / 'docker.sock'}"
        path = f"{unpacked}/usr/bin:{unpacked}/usr/sbin:{os.environ['PATH']}:/usr/sbin:/sbin"
        self.environment = {"PATH": path, "DOCKER_HOST": socket, "DOCKER_BUILDKIT": "1"}
        self.command = [str(unpacked / "usr/bin/docker")]
        options = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false"]
        places = [
            "--data-root",
            work / "data",
            "--exec-root",
            self.private / "exec",
            "--pidfile",
            self.private / "pid",
        ]
        with (work / "dockerd.log").open("wb") as log:
            self.daemon = subprocess.Popen(
                [str(a) for a in ("dockerd", "--host", socket, *places, *options)],
                env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 40
        while time.monotonic() < end and self.daemon.poll() is None:
            with contextlib.suppress(RuntimeError):
                version = self("version", "--format", "{{.Server.Version}}").strip()
                say(f"engine: docker {version}, pid {self.daemon.pid}")
                return
            time.sleep(0.5)
        self.stop()
        raise RuntimeError(f"dockerd did not start:\n{(work / 'dockerd.log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        shutil.rmtree(self.private, ignore_errors=True)


class Podman(Engine):
    """Debian's podman with runc; no daemon."""

    name = "podman"

    def start(self, work: Path) -> None:
        if not shutil.which("podman") or not shutil.which("runc"):
            sh(
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "podman",
                "runc",
                "netavark",
                "buildah",
            )
        runc = shutil.which("runc", path=os.environ["PATH"] + ":/usr/sbin") or "runc"
        self.command = [
            "podman",
            "--cgroup-manager=cgroupfs",
            "--runtime",
            runc,
            "--root",
            str(work / "podman"),
        ]
        ulimits = (
            "--ulimit",
            "nofile=1024:20000",
            "--ulimit",
            "nproc=4096:4096",
        )  # ours may be lower than its default
        self.build_options, self.run_options = ("--pull-never", *ulimits), ulimits
        self.environment = {}
        say("engine: " + self("--version").strip())


def start_engine(work: Path, wanted: str) -> Engine:
    """Start docker, or else podman; raise with both reasons."""
    reasons = []
    for kind in (Docker, Podman):
        if wanted not in ("any", kind.name):
            continue
        engine = kind()
        try:
            engine.start(work)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            say(f"{kind.name}: cannot be used: {error}")
            reasons.append(f"{kind.name}: {error}")
            continue
        return engine
    raise SystemExit("NO CONTAINER TEST WAS RUN: no engine starts here.\n" + "\n".join(reasons))


def make_base(engine: Engine, work: Path, suite: str = "bookworm", tag: str = BASE_TAG) -> str:
    """Import a minimal Debian, without Python, under a name; returns the name."""
    archive = work / ("base.tar" if suite == "bookworm" else f"base-{suite}.tar")
    if not archive.exists():
        if not shutil.which("mmdebstrap"):
            sh("apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap")
        staging = work / f"{archive.stem}.new.tar"
        sh("mmdebstrap", "--variant=minbase", "--include=ca-certificates", suite, staging)
        staging.rename(archive)
    name = tag if engine.name == "docker" else f"docker.io/{tag}"
    engine("image", "prune", "-f")  # what earlier runs left
    try:
        engine("image", "inspect", name)
    except RuntimeError:
        engine("import", archive, name)
    return name


def fetch_wheels(work: Path) -> Path:
    """Fetch every wheel of the lock, by its hash, with this machine's pip settings."""
    lock = package.IMAGE / "requirements.lock"
    folder, stamp = work / "wheels", work / "wheels.lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        sh(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--require-hashes",
           "-r", lock, "-d", folder)  # fmt: skip
        stamp.write_bytes(lock.read_bytes())
    return folder
