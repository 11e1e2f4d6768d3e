# Both images of richpod, out of one file:
#
#   docker build --target richpod         -t richpod .          every process: webhook, gateway, certificates, what pods get
#   docker build --target richpod-toolkit -t richpod-toolkit .  static programs for pods; its root is what pods see as /.richpod
#
# Another base (Debian with python3 and apt) for a mirror or a newer Python: --build-arg BASE=...
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS toolkit
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev make
WORKDIR /src
COPY pyproject.toml ./
COPY webhook/inpod/toolkit.mk webhook/inpod/
COPY webhook/inpod/launch webhook/inpod/launch
RUN make -f webhook/inpod/toolkit.mk

# pip compiles what it installs, so a read-only root costs no start-up time.
FROM ${BASE} AS install
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY certs certs
COPY webhook webhook
RUN python3 -m venv /opt/richpod && /opt/richpod/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM scratch AS richpod-toolkit
COPY --from=toolkit /src/build/toolkit/bin /bin
COPY --from=toolkit /src/build/dumb-init-*/LICENSE /licenses/dumb-init
USER 65532:65532
ENTRYPOINT ["/bin/launch"]

# The last target is the default one. Nothing is written below the root: it may be read-only.
FROM ${BASE} AS richpod
COPY --from=install /opt/richpod /opt/richpod
ENV PATH=/opt/richpod/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["richpod"]
