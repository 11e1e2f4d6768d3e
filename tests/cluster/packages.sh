#!/bin/sh
# Installs the Debian packages that the test cluster and its images need. Safe to repeat: without anything missing it does nothing.
set -eu

sh "$(dirname "$0")/install.sh" \
    buildah \
    busybox-static \
    containernetworking-plugins \
    debian-archive-keyring \
    gcc \
    iproute2 \
    iptables \
    libc6-dev \
    lxcfs \
    mariadb-client-core \
    mariadb-server-core \
    mmdebstrap \
    openjdk-17-jdk-headless \
    procps \
    runc \
    util-linux
command -v go >/dev/null || { echo "packages.sh: Go 1.21 or newer must be in PATH (it fetches the version it needs)" >&2; exit 1; }

# Installing these would start servers; the tests need their programs only.
unpack() {
    folder="${XDG_CACHE_HOME:-$HOME/.cache}/$1"
    [ ! -x "$folder/usr/bin/$3" ] || return 0
    mkdir -p "$folder/archives"
    cd "$folder/archives"
    apt-get download --quiet "$2" || { apt-get update --quiet && apt-get download --quiet "$2"; }
    dpkg --extract "$2"_*.deb "$folder"
}
unpack richpod-prometheus prometheus promtool
unpack richpod-registry docker-registry docker-registry
