# What one does with this repository. `make demo` and `make test` do all set-up themselves: they install the Debian
# packages that they need when they run as root, and say which are missing otherwise.

CARGO ?= cargo
SHELL := /bin/bash
RUST_FILES = git ls-files '*.rs'
RUSTFMT = rustfmt --edition 2024 --config-path rustfmt.toml
SCRIPTS = .ci/run .ci/packages tests/lab/lab tests/lab/base tests/lab/package-proxy tests/lab/demo tests/lab/book \
    tests/lab/image tests/lab/vendor tests/lab/reference
HOSTS ?= 3

BUILD_PACKAGES = gcc libc6-dev
ifeq ($(shell id -u),0)
TEST_PACKAGES = openssh-client openssh-server mmdebstrap systemd-container socat iproute2 debian-archive-keyring busybox gpg shellcheck acl patch rsync subversion
else
TEST_PACKAGES = openssh-client openssh-server
endif

.PHONY: demo test test-all lab-full docs bench lint fmt fmt-check install lab-down packages

# Where a release build puts the program.
BUILT = "$$($(CARGO) metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/windlass"

# Builds windlass, starts hosts, and makes web servers of them, twice: the second run finds nothing to do.
demo: packages
	$(CARGO) build --release --locked
	tests/lab/demo $(BUILT) $(HOSTS)

# Ends the hosts of the demo.
lab-down:
	tests/lab/lab down --name demo

test: packages fmt-check lint
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    $(CARGO) nextest run --workspace --locked --no-fail-fast && $(CARGO) test --workspace --locked --doc; \
	else \
	    $(CARGO) test --workspace --locked --no-fail-fast; \
	fi

# The same with all parity cases on hosts.
test-all: export PARITY_HOSTS = all
test-all: test

# Proves every shipped playbook on fresh hosts, and compares with the reference; takes about an hour.
lab-full: export LAB_BOOKS = full
lab-full: packages
	@.ci/packages python3-venv packer
	LAB_REFERENCE="$$(tests/lab/reference)" $(CARGO) test --locked --test lab playbooks:: -- --test-threads 1

# Writes docs/benchmarks.md; takes tens of minutes and wants a machine that does nothing else.
bench: packages
	@.ci/packages python3-venv
	$(CARGO) build --release --locked --bins --examples
	tests/bench/bench
	$(CARGO) bench --locked --bench templates
	tests/bench/inventories $(BUILT) "$$(tests/lab/reference)"
	tests/bench/modules $(BUILT) "$$(tests/lab/reference)"

# Writes docs/modules/ from the modules' own tables; a test compares them.
docs:
	$(CARGO) run --locked -- doc --pages docs/modules

lint:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); fi

# `cargo fmt` does not see files that a macro declares.
fmt:
	$(RUST_FILES) | xargs $(RUSTFMT)

fmt-check:
	$(RUST_FILES) | xargs $(RUSTFMT) --check

install:
	$(CARGO) install --path . --locked

packages:
	@.ci/packages $(BUILD_PACKAGES) $(TEST_PACKAGES)
