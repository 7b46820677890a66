# make run ARGS="-i any -c 20"   install what is missing, build, capture
# make test                      the same, then lint and all tests
# make help                      all targets
#
# Everything lands in .venv; stamp files there make a second run quick. Packages of the system are installed by
# scripts/install-packages (Debian and Ubuntu), with sudo when not root.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SANITIZED := build/sanitized
# without root and without sudo, tests that need root are skipped and a capture says what it lacks
SUDO := $(shell [ "$$(id -u)" = 0 ] || { command -v sudo >/dev/null && echo sudo -E; })
ARGS ?=
IMAGE ?= ptcpdump
BASE ?= debian:bookworm-slim
DOCKER ?= docker
TARGET ?= bundle
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
MACHINE ?= $(shell uname -m)
MACHINES ?= x86_64 aarch64
PYTHONS ?= 3.11 3.12 3.13 3.14
BUNDLE := dist/ptcpdump-$(VERSION)-linux-$(MACHINE).run

BUILD_PACKAGES := gcc libc6-dev clang libbpf-dev libpcap-dev libelf-dev zlib1g-dev pkg-config
KERNEL_PACKAGES := qemu-system-x86 debootstrap cpio kmod
TEST_PACKAGES := tcpdump tshark iproute2 bpftool/linux-tools-common nftables iptables util-linux procps ethtool git curl iputils-ping \
  openssl gnutls-bin nodejs \
  docker.io containerd containernetworking-plugins podman busybox-static \
  man-db zsh fish lintian dpkg-dev $(KERNEL_PACKAGES)
BUNDLE_PACKAGES := binutils bzip2 flex bison make xz-utils
SOURCES := $(shell find src native CMakeLists.txt pyproject.toml README.md -type f -not -name '*.pyc' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: wheels bpf build-bpf-via-docker build-via-docker bundle image help run install develop install-extcap test sanitize kernels attribution lint bench wheel deb readme clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */make \1\t/' | expand -t 16

run: $(VENV)/.installed  ## capture: make run ARGS="-i any -c 20"
	@$(SUDO) $(BIN)/ptcpdump $(ARGS)

install: $(VENV)/.installed  ## build and install into .venv

develop: $(VENV)/.build-tools  ## the same, but importing from src/ and rebuilding on import
	@echo "== building in place: changed Cython modules are compiled when they are next imported"
	@$(BIN)/pip install -q --no-build-isolation -Ceditable.rebuild=true -Cbuild-dir=build/editable \
	  -Ccmake.define.PTCPDUMP_LINK=OFF -e ".[containers,tls]"
	@touch $(VENV)/.installed

test: $(VENV)/.installed $(VENV)/.test-tools lint  ## lint and run all tests; ARGS="-k name" goes to pytest, GO_VERSIONS="1.21.13 1.27.3" TLS_MATRIX=1: more of TLS
	@echo "== running the tests against the package installed in $(VENV)"
ifeq ($(ARGS),)
	@nice timeout 1200 $(MAKE) -s sanitize ARGS=--bounded > build/sanitize.log 2>&1 & sanitize=$$!; trap "kill $$sanitize 2>/dev/null" EXIT; \
	$(SUDO) $(BIN)/python -m pytest -n 2 --dist loadscope --durations=25 --durations-min=3; status=$$?; \
	wait $$sanitize || status=1; trap - EXIT; cat build/sanitize.log; exit $$status
else
	@$(SUDO) $(BIN)/python -m pytest -n 2 --dist loadscope --durations=25 --durations-min=3 $(ARGS)
endif

sanitize: $(SANITIZED)/.built $(VENV)/.test-tools  ## unit, golden and fuzz tests under address and undefined-behaviour sanitizers; ARGS=--bounded: few of them, as in make test; INPUTS=1000000: so many in fuzz tests
	@echo "== running tests against the package in $(SANITIZED), which is built with sanitizers"
	@$(if $(INPUTS),PTCPDUMP_FUZZ_INPUTS=$(INPUTS) PTCPDUMP_FUZZ_FILES=$(INPUTS) )scripts/sanitize $(BIN)/python $(SANITIZED) $(ARGS)

kernels: $(VENV)/.installed $(VENV)/.test-tools  ## run the live tests on older kernels, in virtual machines
	@scripts/install-packages "to run other kernels" $(KERNEL_PACKAGES)
	@$(SUDO) $(BIN)/python -m pytest -rs tests/kernels $(ARGS)

attribution: $(VENV)/.installed $(VENV)/.test-tools  ## play the scenarios of owners and write docs/attribution.md
	@$(SUDO) PTCPDUMP_ATTRIBUTION=1 $(BIN)/python -m pytest -q tests/live/attribution/test_scenarios.py

lint: $(VENV)/.installed $(VENV)/.lint-tools  ## ruff, mypy, the contracts between rooms and of stubs, what nobody uses
	@echo "== ruff"
	@$(BIN)/ruff check
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== who imports whom"
	@$(BIN)/python scripts/check-rooms
	@echo "== stubs of Cython modules"
	@$(BIN)/python scripts/check-stubs
	@echo "== what nobody uses"
	@$(BIN)/python scripts/check-unused

bench: $(VENV)/.installed $(VENV)/.test-tools  ## compare with tcpdump, side by side
	@$(SUDO) $(BIN)/python -m benchmarks $(ARGS)

install-extcap: $(VENV)/.installed  ## let Wireshark find it among its interfaces
	@$(BIN)/ptcpdump --install-extcap

wheel: $(VENV)/.build-tools  ## sdist, and the wheel made from it, into dist/
	@echo "== building dist/*.tar.gz and from it dist/*.whl"
	@$(BIN)/pip install -q build
	@$(BIN)/python -m build --outdir dist

deb: $(VENV)/.installed  ## a package for Debian and Ubuntu, of what is installed in .venv, into dist/
	@scripts/install-packages "to make a Debian package" dpkg-dev
	@$(BIN)/python scripts/make-deb dist

wheels: $(VENV)/.installed  ## manylinux2014 wheels for PYTHONS="3.11 3.12 ..." and MACHINES="x86_64 aarch64", all libraries inside, into dist/
	@scripts/install-packages "to build wheels" $(BUNDLE_PACKAGES)
	@$(BIN)/pip install -q --group bundle
	@set -e; for machine in $(MACHINES); do for version in $(PYTHONS); do \
	  export MACHINE=$$machine PYTHON=$(BIN)/python; \
	  scripts/bundle/libraries build/bundle/$$machine zlib libpcap elfutils libbpf headers-$$version; \
	  scripts/bundle/wheel build/bundle/$$machine $$version dist; \
	done; done

bundle: $(BUNDLE)  ## one file for any Linux with glibc 2.17 or later, and the folder that is in it, into dist/; MACHINE=aarch64: for that

$(BUNDLE): $(VENV)/.installed scripts/bundle/*
	@scripts/install-packages "to build the bundle" $(BUNDLE_PACKAGES) $(if $(filter-out $(shell uname -m),$(MACHINE)),binutils-$(subst _,-,$(MACHINE))-linux-gnu)
	@$(BIN)/pip install -q --group bundle
	@MACHINE=$(MACHINE) PYTHON=$(BIN)/python scripts/bundle/libraries build/bundle/$(MACHINE)
	@MACHINE=$(MACHINE) PYTHON=$(BIN)/python scripts/bundle/wheel build/bundle/$(MACHINE) 3.11
	@MACHINE=$(MACHINE) $(BIN)/python scripts/bundle/assemble build/bundle/$(MACHINE) build/bundle/$(MACHINE)/wheel-3.11/*.whl dist

image: $(BUNDLE)  ## the same as an image for Docker and Podman: make image IMAGE=ptcpdump BASE=debian:bookworm-slim
	@$(DOCKER) build $(DOCKER_FLAGS) -t $(IMAGE) --build-arg BASE=$(BASE) --build-arg BUNDLE=$(BUNDLE:.run=) .

bpf: $(VENV)/.build-tools  ## the kernel's programs alone, build/bpf/*.bpf.o
	@$(BIN)/cmake -S . -B build/bpf -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja --log-level=WARNING \
	  -DPython_EXECUTABLE=$(abspath $(BIN))/python \
	  -DCMAKE_MODULE_PATH="$$($(BIN)/python -c 'import cython_cmake as module; print(*module.__path__)')/cmake" > build/bpf.log || \
	  { cat build/bpf.log; false; }
	@$(BIN)/cmake --build build/bpf --target bpf

build-via-docker:  ## make TARGET=bundle (or wheel, install) in a container of BASE; what it makes is in dist/ and build/docker/
	@$(DOCKER) build $(DOCKER_FLAGS) -t $(IMAGE)-develop -f docker/develop.Dockerfile --build-arg BASE=$(BASE) \
	  --build-arg PACKAGES="$(BUILD_PACKAGES) $(BUNDLE_PACKAGES) python3 python3-dev python3-venv ca-certificates" .
	@mkdir -p build/docker      # its own build/, for folders are written down in it
	@$(DOCKER) run --rm $(DOCKER_FLAGS) $(DOCKER_RUN_FLAGS) --user "$$(id -u):$$(id -g)" -v "$(CURDIR):/project" \
	  -v "$(CURDIR)/build/docker:/project/build" $(IMAGE)-develop make $(TARGET) VENV=build/venv

build-bpf-via-docker:  ## make bpf in such a container: build/docker/bpf/*.bpf.o
	@$(MAKE) -s build-via-docker TARGET=bpf

readme: $(VENV)/.installed  ## write what is made of tables: README.md, docs/data.md, the JSON Schema, share/
	@$(BIN)/python scripts/update-readme

clean:  ## remove .venv and everything built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

# ---- how things get into .venv

$(VENV)/bin/python:
	@scripts/install-packages "to build" $(BUILD_PACKAGES)
	@PYTHON="$(PYTHON)" scripts/check-python
	@echo "== making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --upgrade "pip>=25.1"

$(VENV)/.build-tools: $(VENV)/bin/python pyproject.toml
	@echo "== installing build tools into $(VENV)"
	@$(BIN)/pip install -q --group build
	@touch $@

$(VENV)/.installed: $(VENV)/.build-tools $(SOURCES)
	@echo "== building and installing ptcpdump into $(VENV)"
	@rm -rf build/wheel
	@$(BIN)/pip wheel -q --no-build-isolation --no-deps -w build/wheel -Cbuild-dir=build/install .
	@$(BIN)/pip install -q --no-deps --force-reinstall build/wheel/*.whl
	@$(BIN)/pip install -q "$$(echo build/wheel/*.whl)[containers,tls]"
	@touch $@

# a copy of the package whose extensions are those with sanitizers; it goes before that of .venv in PYTHONPATH
$(SANITIZED)/.built: $(VENV)/.installed $(SOURCES)
	@echo "== building extensions with sanitizers into $(SANITIZED)"
	@test -f build/install/CMakeCache.txt || $(BIN)/pip wheel -q --no-build-isolation --no-deps -w build -Cbuild-dir=build/install .
	@$(BIN)/cmake --build build/install --target sanitized > build/sanitized.log || { cat build/sanitized.log; false; }
	@rm -rf $(SANITIZED) && mkdir -p $(SANITIZED)
	@cp -r src/ptcpdump build/install/sanitized/ptcpdump $(SANITIZED)
	@cp build/install/*.bpf.o $(SANITIZED)/ptcpdump/kernel
	@touch $@

$(VENV)/.lint-tools: $(VENV)/bin/python pyproject.toml
	@echo "== installing ruff, mypy and import-linter into $(VENV)"
	@$(BIN)/pip install -q --group lint --group test
	@touch $@

$(VENV)/.test-tools: $(VENV)/bin/python pyproject.toml Makefile
	@scripts/install-packages "to test" $(TEST_PACKAGES)
	@echo "== installing test tools into $(VENV)"
	@$(BIN)/pip install -q --group test
	@touch $@
