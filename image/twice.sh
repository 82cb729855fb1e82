#!/usr/bin/env bash
# Builds the image of this commit once more, in another folder, and holds that it is the same.
#
#   image/twice.sh FOLDER     where image/build.sh put the first one
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
first=$(cat "${1:-$here/target/image}/digest")
cd "$here"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone --quiet . "$copy/elsewhere"
unset CARGO_TARGET_DIR
"$copy/elsewhere/image/build.sh" "$copy/image"
second=$(cat "$copy/image/digest")

[ "$first" = "$second" ] || { echo "built twice, this commit is $first and $second" >&2; exit 1; }
echo "the same digest twice"
