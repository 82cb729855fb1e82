#!/usr/bin/env bash
# Builds the program that goes into the image: static, so that nothing else has to be there, and the same bytes
# wherever it is built with the same toolchain.
#
#   image/program.sh FILE
#
# SEAWALL_COMMIT    the commit that `--version` names; git is asked if it is not set, and none is named if that cannot say
# SEAWALL_TARGET    the target triple to build for; this machine's if it is not set
set -euo pipefail
file=$(realpath -m "${1:?the file to write is missing}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${SEAWALL_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}
SEAWALL_COMMIT=${SEAWALL_COMMIT:-$(git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || true)}
export SEAWALL_COMMIT

# Paths of this machine are in what a panic prints, and in what C's __FILE__ says: they would make each machine's
# program another one.
home=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$home=/cargo --remap-path-prefix=$PWD=/seawall"
export CFLAGS="-ffile-prefix-map=$home=/cargo -ffile-prefix-map=$PWD=/seawall"

# With a target named, the flags are not those of build scripts and macros, which cannot be static.
cargo build --release --locked --quiet --bin seawall --target "$target"
install -D -m 0755 "${CARGO_TARGET_DIR:-target}/$target/release/seawall" "$file"
