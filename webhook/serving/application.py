"""The FastAPI application of a process that serves: what the kubelet and Prometheus ask, and nothing else yet."""

from collections.abc import Sequence
from typing import Any, Protocol

from fastapi import FastAPI
from prometheus_client import Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import CollectorRegistry
from starlette.responses import PlainTextResponse, Response

from webhook import __version__


class Metrics(Protocol):
    """Of a process that serves by a policy."""

    registry: CollectorRegistry
    info: Gauge
    ready: Gauge


def new_app(policy: str, metrics: Metrics, title: str, dependencies: Sequence[Any] = ()) -> FastAPI:
    """Answers `/healthz`, `/readyz` and `/metrics`. `policy`: its hash; `dependencies` are FastAPI's, of these three.

    Whoever serves it sets `app.state.ready`.
    """
    # Without this FastAPI looks into the environment for collectors to send telemetry to.
    silent: Any = {"tracing": False, "metrics": False, "logs": False}
    app = FastAPI(title=title, version=__version__, openapi_url=None, redirect_slashes=False, telemetry=silent)
    app.state.ready, app.state.policy = False, policy
    metrics.info.labels(__version__, policy).set(1)
    metrics.ready.set_function(lambda: app.state.ready)
    options: Any = {"include_in_schema": False, "dependencies": [*dependencies]}

    @app.get("/healthz", **options)
    async def alive() -> Response:
        """Only that the event loop turns: a restart cures nothing else."""
        return PlainTextResponse("ok\n")

    @app.get("/readyz", **options)
    async def ready() -> Response:
        return PlainTextResponse("ready\n") if app.state.ready else PlainTextResponse("not ready\n", 503)

    @app.get("/metrics", **options)
    async def exposition() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return app
