#!/usr/bin/env bash
# Holds that the image which build.sh made is what it should be, and prints its digest and size.
#
#   image/inspect.sh FOLDER
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
out=$(realpath "${1:-$here/target/image}")
cd "$here"
most=$((20 * 1000 * 1000)) # bytes of what a node pulls

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
image=$out/oci:$version

is() { # WHAT FOUND EXPECTED
  [ "$2" = "$3" ] || { echo "the image's $1 is $2, not $3" >&2; exit 1; }
}
config() { skopeo inspect --config --format "{{.$1}}" "oci:$image"; }
is user "$(config Config.User)" 65532:65532
is entrypoint "$(config Config.Entrypoint)" '[/seawall]'
is revision "$(skopeo inspect --format '{{index .Labels "org.opencontainers.image.revision"}}' "oci:$image")" "$(git rev-parse HEAD)"

size=$(cat "$out"/oci/blobs/sha256/* | wc -c)
[ "$size" -lt "$most" ] || { echo "the image has $size bytes, and should have fewer than $most" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umoci unpack --rootless --image "$image" "$root/bundle"
is "list of files" "$(cd "$root/bundle/rootfs" && find . -type f | sort | tr '\n' ' ')" \
  './licenses/LICENSE ./licenses/licenses.txt ./licenses/seawall.cdx.json ./seawall '
# A dynamic program would ask for a loader that is not there.
headers=$(readelf --program-headers "$root/bundle/rootfs/seawall")
[[ $headers == *LOAD* && $headers != *INTERP* ]] || { echo "the program in the image is not static" >&2; exit 1; }

skopeo inspect --format '{{.Digest}}' "oci:$image" >"$out/digest"
echo "image $version for $(config Architecture): $((size / 1000)) kB, $(cat "$out/digest")"
echo "  in $out/oci"
