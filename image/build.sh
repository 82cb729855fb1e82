#!/usr/bin/env bash
# Makes an OCI image of Seawall without a container engine: one static program, the licences of what it is made of and
# its bill of materials, from scratch. The same commit and toolchain make the same image, byte for byte.
#
#   image/build.sh [FOLDER]
#
# FOLDER (target/image if it is not given) then holds:
#   oci/                the image as an OCI layout; `skopeo copy oci:FOLDER/oci:VERSION docker://...` publishes it
#   seawall.cdx.json    the bill of materials (CycloneDX)
#   licenses.txt        the licences
#   digest              the digest of the image's manifest
#
# An image of an earlier run is replaced; what else is in FOLDER stays.
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
out=$(realpath -m "${1:-$here/target/image}")
cd "$here"

need() { # PROGRAM HOW
  command -v "$1" >/dev/null || { echo "$1 is not installed: $2" >&2; exit 1; }
}
need cargo 'see https://rustup.rs, or install rustup from your distribution'
need umoci 'it puts the image together; install the package umoci'
need readelf 'it shows whether the program is static; install the package binutils'
need skopeo 'it reads the image again; install the package skopeo'
need cargo-cyclonedx 'it writes the bill of materials; run cargo install --locked cargo-cyclonedx'
need cargo-about 'it collects the licences; run cargo install --locked cargo-about --features cli'

target=${SEAWALL_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}
case $target in
x86_64-*-linux-*) architecture=amd64 ;;
aarch64-*-linux-*) architecture=arm64 ;;
*)
  echo "an image holds a program for Linux on x86_64 or aarch64, not for $target: set SEAWALL_TARGET" >&2
  exit 1
  ;;
esac
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# What is built of a changed tree is not what its commit says.
[ -z "$(git status --porcelain --untracked-files=no)" ] || { echo "the tree has changes that are in no commit: commit them, or build from a clone" >&2; exit 1; }
commit=$(git rev-parse HEAD)
# When the commit was made stands for every time in the image.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)

mkdir -p "$out"
rm -rf "$out/oci" "$out/digest"
files=$(mktemp -d)
trap 'rm -rf "$files" seawall.cdx.json' EXIT

SEAWALL_TARGET=$target image/program.sh "$files/seawall"

cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$target" --no-build-deps --override-filename seawall.cdx
# It names the crate by the folder that it was built in.
sed "s|path+file://$PWD|path+file:///seawall|g" seawall.cdx.json >"$out/seawall.cdx.json"
cargo about generate --locked --fail --target "$target" --config image/licenses.toml --output-file "$out/licenses.txt" image/licenses.hbs

mkdir "$files/licenses"
cp LICENSE "$out/licenses.txt" "$out/seawall.cdx.json" "$files/licenses/"
chmod -R u=rwX,go=rX "$files"
find "$files" -exec touch --no-dereference --date="$created" {} +

umoci init --layout "$out/oci"
umoci new --image "$out/oci:$version"
umoci insert --rootless --image "$out/oci:$version" --history.created "$created" --history.created_by image/build.sh "$files" /
umoci config --image "$out/oci:$version" --no-history --created "$created" --architecture "$architecture" --os linux \
  --config.user 65532:65532 --config.entrypoint /seawall \
  --config.label org.opencontainers.image.title=seawall \
  --config.label "org.opencontainers.image.version=$version" \
  --config.label "org.opencontainers.image.revision=$commit" \
  --config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$out/oci"

image/inspect.sh "$out"
