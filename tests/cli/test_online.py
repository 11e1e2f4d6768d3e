"""`richpod online` and `richpod offline`: what is said before any cluster is asked."""

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("verb", ["online", "offline"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deployment/web"], "deployment/web: only a pod can be switched: write pod/NAME"),
        (["shop/web"], "shop/web: only a pod can be switched: write pod/NAME"),
        (["pod/"], "pod/: '' is no name of a pod"),
        (["pod/.."], "pod/..: '..' is no name of a pod"),
        (["web?x"], "web?x: 'web?x' is no name of a pod"),
        (["Web"], "Web: 'Web' is no name of a pod"),
        ([], "the following arguments are required: POD"),
        (["web", "-n", "No Name"], "'No Name' is no name of a namespace"),
        (["web", "--context", "nowhere"], "no cluster to talk to"),
    ],
)
def test_what_is_no_pod_ends_with_2(richpod: Run, verb: str, words: list[str], said: str) -> None:
    ran = richpod(verb, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
