#!/usr/bin/env bash
# Everything of a release, into dist/: the addon's zip, the extension's archive for one PHP, the installer, checksums.
#
#     PHP_CONFIG=/path/to/php-config scripts/package.sh     for another PHP than the one on the PATH
#
# Run it once per PHP series and machine; the archives are named apart. The extension is compiled and linked by zig
# against an old glibc, whatever this machine has, so that it runs on CentOS 7 and everything later.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -f $HOME/.cargo/env ]] && . "$HOME/.cargo/env"

readonly zig=0.15.2 zigbuild=0.22.3 # known to work together, and with the crates of Cargo.lock
readonly tools=$PWD/var/package-tools-$zig-$zigbuild
PHP_CONFIG=$(command -v "${PHP_CONFIG:-php-config}") || { echo "package.sh: there is no ${PHP_CONFIG:-php-config}" >&2; exit 1; }
export PHP_CONFIG

scripts/deps.sh package
if [[ ! -f $tools/complete ]]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check "ziglang==$zig" "cargo-zigbuild==$zigbuild"
    touch "$tools/complete"
fi

glibc=$(cd scripts && python3 -c 'from place.archive import GLIBC; print(GLIBC)')
target=$(rustc -vV | sed -n 's/^host: //p')
series=$("$("$PHP_CONFIG" --php-binary)" -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
crates=${CARGO_HOME:-$HOME/.cargo}/registry/src

# The compiler and linker for what runs on the site, C and Rust; what only runs during the build keeps this machine's.
# cargo-zigbuild itself would also give bindgen zig's C headers, which older versions of libclang cannot read.
cc=$tools/bin/cc-glibc-$glibc
printf '#!/bin/sh\nexec "%s" zig cc -- -fno-sanitize=all -ffile-prefix-map="%s"= -target %s-linux-gnu.%s "$@"\n' \
    "$tools/bin/cargo-zigbuild" "$crates/" "${target%%-*}" "$glibc" >"$cc"
chmod 755 "$cc"

# A folder per PHP: what is generated from the headers of one must not serve another.
flags="-Clinker=$cc --remap-path-prefix=$crates/= --remap-path-prefix=$PWD/="
env PATH="$tools/bin:$PATH" "CC_${target//-/_}=$cc" RUSTFLAGS="${RUSTFLAGS:-} $flags" \
    cargo build --release --locked -p chathub --target "$target" --target-dir "target/package-$series"
library=target/package-$series/$target/release/libchathub.so
if grep -qaF -e "$HOME/" -e "$PWD/" "$library"; then
    echo "package.sh: $library names folders of this machine" >&2
    exit 1
fi

scripts/services.py package
scripts/package.py extension "$library" --php-config "$PHP_CONFIG" --glibc "$glibc"
scripts/installer.sh dist/install-extension.sh
scripts/package.py sums
