#!/usr/bin/env bash
# Provides the programs of a Kubernetes control plane.
#
#   build.sh            builds what is missing, prints NAME=PATH for each program
#
# stdout carries only the NAME=PATH lines; everything meant for people goes to stderr.
#
# The programs are built from their Go modules (go.mod pins the versions, go.sum the
# contents) into ./bin, which git ignores. A file bin/NAME.version remembers what was
# built, so a second run builds nothing; it is written last, so an interrupted build
# is not mistaken for a finished one.
#
# KUBEBUILDER_ASSETS, if set, names a folder with kube-apiserver, etcd and kubectl, as
# envtest uses it. Those are then taken from there, and so are kube-controller-manager
# and kube-scheduler if the folder has them; envtest's does not, so they are built.
#
# SEAWALL_CONTROL_PLANE=oldest provides the oldest Kubernetes that Seawall supports, from ./oldest/go.mod into ./oldest/bin.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/${SEAWALL_CONTROL_PLANE:-}"
bin=$PWD/bin

say() { printf 'control plane: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The version that go.mod requires of a module. Read as text: asking Go would cost a
# second at every start of the tests, also when there is nothing to build.
pinned() { awk -v module="$1" '$1 == module { print $2; exit }' go.mod; }
go_needed=$(awk '$1 == "go" { print $2; exit }' go.mod)
kubernetes=$(pinned k8s.io/kubernetes)
etcd=$(pinned go.etcd.io/etcd/server/v3)

version_of() { if [ "$1" = etcd ]; then echo "$etcd"; else echo "$kubernetes"; fi; }
is_built() { [ -x "$bin/$1" ] && [ "$(cat "$bin/$1.version" 2>/dev/null)" = "$(version_of "$1")" ]; }

# Answers with the folder of KUBEBUILDER_ASSETS that holds a program, if any does.
from_assets() { [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/$1" ]; }

check_go() {
  local advice="install Go $go_needed or newer, or point KUBEBUILDER_ASSETS at built binaries"
  command -v go >/dev/null || die "Go is not installed, and it builds the control plane: $advice"
  # A Go that may fetch a newer toolchain does so inside this folder; one that may not,
  # or is too old to know how, fails: so this asks for the ability, not for a number.
  go list -m >/dev/null 2>&1 || die "$(go version 2>/dev/null || echo 'this Go') cannot build the control plane: $advice"
}

build() {
  local name=$1 version
  version=$(version_of "$name")
  say "building $name $version (minutes the first time, seconds with a warm build cache)"
  if [ "$name" = etcd ]; then
    go build -trimpath -ldflags '-s -w' -o "$bin/etcd" go.etcd.io/etcd/server/v3
  else
    # Without these a server reports v0.0.0-master, and kubectl warns about the skew.
    local stamp=k8s.io/component-base/version minor=${version#v1.}
    go build -trimpath -o "$bin/$name" -ldflags "-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%%.*}" \
      "k8s.io/kubernetes/cmd/$name"
  fi
  printf '%s\n' "$version" >"$bin/$name.version"
}

names="kube-apiserver etcd kubectl kube-controller-manager kube-scheduler"
wanted=
for name in $names; do
  if from_assets "$name"; then continue; fi
  case "${KUBEBUILDER_ASSETS:+set}/$name" in
    set/kube-apiserver | set/etcd | set/kubectl) die "KUBEBUILDER_ASSETS is set, but $KUBEBUILDER_ASSETS/$name is missing or not executable" ;;
    set/*) is_built "$name" || say "$name is not in $KUBEBUILDER_ASSETS (envtest has none), so it is built here" ;;
  esac
  is_built "$name" || wanted="$wanted $name"
done

if [ -n "$wanted" ]; then
  check_go
  mkdir -p "$bin"
  # Two runs at once (tests and a demo) must not both spend five minutes of two cores.
  if command -v flock >/dev/null; then
    exec 9>"$bin/.lock"
    flock -n 9 || { say "another build is running, waiting for it"; flock 9; }
  fi
  for name in $wanted; do
    is_built "$name" || build "$name"
  done
fi

for name in $names; do
  if from_assets "$name"; then echo "$name=$KUBEBUILDER_ASSETS/$name"; else echo "$name=$bin/$name"; fi
done
