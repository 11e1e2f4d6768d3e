"""What upstreams and grants of a policy must agree on: each variable has a value, and no two grants are one entry."""

from collections.abc import Collection, Iterator, Mapping

from webhook.nearest import nearest
from webhook.policy import authorities
from webhook.policy.gateway import VARIABLES, Call, Gateway, Grant, Upstream, is_variable, strings, unfilled, variables
from webhook.policy.section import Contradiction
from webhook.policy.text import stays_within

Place = tuple[str | int, ...]

_NOT_FILLED = "is not filled in: variables stand in the URL and in values of the body"


def unfit(gateway: Gateway, grants: dict[str, Grant]) -> Iterator[Contradiction]:
    values: dict[str, dict[str, None]] = {}
    for grant in grants.values():
        if grant.upstream is not None:
            values.setdefault(grant.upstream, {}).update(dict.fromkeys(grant.values))
    for name, upstream in gateway.upstreams.items():
        yield from _unfit_upstream(("gateway", "upstreams", name), upstream, values.get(name))
    for name, grant in grants.items():
        yield from _unfit_grant(("grants", name), grant, gateway.upstreams)
        if grant.upstream in gateway.upstreams:
            yield from _unfit_values(("grants", name), grant, gateway.upstreams[grant.upstream], values[grant.upstream])


def _unfit_upstream(place: Place, upstream: Upstream, values: Collection[str] | None) -> Iterator[Contradiction]:
    """`values`: those of all its grants; None where it has none, so that nobody can tell which there will be."""
    if upstream.ca and (sentence := authorities.unread(upstream.ca)):
        yield Contradiction((*place, "ca"), sentence)
    known = (*VARIABLES, *(values or ()))
    for verb, call in _calls(upstream):
        for text in call.texts():
            if left := unfilled(text):
                yield Contradiction((*place, verb), f"{left} is no variable, and would be sent as it stands; write ${{NAME}}")
        for variable in _named(call):
            if values is not None and variable not in known:
                sentence = (
                    f"names {variable}, which is none of {', '.join(VARIABLES)}, nor a value of a grant{nearest(variable, known)}"
                )
                yield Contradiction((*place, verb), sentence)
        for text in (*strings(call.answer), *_keys(call.body)):
            if "${" in text:
                yield Contradiction((*place, verb), f"{text} {_NOT_FILLED}")
        if "address" not in _named(call):
            yield Contradiction((*place, verb), "names no ${address}: every pod would be the same entry")
    for header, text in upstream.headers.items():
        if "${" in text:
            yield Contradiction((*place, "headers", header), _NOT_FILLED)
    if coarse := _told_apart(upstream.grant) & set(known) - set(_named(upstream.revoke)):
        sentence = f"its revoke call does not name {min(coarse)}, so that it would take back other grants' entries, too"
        yield Contradiction((*place, "revoke"), sentence)


def _unfit_grant(place: Place, grant: Grant, upstreams: Mapping[str, Upstream]) -> Iterator[Contradiction]:
    if (grant.upstream is None) == (not grant.ports):
        yield Contradiction(place, "names an upstream or ports; write one of them")
    if hidden := sorted(set(grant.values) & set(VARIABLES)):
        yield Contradiction((*place, "values"), f"{hidden[0]} is the pod's own; give it another name")
    for name in grant.values:
        if not is_variable(name):
            yield Contradiction((*place, "values", name), "should be a name of letters and digits, for example rule")
    if grant.upstream is not None and grant.upstream not in upstreams:
        sentence = f"{grant.upstream!r} is not defined under gateway.upstreams{nearest(grant.upstream, upstreams)}"
        yield Contradiction((*place, "upstream"), sentence)


def _unfit_values(place: Place, grant: Grant, upstream: Upstream, known: Collection[str]) -> Iterator[Contradiction]:
    """`known`: the values of all grants of the upstream; a variable that is none of them is a mistake of the call."""
    named = {variable: verb for verb, call in _calls(upstream) for variable in reversed(_named(call))}
    for variable, verb in named.items():
        if variable in known and variable not in grant.values:
            sentence = f"lacks {variable}, which the {verb} call of {grant.upstream} names{nearest(variable, grant.values)}"
            yield Contradiction((*place, "values"), sentence)
    in_urls = {*variables(upstream.grant.url), *variables(upstream.revoke.url)}
    for variable, value in grant.values.items():
        if is_variable(variable) and variable not in (*named, *VARIABLES):
            sentence = f"is named by no call of {grant.upstream}{nearest(variable, named)}"
            yield Contradiction((*place, "values", variable), sentence)
        # A line break that slipped in would be another entry, which is in nobody's list.
        if variable in in_urls and not value.isprintable():
            sentence = "stands in a URL, and has a line break or another character that cannot be printed; write it on one line"
            yield Contradiction((*place, "values", variable), sentence)
        elif variable in in_urls and not stays_within(value):
            sentence = "stands in a URL, and would be another path of it; leave out .. and //"
            yield Contradiction((*place, "values", variable), sentence)


def _calls(upstream: Upstream) -> tuple[tuple[str, Call], ...]:
    return ("grant", upstream.grant), ("revoke", upstream.revoke)


def _named(call: Call) -> list[str]:
    return list(dict.fromkeys(each for text in call.texts() for each in variables(text)))


def _told_apart(call: Call) -> set[str]:
    """What tells the entries of one pod's grants apart."""
    return set(_named(call)) - ({*VARIABLES} - {"grant"})


def _keys(value: object) -> Iterator[str]:
    """Of all maps in a JSON value."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)
