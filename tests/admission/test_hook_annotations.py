"""What pods say of hooks in annotations: how it is read, and how it goes with what the profile says."""

import json
from copy import deepcopy

import pytest

from tests.admission.hooked import options, policy, sidecar, spec_of
from tests.reviews import answer, context, patched, pod
from webhook.admission.pipeline import mutate


def test_hooks_of_the_administrator_come_before_those_of_the_pod() -> None:
    words = options(spec_of({"preonline": ["/base"], "timeout": 9}, preonline='["/own", "word"]'))
    assert words.index("/base") < words.index("/own")
    assert words[words.index("/own") - 1] == "preonline:9:2"


def test_a_pod_takes_back_a_hold_of_its_profile() -> None:
    assert "--hold" not in options(spec_of({"online": "hold", "prestart": ["/up"]}, online="auto"))


def test_what_there_is_one_of_takes_the_place_of_the_profiles() -> None:
    profile = {"checkUrl": "http://:1/base", "onlineFile": "/srv/base", "checkSuccesses": 3}
    spec = spec_of(profile, check_url="https://shop:8443/own", online_file="/srv/own", online="hold")
    words = options(spec)
    assert (words[words.index("--online-file") + 1], "--hold" in words) == ("/srv/own", True)
    assert sidecar(spec)["command"][-4:] == ["--check", "https://shop:8443/own", "--successes", "3"]


@pytest.mark.parametrize("text", ["/opt/up", '["/opt/up"]', '["/opt/my app/up", "", "a\\nb"]', "/opt/über", "/" + "x" * 4_095])
@pytest.mark.parametrize("kind", ["prestart", "preonline", "postoffline", "poststop"])
def test_a_hook_is_a_path_or_a_list_of_words(kind: str, text: str) -> None:
    argv = json.loads(text) if text.startswith("[") else [text]
    words = options(spec_of(**{kind: text}))
    at = words.index(argv[0])
    assert words[at - 2 : at + len(argv)] == ["--hook", f"{kind}:30:{len(argv)}", *argv]


@pytest.mark.parametrize("text", ['["/opt/my app/up"]', '[ "/opt/up" ]', '["/opt/up","a\\tb"]'])
def test_words_of_a_list_may_hold_blanks(text: str) -> None:
    assert json.loads(text)[0] in options(spec_of(prestart=text))


PROGRAM = """never runs, write /PATH or '["/PATH","ARG"]'"""
FILE = "write the absolute path of a file, for example /srv/www/online"
OWN = "is in richpod's own folder: write another, for example /srv/www/online"
URL = "write a URL like http://:8080/healthz, of at most 2000 characters"
ALONE = "never runs, a path alone has no arguments"


@pytest.mark.parametrize(
    ("key", "text", "sentence", "meant"),
    [
        ("prestart", "up.sh", PROGRAM, ""),
        ("prestart", "", PROGRAM, ""),
        ("prestart", "/", PROGRAM, ""),
        ("prestart", "/opt/", PROGRAM, ""),
        ("prestart", "/opt/up\r", PROGRAM, ""),
        ("prestart", "[]", PROGRAM, ""),
        ("prestart", "[", PROGRAM, ""),
        ("prestart", "{}", PROGRAM, ""),
        ("prestart", '["up.sh"]', PROGRAM, ""),
        ("prestart", '["/opt/"]', PROGRAM, ""),
        ("prestart", '["/opt/up\\n"]', PROGRAM, ""),
        ("prestart", '["/up", 5]', PROGRAM, ""),
        ("prestart", '["/up", "\\u0000"]', PROGRAM, ""),
        ("prestart", "/" + "x" * 4_096, PROGRAM, ""),
        ("prestart", "/" + "x" * 9_000, "never runs, is longer than 8192 characters", ""),
        ("prestart", '["/up"' + ',"x"' * 100 + "]", "never runs, has more than 100 words", ""),
        ("preonline", "/warm up", ALONE, """'["/warm","up"]'"""),
        ("postoffline", "/leave\n", ALONE, """'["/leave"]'"""),
        ("poststop", "/tidy\t-x", ALONE, """'["/tidy","-x"]'"""),
        ("check-url", "ftp://:21/", URL, ""),
        ("check-url", "http://:8080/" + "x" * 2000, URL, ""),
        ("check-url", "http://:99999/", "99999 is no port: write a number from 1 to 65535", ""),
        ("online-file", "srv/on", FILE, ""),
        ("online-file", "/srv/", FILE, ""),
        ("online-file", "/srv/\n", FILE, ""),
        ("online-file", "/srv/on\n", FILE, ""),
        ("online-file", "/" + "x" * 4_096, FILE, ""),
        ("online-file", "//.richpod-state/app/generation", OWN, ""),
        ("online-file", "/srv/../.richpod/bin/launch", OWN, ""),
        ("online", "off", "write auto or hold", ""),
        ("online", "held", "write auto or hold", "hold"),
    ],
)
def test_a_mistake_is_told_and_the_profile_holds(key: str, text: str, sentence: str, meant: str) -> None:
    sent, entry = pod(annotations={f"richpod.io/{key}": text}), context(policy({"prestart": ["/base"]}))
    told = next(verdict for verdict in mutate(deepcopy(sent), "shop", entry).verdicts if verdict.feature == "hooks")
    assert (told.outcome, told.reason) == ("skipped", "bad-value")
    quoted = text if len(text) <= 14 else f"{text[:13]}…"
    assert told.sentence == f"{key} {quoted!r}: {sentence}; the profile's choice holds"
    assert told.fix == (f"richpod.io/{key}: {meant}" if meant else "")
    assert answer(sent, entry)["auditAnnotations"]["hooks"] == "skipped: bad-value; applied"
    assert options(patched(sent, entry)["spec"])[2:5] == ["--hook", "prestart:30:1", "/base"]


@pytest.mark.parametrize("kind", ["prestart", "preonline", "postoffline", "poststop"])
def test_r55_a_warning_says_that_a_hook_never_runs_and_what_to_write_whole(kind: str) -> None:
    """Whatever the names are; kubectl prints no more."""
    sent = pod(annotations={f"richpod.io/{kind}": "bin/prepare-the-database.sh"})
    sent["metadata"]["generateName"] = "w" * 60
    (warning,) = answer(sent, context(policy()))["warnings"]
    told = f"""hooks skipped: {kind} 'bin/prepare-t…': never runs, write /PATH or '["/PATH","ARG"]'"""
    assert warning.startswith("richpod www")
    assert told in warning
