# Builds what goes into pods, from the top of the repository:
#
#   make -f webhook/inpod/toolkit.mk              build/toolkit/bin/{launch,probe,dumb-init,busybox}, static; sbin/init
#   make -f webhook/inpod/toolkit.mk sanitized    build/sanitized/bin/{launch,probe} and fuzz_parsers, for the tests
#
# Needs gcc, libc's static archive and, to fetch dumb-init, a Python with pip (PYTHON=...); to fetch BusyBox, apt with its lists.

CC = gcc
PYTHON = python3
DOWNLOAD = apt-get -qq -o APT::Sandbox::User=root download
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

DUMB_INIT = dumb-init-1.2.5.post1
DUMB_INIT_SHA256 = 6510538a975e0de10658b0210ec2ad62dc3617543af5c6fbd29a3af111eae981

LAUNCH = $(wildcard $(patsubst %,webhook/inpod/%/*.c,launch service fill machine))
PROBE = $(wildcard webhook/inpod/probe/*.c) $(patsubst %,webhook/inpod/launch/%.c,clock number option say)
INPUTS = $(wildcard webhook/inpod/*/*.h) pyproject.toml webhook/inpod/toolkit.mk

CFLAGS = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wvla -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith \
	-Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wnull-dereference -Wlogical-op -Wduplicated-cond -Werror
STATIC = -static -Os -s
HARDENED = -fstack-protector-strong -D_FORTIFY_SOURCE=2
SANITIZED = -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DPACE=10

.PHONY: toolkit sanitized
.DELETE_ON_ERROR:

toolkit: build/toolkit/bin/launch build/toolkit/sbin/init build/toolkit/bin/probe build/toolkit/bin/dumb-init \
	build/toolkit/bin/busybox
sanitized: build/sanitized/bin/launch build/sanitized/bin/probe build/sanitized/fuzz_parsers

build/toolkit/bin/launch build/sanitized/bin/launch: $(LAUNCH)
build/toolkit/bin/probe build/sanitized/bin/probe: $(PROBE)

# Every program appears by rename, whole: a running one is never written into.
build/toolkit/bin/launch build/toolkit/bin/probe: $(INPUTS)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HARDENED) $(STATIC) -o $@.new $(filter %.c,$^)
	mv $@.new $@

build/sanitized/bin/launch build/sanitized/bin/probe: $(INPUTS)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZED) -o $@.new $(filter %.c,$^)
	mv $@.new $@

build/sanitized/fuzz_parsers: tests/inpod/programs/fuzz_parsers.c $(filter-out %/main.c,$(LAUNCH)) $(INPUTS)
	$(CC) $(CFLAGS) $(SANITIZED) -Wl,--wrap=fail -I webhook/inpod/launch -I webhook/inpod/service -o $@.new $(filter %.c,$^)
	mv $@.new $@

# The same program: its name says what for.
build/toolkit/sbin/init:
	mkdir -p $(@D)
	ln -sfn ../bin/launch $@

build/toolkit/bin/dumb-init: build/$(DUMB_INIT)/dumb-init.c webhook/inpod/toolkit.mk
	mkdir -p $(@D)
	$(CC) -std=gnu99 $(STATIC) -o $@.new $<
	mv $@.new $@

# pip itself refuses an archive that has another hash. The binary that the registry offers needs a libc and is of no use here.
build/$(DUMB_INIT)/dumb-init.c:
	mkdir -p build
	echo '$(subst dumb-init-,dumb-init==,$(DUMB_INIT)) --hash=sha256:$(DUMB_INIT_SHA256)' > build/dumb-init.txt
	$(PYTHON) -m pip download --quiet --no-deps --no-binary dumb-init --dest build --requirement build/dumb-init.txt
	tar -xmzf build/$(DUMB_INIT).tar.gz --no-same-owner -C build

# Debian's, of the release that this is built on: its security updates are apt's to bring, so it has no hash here.
build/toolkit/bin/busybox:
	mkdir -p $(@D) build/busybox
	rm -f build/busybox/*.deb
	cd build/busybox && { $(DOWNLOAD) busybox-static || { apt-get -qq update && $(DOWNLOAD) busybox-static; }; }
	dpkg-deb --extract build/busybox/*.deb build/busybox
	cp build/busybox/bin/busybox $@.new
	mv $@.new $@
