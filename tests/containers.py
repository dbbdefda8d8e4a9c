"""What the Docker daemon holds of a driver's, and which processes of the host that is."""

import contextlib
import os
from typing import Any

import docker
from docker.errors import NotFound
from processes import Process, descendants

from grader.sandbox.base import Driver
from grader.sandbox.docker import SANDBOX, Docker


def client() -> Any:
    return docker.APIClient(base_url=os.environ.get("DOCKER_HOST"), version="auto")


def containers(label: str = SANDBOX) -> list[str]:
    """Ids of the containers with a label, running or not."""
    api = client()
    try:
        return [found["Id"] for found in api.containers(all=True, filters={"label": label})]
    finally:
        api.close()


def of(driver: Docker) -> list[str]:
    return containers(f"{SANDBOX}={driver.id}")


def running(driver: Driver) -> set[Process]:
    """Every process in the pairs of a driver (and more of this process's, with bubblewrap)."""
    if not isinstance(driver, Docker):
        return descendants()
    first: list[int] = []
    api = client()
    try:
        for id in of(driver):
            with contextlib.suppress(NotFound):  # it has ended, and is gone
                first.append(api.inspect_container(id)["State"]["Pid"])
    finally:
        api.close()
    return {process for pid in first if pid for process in descendants(pid, itself=True)}
