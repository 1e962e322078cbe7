#!/usr/bin/env bash
# Runs tests/phpt with PHP's own runner against the release build of the extension, or another: EXTENSION=/path.
set -euo pipefail
cd "$(dirname "$0")/.."

runner=$(php-config --prefix)/lib/php/$(php-config --phpapi)/build/run-tests.php
[[ -f $runner ]] || runner=$(dirname "$(php-config --extension-dir)")/build/run-tests.php
[[ -f $runner ]] || runner=$(php-config --extension-dir)/build/run-tests.php
extension=$(realpath -m "${EXTENSION:-target/release/libchathub.so}")
[[ -f $extension ]] || { echo "phpt.sh: $extension is not built" >&2; exit 1; }
compgen -G 'tests/phpt/*.phpt' >/dev/null || { echo "phpt.sh: tests/phpt holds no tests" >&2; exit 1; }

export NO_INTERACTION=1 TEST_PHP_EXECUTABLE=${PHP:-$(command -v php)}
export CHATHUB_ROOT=$PWD CHATHUB_EXTENSION=$extension
mkdir -p var/phpt
run=$(mktemp -d var/phpt/run-XXXXXX) # the runner writes its output beside the tests
trap 'rm -rf "$run"' EXIT
cp -r tests/phpt/. "$run"
php -n "$runner" -q -n -g FAIL,XFAIL,BORK,WARN,LEAK,SKIP --show-diff -d extension="$extension" "$@" "$run"
