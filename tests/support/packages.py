"""Programs of real servers for the tests: installed already, else by apt as root, else one clear line."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from ctypes.util import find_library
from pathlib import Path
from typing import Final

import pytest

_POLICY: Final = Path("/usr/sbin/policy-rc.d")  # asked by every package before it starts a service; 101 = no
_SEARCH_PATH: Final = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/rabbitmq/bin"


def program(name: str, package: str) -> Path:
    """Return the path of a program, installing its Debian package when we are root; fails the test run otherwise."""
    path = find_program(name)
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install([package])
        path = find_program(name)
    if path is None:
        pytest.fail(f"{name} is not installed: sudo apt-get install -y {package}", pytrace=False)
    return path


def shared_library(name: str, package: str) -> None:
    """Make sure that a shared library of the system is there, in the same way."""
    if find_library(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install([package])
    if find_library(name) is None:
        pytest.fail(f"lib{name} is not installed: sudo apt-get install -y {package}", pytrace=False)


def find_program(name: str) -> Path | None:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SEARCH_PATH}")
    return Path(found) if found else None


def apt_install(packages: Sequence[str]) -> None:
    """Install Debian packages without letting them start a service."""
    ours = not _POLICY.exists()
    if ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
    try:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=env, capture_output=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            check=True,
            env=env,
            capture_output=True,
        )
    finally:
        if ours:
            _POLICY.unlink(missing_ok=True)
