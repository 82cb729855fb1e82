#!/usr/bin/env bash
# Provides Helm, for the tests of the chart: prints its path. What is meant for people goes to stderr.
#
# It is built from its Go module (go.mod pins the version, go.sum the contents) into ./bin, which git ignores, with the
# build cache that the control plane is built with: a minute and a half the first time. bin/helm.version remembers what
# was built; it is written last, so an interrupted build is not mistaken for a finished one.
#
# SEAWALL_HELM, if set, names a Helm to use instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
bin=$PWD/bin

say() { printf 'helm: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

if [ -n "${SEAWALL_HELM:-}" ]; then
  [ -x "$SEAWALL_HELM" ] || die "SEAWALL_HELM is set, but $SEAWALL_HELM is missing or not executable"
  echo "$SEAWALL_HELM"
  exit 0
fi

version=$(awk '$1 == "require" && $2 == "helm.sh/helm/v4" { print $3; exit }' go.mod)
is_built() { [ -x "$bin/helm" ] && [ "$(cat "$bin/helm.version" 2>/dev/null)" = "$version" ]; }

if ! is_built; then
  advice="install Go $(awk '$1 == "go" { print $2; exit }' go.mod) or newer, or name a Helm in SEAWALL_HELM"
  command -v go >/dev/null || die "Go is not installed, and it builds Helm: $advice"
  go list -m >/dev/null 2>&1 || die "$(go version 2>/dev/null || echo 'this Go') cannot build Helm: $advice"
  mkdir -p "$bin"
  if command -v flock >/dev/null; then
    exec 9>"$bin/.lock"
    flock -n 9 || { say "another build is running, waiting for it"; flock 9; }
  fi
  if ! is_built; then
    say "building $version (a minute or two the first time, seconds with a warm build cache)"
    # Without the stamp it calls itself v4.2, and a chart that asks for a version would be compared with that.
    go build -trimpath -ldflags "-s -w -X helm.sh/helm/v4/internal/version.version=$version" -o "$bin/helm" helm.sh/helm/v4/cmd/helm
    printf '%s\n' "$version" >"$bin/helm.version"
  fi
fi
echo "$bin/helm"
