"""Where to find Grants: by pod, by application, by entry; the uids of each in the order in which they came."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from webhook.gateway.grants.grant import Grant, Key

Place = tuple[str, Hashable]


class Index:
    def __init__(self, grants: Iterable[Grant] = ()) -> None:
        self._uids: defaultdict[Place, dict[str, None]] = defaultdict(dict)
        self._places: defaultdict[str, set[Place]] = defaultdict(set)
        for grant in grants:
            self.add(grant)

    def add(self, grant: Grant) -> None:
        """Also one that is there already and has more entries now."""
        for place in _places(grant):
            self._uids[place][grant.owner.uid] = None
            self._places[grant.owner.uid].add(place)

    def drop(self, uid: str) -> None:
        for place in self._places.pop(uid):
            del self._uids[place][uid]
            if not self._uids[place]:
                del self._uids[place]

    def of_pod(self, namespace: str, pod: str) -> list[str]:
        return self._of("pod", (namespace, pod))

    def of_application(self, namespace: str, application: str) -> list[str]:
        return self._of("application", (namespace, application))

    def of_key(self, key: Key) -> list[str]:
        """Of those that hold it, held it, or were about to."""
        return self._of("key", key)

    def _of(self, kind: str, what: Hashable) -> list[str]:
        return [*self._uids.get((kind, what), ())]


def _places(grant: Grant) -> Iterator[Place]:
    owner = grant.owner
    yield "pod", (owner.namespace, owner.pod)
    yield "application", (owner.namespace, owner.application)
    for entry in grant.entries:
        yield "key", entry.key
