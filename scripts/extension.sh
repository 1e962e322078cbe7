#!/usr/bin/env bash
# Builds the extension for the php on the command line: dist/chathub.so, loaded once to be sure.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -f $HOME/.cargo/env ]] && . "$HOME/.cargo/env"

cargo build --release --locked -p chathub
mkdir -p dist
cp target/release/libchathub.so dist/chathub.so
php -n -d extension="$PWD/dist/chathub.so" -r 'echo "dist/chathub.so ", phpversion("chathub"), " for PHP ", PHP_VERSION, "\n";'
