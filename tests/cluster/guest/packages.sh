#!/bin/sh
# Installs the Debian packages that the guest needs beside those of ../packages.sh. Safe to repeat.
set -eu

sh "$(dirname "$0")/../install.sh" \
    e2fsprogs \
    libseccomp-dev \
    pkg-config \
    qemu-system-x86
