"""Where lxcfs's folder may be: the agent lays files over what is in it, and covers all of it when it ends."""

import pytest

from webhook.policy import Policy
from webhook.policy.contradictions import contradictions

EXAMPLE = "write for example /var/lib/richpod/lxcfs"


def said(path: str) -> list[str]:
    """The sentences against a policy with this folder."""
    return [f"{'.'.join(map(str, at))}: {why}" for at, why in contradictions(Policy.model_validate({"lxcfs": {"path": path}}))]


@pytest.mark.parametrize(
    ("path", "tree"),
    [
        *((path, path) for path in ("/etc", "/proc", "/usr", "/var/lib/kubelet", "/var/lib/etcd", "/run/containerd")),
        ("/etc/kubernetes", "/etc"),
        ("/usr/lib", "/usr"),
        ("/var/lib/kubelet/pods", "/var/lib/kubelet"),
        ("/var/lib/docker/overlay2", "/var/lib/docker"),
        ("/var/run/lxcfs", "/var/run"),
        *(
            (f"{before}/proc{after}", "/proc")
            for before, after in [("/", ""), ("/.", ""), ("", "/"), ("/srv/..", "/1"), ("//", "/")]
        ),
    ],
)
def test_lxcfs_stays_out_of_what_the_node_lives_by_however_it_is_written(path: str, tree: str) -> None:
    assert said(path) == [f"lxcfs.path: belongs to the node: all of {tree} does; {EXAMPLE}"]


@pytest.mark.parametrize("path", ["/", "//", "/.", "/home", "/mnt/", "/opt", "/root", "/run", "/var", "/var//lib"])
def test_lxcfs_has_a_folder_of_its_own(path: str) -> None:
    (sentence,) = said(path)
    assert sentence.endswith(f" is not for lxcfs alone; {EXAMPLE}")


@pytest.mark.parametrize(
    "path", ["/var/lib/lxcfs", "/lx", "/opt/lxcfs", "/run/lxcfs", "/etcetera", "/mnt/usr", "/var/lib/kubelet-lxcfs"]
)
def test_lxcfs_may_have_a_folder_beside_them(path: str) -> None:
    assert said(path) == []


@pytest.mark.parametrize("path", ["//srv/lx", "/srv//lx", "/srv/./lx", "/srv/lx/", "/opt/../srv/lx"])
def test_a_folder_is_written_as_the_kernel_shows_it(path: str) -> None:
    """The agent finds its mounts by it."""
    assert said(path) == ["lxcfs.path: is a longer way to write /srv/lx; write that"]
