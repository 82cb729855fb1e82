# The commands of this repository. `make` lists them.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO ?= cargo
# Where cargo puts what it builds; kept in step with cargo, which reads it too.
CARGO_TARGET_DIR ?= target

.PHONY: help demo build image image-twice test test-oldest bench scale-scan soak scale chaos bless check needs-rust needs-go needs-wrk needs-deny

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: needs-rust needs-go ## apply the examples to a real API server that Seawall guards; prints what happened
	@tests/cluster/controlplane/build.sh >/dev/null
	$(CARGO) build --release --locked --bin seawall --example demo
	@$(CARGO_TARGET_DIR)/release/examples/demo --seawall $(CARGO_TARGET_DIR)/release/seawall

build: needs-rust ## build target/release/seawall
	SEAWALL_COMMIT="$$(git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)" $(CARGO) build --release --locked

test: needs-rust needs-go ## run every test, also those on a real API server, and the demo
	$(CARGO) test --workspace --all-targets --locked
	$(CARGO) test --workspace --doc --locked
	$(CARGO) build --locked --bin seawall --example demo
	$(CARGO_TARGET_DIR)/debug/examples/demo --seawall $(CARGO_TARGET_DIR)/debug/seawall >$(CARGO_TARGET_DIR)/demo.txt

test-oldest: needs-rust needs-go ## run the tests on a real API server of the oldest Kubernetes that is supported, 1.30
	env -u KUBEBUILDER_ASSETS SEAWALL_CONTROL_PLANE=oldest $(CARGO) test --locked --test cluster

bench: needs-rust needs-wrk ## measure Seawall against a webhook that does nothing; needs wrk
	$(CARGO) build --release --locked --example bench --example bench-server
	$(CARGO) bench --locked --bench criterion
	@$(CARGO_TARGET_DIR)/release/examples/bench

image: needs-rust ## make an OCI image in target/image, without a container engine; needs umoci, skopeo, cargo-about, cargo-cyclonedx
	image/build.sh $(CARGO_TARGET_DIR)/image

image-twice: image ## build the image once more, elsewhere, and hold that it is the same
	image/twice.sh $(CARGO_TARGET_DIR)/image

# Trials that take minutes, on the program as it is installed. `make test` runs a short form of each.
BY_HAND = SEAWALL_BINARY="$$(realpath $(CARGO_TARGET_DIR)/release/seawall)" $(CARGO) test --locked --test cluster -- --ignored --nocapture

scale-scan: needs-rust needs-go ## measure a scan of 2,000 workloads on a real API server: time and memory
	$(CARGO) build --release --locked --bin seawall
	$(BY_HAND) scan::two_thousand

soak: needs-rust needs-go ## ask Seawall a million times: its memory stays as it is
	$(CARGO) build --release --locked --bin seawall
	$(BY_HAND) serving::a_million_requests

scale: needs-rust needs-go ## put 10,000 claims into a real API server: Seawall's memory does not know them
	$(CARGO) build --release --locked --bin seawall
	$(BY_HAND) serving::ten_thousand_claims

chaos: needs-rust needs-go ## kill, freeze, starve and restart everything for ten minutes; SEAWALL_SEED repeats a run
	$(CARGO) build --release --locked --bin seawall
	$(BY_HAND) serving::ten_minutes_of_chaos

bless: needs-rust ## rewrite the generated documentation and the snapshots; then read the difference
	SEAWALL_BLESS=1 INSTA_UPDATE=always $(CARGO) test --locked --no-fail-fast

check: needs-rust needs-deny ## format, lints, links of the documentation, licences and sources of the dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --lib --locked --quiet
	$(CARGO) deny --log-level error check licenses bans sources

needs-rust:
	@command -v $(CARGO) >/dev/null || { echo "Rust is not installed: see https://rustup.rs, or install rustup from your distribution" >&2; exit 1; }

# With KUBEBUILDER_ASSETS some or all of the control plane is there already; what is
# missing then, build.sh says.
needs-go:
	@[ -n "$${KUBEBUILDER_ASSETS:-}" ] || command -v go >/dev/null || { \
	  echo "Go is not installed: it builds the control plane; install Go $$(awk '$$1 == "go" { print $$2 }' tests/cluster/controlplane/go.mod) or newer, or set KUBEBUILDER_ASSETS" >&2; exit 1; }

needs-wrk:
	@command -v wrk >/dev/null || { echo "wrk is not installed: it puts load on the servers; install the package wrk" >&2; exit 1; }

needs-deny:
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is not installed: it checks the dependencies; run cargo install --locked cargo-deny" >&2; exit 1; }
