"""The clusters of these tests themselves: they keep apart, and leave nothing."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

import peers

pytestmark = pytest.mark.skipif(bool(peers.absent()), reason=peers.absent() or "-")


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="aetherius-peers-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def left_of(folder, number):
    """Processes that name the folder, the bridge and the cgroups of a place."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in command.read_bytes() and command.parent.name != str(os.getpid()):
                found.append(command.parent.name)
        except OSError:
            pass    # it has just ended
    return found + list(Path("/sys/class/net").glob(f"ae{number}*")) + list(Path("/sys/fs/cgroup").glob(f"*/**/peers-{number}-*"))


def test_two_clusters_never_share_a_place():
    first, second = peers.Place(), peers.Place()
    assert first.port != second.port
    first.leave()
    again = peers.Place()
    assert again.port == first.port
    again.leave()
    second.leave()


def test_what_a_killed_suite_has_left_is_swept(folder):
    place = peers.Place()
    place.leave()
    peers._try("ip", "link", "add", f"ae{place.number}", "type", "bridge")
    os.mkdir(f"/sys/fs/cgroup/freezer/peers-{place.number}-1")
    again = peers.Place()
    again.leave()
    assert again.number == place.number
    assert not left_of(folder, place.number)


def test_a_control_plane_that_does_not_start_leaves_nothing(folder):
    with pytest.raises(RuntimeError, match="kube-apiserver ended"):
        with peers.Clusters(folder, 1, {"PEERS_APISERVER_ARGS": "--no-such-flag"}) as clusters:
            try:
                clusters.up()
            finally:
                number = clusters.all[0].place.number
    assert not left_of(folder, number)


def test_a_node_that_does_not_start_leaves_nothing(folder):
    (folder / "c1/node1/log/init.log").mkdir(parents=True)    # stands in the way of its first process; bridge, relay and cgroups are there by then
    with pytest.raises(RuntimeError, match="node.sh up"):
        with peers.Clusters(folder, 1) as clusters:
            try:
                clusters.up()
            finally:
                number = clusters.all[0].place.number
                assert left_of(folder, number)
    assert not left_of(folder, number)
