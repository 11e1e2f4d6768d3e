# Both images of richpod, out of one file:
#
#   docker build --target richpod         -t richpod .          every process: webhook, certificates, lxcfs on nodes
#   docker build --target richpod-toolkit -t richpod-toolkit .  static programs for pods; its root is what pods see as /.richpod
#
# Another base, Debian with python3, its venv and apt, for a mirror or another Python: --build-arg BASE=...
# Another index: --secret id=pip.conf,src=/etc/pip.conf. It and proxies are there while the build runs, and in no layer.
# Stages build, the images only copy: they get no compiler, no pip, no package that only tests need, no cache of an installer.
ARG BASE=python:3.13-slim-bookworm

# Debian's Python comes without pip.
FROM ${BASE} AS pip
RUN python3 -m venv /opt/pip
WORKDIR /src
COPY pyproject.toml requirements.lock ./

FROM pip AS toolkit
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev make
COPY webhook/inpod/toolkit.mk webhook/inpod/
COPY webhook/inpod/launch webhook/inpod/launch
COPY webhook/inpod/service webhook/inpod/service
COPY webhook/inpod/fill webhook/inpod/fill
COPY webhook/inpod/machine webhook/inpod/machine
COPY webhook/inpod/probe webhook/inpod/probe
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf make -f webhook/inpod/toolkit.mk PYTHON=/opt/pip/bin/python

# First what pyproject.toml asks for, in the versions of requirements.lock: a change of our code leaves that layer alone. Everything
# is compiled here since nobody may write later, and never compared with its source: times differ from one build to the next.
FROM pip AS install
ENV PIP_PYTHON=/opt/richpod/bin/python PIP_NO_CACHE_DIR=1 \
    COMPILE="python3 -m compileall -q -f -j 0 --invalidation-mode unchecked-hash"
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf python3 -m venv --without-pip /opt/richpod \
 && python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' > wanted \
 && /opt/pip/bin/pip install --quiet --no-compile --constraint requirements.lock --requirement wanted \
 && $COMPILE /opt/richpod/lib
COPY README.md LICENSE ./
COPY certs certs
COPY webhook webhook
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf /opt/pip/bin/pip install --quiet --no-compile --no-deps . \
 && /opt/pip/bin/pip check \
 && $COMPILE /opt/richpod/lib/python*/site-packages/webhook /opt/richpod/lib/python*/site-packages/certs

FROM scratch AS richpod-toolkit
COPY --from=toolkit /src/build/toolkit/bin /bin
COPY --from=toolkit /src/build/toolkit/sbin /sbin
COPY --from=toolkit /src/build/dumb-init-*/LICENSE /licenses/dumb-init
COPY --from=toolkit /src/build/busybox/usr/share/doc/busybox-static/copyright /licenses/busybox
LABEL org.opencontainers.image.title="richpod-toolkit" \
      org.opencontainers.image.description="Static programs that rich pods start with" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0 AND MIT AND GPL-2.0-only"
USER 65532:65532
ENTRYPOINT ["/bin/launch"]

# The last target is the default one. Nothing is written below the root: it may be read-only. Images of Python come without a
# compiled library, which would cost every start half a second. Registries prove themselves to the authorities of ca-certificates.
FROM ${BASE} AS richpod
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates lxcfs \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
 && python3 -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -x '/(dist-packages|lib2to3|site-packages|test)/' \
    "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=install /opt/richpod /opt/richpod
LABEL org.opencontainers.image.title="richpod" \
      org.opencontainers.image.description="A mutating admission webhook that turns ordinary pods into rich containers" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# Buffers of connections, 256 KiB each, go back to the node when they end. glibc raises this bound of its own accord, and keeps them.
ENV PATH=/opt/richpod/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 MALLOC_MMAP_THRESHOLD_=131072
USER 65532:65532
ENTRYPOINT ["richpod"]
