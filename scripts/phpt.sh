#!/usr/bin/env bash
# Runs tests/phpt with PHP's own runner against the release build of the extension.
set -euo pipefail
cd "$(dirname "$0")/.."

runner=$(php-config --prefix)/lib/php/$(php-config --phpapi)/build/run-tests.php
[[ -f $runner ]] || runner=$(dirname "$(php-config --extension-dir)")/build/run-tests.php
[[ -f $runner ]] || runner=$(php-config --extension-dir)/build/run-tests.php
extension=$PWD/target/release/libchathub.so
[[ -f $extension ]] || { echo "phpt.sh: $extension is not built" >&2; exit 1; }
[[ -n $(find tests/phpt -name '*.phpt' 2>/dev/null) ]] || { echo "phpt.sh: tests/phpt holds no tests" >&2; exit 1; }

export NO_INTERACTION=1 TEST_PHP_EXECUTABLE=${PHP:-$(command -v php)}
rm -rf var/phpt
mkdir -p var/phpt
# The runner leaves what failed beside the tests; it belongs into var/phpt.
keep_leftovers() {
    local test kind
    while read -r test; do
        for kind in diff exp log out php sh; do
            [[ ! -f ${test%phpt}$kind ]] || mv "${test%phpt}$kind" var/phpt/
        done
    done < <(find tests/phpt -name '*.phpt')
}
trap keep_leftovers EXIT
php -n "$runner" -q -n -g FAIL,XFAIL,BORK,WARN,LEAK,SKIP --show-diff -d extension="$extension" "$@" tests/phpt
