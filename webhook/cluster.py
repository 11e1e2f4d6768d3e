"""The edge to the Kubernetes API, and the only file that knows its client: objects are JSON as the API server sends them.

Paths are those of the API, for example `/api/v1/namespaces/shop/pods`; `query` becomes its query string.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import websocket
from kubernetes import client, config
from kubernetes.stream.ws_client import create_websocket, get_websocket_url
from urllib3.exceptions import HTTPError
from yaml import YAMLError

from webhook import answer
from webhook.errors import ApiError, BadInput
from webhook.execution import Executed, executed

Json = dict[str, Any]

PAGE = 500
"""Objects in one answer of a list: the API server's memory and ours stay bounded (Kubernetes' own chunk size)."""
TIMEOUT = 30
"""Seconds for one call."""
CONNECTIONS = 32
"""That are kept, as many as are used at once: of more each would be made anew for one call. The client counts processors."""
SILENCE = 90
"""Seconds without a word after which a watch is over: its connection may have been lost, and bookmarks come each minute."""


class Reply(NamedTuple):
    """`warnings` are what kubectl would print behind `Warning:`."""

    object: Json
    warnings: tuple[str, ...]


class Cluster:
    """One API server, as one user; `namespace` is the one that is meant where none is named."""

    def __init__(self, api: Any, namespace: str = "default") -> None:
        self._api = api
        self.namespace = namespace

    @property
    def server(self) -> str:
        """Its URL."""
        return str(self._api.configuration.host)

    def get(self, path: str, **query: str | int) -> Json | None:
        """None where there is no such object. Raises ApiError, as all that follow."""
        try:
            return self._call("GET", path, query).object
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: str | int) -> Iterator[Json]:
        """Every object of a list, page by page."""
        for page in self._pages(path, query):
            yield from page["items"]

    def listed(self, path: str, **query: str | int) -> tuple[list[Json], str]:
        """Every object of a list, and the resourceVersion from which a watch goes on."""
        pages = [*self._pages(path, query)]
        return [found for page in pages for found in page["items"]], pages[-1]["metadata"]["resourceVersion"]

    def create(self, path: str, body: Json, **query: str | int) -> Reply:
        return self._call("POST", path, query, body)

    def replace(self, path: str, body: Json) -> Json:
        """ApiError with status 409 where somebody else was faster: the body carries the resourceVersion it was read with."""
        return self._call("PUT", path, {}, body).object

    def apply(self, path: str, body: Json, manager: str, force: bool) -> Json:
        """Server-side apply. Without `force`, ApiError with status 409 where another manager owns another value."""
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        return self._call("PATCH", path, query, body, "application/apply-patch+yaml").object

    def merge(self, path: str, body: Json, manager: str) -> Json:
        """Strategic merge patch: lists as server-side apply merges them, and its manager owns values, never elements of lists.

        ApiError with status 409 where the body has a resourceVersion and somebody else was faster.
        """
        return self._call("PATCH", path, {"fieldManager": manager}, body, "application/strategic-merge-patch+json").object

    def delete(self, path: str, version: str) -> None:
        """Also where there is no such object. ApiError with status 409 where it has another resourceVersion by now."""
        try:
            self._call("DELETE", path, {}, {"preconditions": {"resourceVersion": version}})
        except ApiError as error:
            if error.status != 404:
                raise

    def watch(self, path: str, seconds: int, **query: str | int) -> Iterator[Json]:
        """Events `{type, object}` until `seconds` are over, or the API server ends it or is silent for SILENCE.

        What it begins with without a resourceVersion are all objects; ApiError with status 410 where that is too old.
        """
        asked = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": seconds, **query}
        response = self._send("GET", path, asked, timeout=SILENCE)
        try:
            for line in answer.lines(response):
                yield from answer.events(answer.read(line, self.server))
        except HTTPError as error:
            raise ApiError(0, "Unreachable", f"{self.server}: {error}") from None
        finally:
            response.release_conn()

    def execute(self, path: str, container: str, argv: Sequence[str], seconds: float) -> Executed:
        """Runs a program in a container, without a stdin, until it ends. `path`: a pod's, and `/exec`.

        ApiError with reason Timeout where it has not ended after `seconds`: it may go on then.
        """
        query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", word) for word in argv)]
        _, url, headers, *_ = self._api.param_serialize("GET", path, auth_settings=["BearerToken"])
        # Or there would be none until it has answered.
        websocket.setdefaulttimeout(TIMEOUT)
        try:
            url = get_websocket_url(f"{url}?{urlencode(query)}")  # type: ignore[no-untyped-call]
            connection = create_websocket(self._api.configuration, url, headers)  # type: ignore[no-untyped-call]
        except websocket.WebSocketBadStatusException as error:
            raise answer.refusal(error.status_code, error.resp_body or b"") from None
        except (websocket.WebSocketException, OSError) as error:
            raise ApiError(0, "Unreachable", f"{self.server}: {error}") from None
        return executed(connection, seconds)

    def _pages(self, path: str, query: Json) -> Iterator[Json]:
        more: dict[str, str] = {}
        while True:
            page = self._call("GET", path, {"limit": PAGE, **query, **more}).object
            yield page
            if not (token := page["metadata"].get("continue")):
                return
            more = {"continue": token}

    def _call(self, method: str, path: str, query: Any, body: Any = None, content_type: str = "application/json") -> Reply:
        response = self._send(method, path, query, body, content_type)
        try:
            text = response.data
        except HTTPError as error:
            raise ApiError(0, "Unreachable", f"{self.server}: {error}") from None
        return Reply(answer.read(text, self.server), tuple(map(answer.warning, response.headers.getlist("Warning"))))

    def _send(
        self, method: str, path: str, query: Any, body: Any = None, content_type: str = "application/json", timeout: int = TIMEOUT
    ) -> Any:
        """urllib3's response to a call that succeeded."""
        api = self._api
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        prepared = api.param_serialize(method, path, header_params=headers, body=body, auth_settings=["BearerToken"])
        method, url, headers, body, _ = prepared
        try:
            response = api.call_api(method, f"{url}?{urlencode(query)}", headers, body, _request_timeout=timeout).response
            if not 200 <= response.status < 300:
                raise answer.refusal(response.status, response.data)
            return response
        except HTTPError as error:
            raise ApiError(0, "Unreachable", f"{self.server}: {error}") from None


def connect(context: str | None = None) -> Cluster:
    """Of the kubeconfig, or inside a pod of its ServiceAccount. Raises BadInput where there is neither."""
    configuration = client.Configuration()
    configuration.connection_pool_maxsize = CONNECTIONS
    try:
        if context is None:
            try:
                config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
                return Cluster(client.ApiClient(configuration))
            except config.ConfigException:
                pass
        config.load_kube_config(context=context, client_configuration=configuration)  # type: ignore[no-untyped-call]
        return Cluster(client.ApiClient(configuration), _namespace(context))
    except config.ConfigException as error:
        raise BadInput(f"no cluster to talk to: {error}; set KUBECONFIG or --context") from None
    except (YAMLError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadInput(f"the kubeconfig cannot be read: {error}; set KUBECONFIG") from None


def _namespace(context: str | None) -> str:
    """Of a context that is there: the kubeconfig's current one need not be, where another is named."""
    held = config.kube_config
    merged = held.KubeConfigMerger(held.KUBE_CONFIG_DEFAULT_LOCATION).config  # type: ignore[no-untyped-call]
    used = held.KubeConfigLoader(merged, active_context=context).current_context  # type: ignore[no-untyped-call]
    return str(used["context"].get("namespace", "default"))
