#!/usr/bin/env bash
# Runs every stage, goes on after a failure, and ends with `N passed, N failed` over all tests of all stages.
# `test.sh STAGE…` runs only those. A stage of tests that has none to run is a failure, and so is a skipped test.
set -uo pipefail
cd "$(dirname "$0")/.."
[[ -f $HOME/.cargo/env ]] && . "$HOME/.cargo/env"

readonly stages=(deps format clippy rust extension phpt lint host package migration sandbox e2e faults worker)
readonly checks=' deps format clippy extension lint ' # stages without tests to count

deps() { scripts/deps.sh; }
format() { cargo fmt --all --check; }
clippy() { cargo clippy --workspace --all-targets --locked -- -D warnings; }
extension() { scripts/extension.sh; }
phpt() { scripts/phpt.sh; }
lint() { scripts/lint.sh; }
sandbox() { npm --prefix tests/sandbox test; }

# Unit tests, vectors, properties, and the store on a real MariaDB.
rust() {
    local database
    database=$(scripts/services.py db test-store) || return 1
    CHATHUB_TEST_DB=$database cargo test --workspace --locked
    local result=$?
    scripts/services.py down test-store
    return $result
}

# The stand-in host against the facts about the real one.
host() {
    CHATHUB_PARENT=seen on_site test-host --no-extension --no-sandbox --addon tests/host/selftest/oddity \
        -- php tests/host/selftest/run.php var/test-host/env.json
}

# The zip, the archive, the installer, and what an administrator reads; the archive from the ordinary build.
package() { on_site test-package --no-extension --no-sandbox --no-addon -- python3 tests/package/run.py; }

# Databases of earlier versions, upgraded, killed and upgraded again.
migration() { on_site test-migration --no-sandbox --workers 1 -- python3 -B tests/migration/prove.py; }

e2e() { on_site test-e2e -- npm --prefix tests/e2e test; }
faults() { on_site test-faults -- npm --prefix tests/faults test; }
worker() { on_site test-worker -- npm --prefix tests/faults run worker; }

# on_site NAME [options of `services.py up`] -- COMMAND: the command finds the place by $CHATHUB_ENV.
on_site() {
    local name=$1 options=() result
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    scripts/services.py up "$name" "${options[@]}" || return 1
    CHATHUB_ENV=$PWD/var/$name/env.json "$@"
    result=$?
    scripts/services.py down "$name"
    return $result
}

# What the runners say about themselves: cargo, node --test, run-tests.php, and our own closing line.
count() {
    awk -v kind="$1" '
        /^test result: /                      { p += $4; f += $6 }
        /^(# |ℹ )pass [0-9]+$/                { p += $3 }
        /^(# |ℹ )fail [0-9]+$/                { f += $3 }
        /^Tests passed +: +[0-9]+/            { p += $4 }
        /^(# |ℹ )(skipped|todo) [0-9]+$/       { f += $3 }
        /^Tests (failed|warned|skipped) +: +[0-9]+/ { f += $4 }
        /^[0-9]+ passed, [0-9]+ failed$/      { p += $1; f += $3 }
        END { print (kind == "passed" ? p : f) + 0 }' "$2"
}

mkdir -p var/test
wanted=("$@")
[[ ${#wanted[@]} -gt 0 ]] || wanted=("${stages[@]}")
passed=0
failed=0
summary=()
for stage in "${wanted[@]}"; do
    if ! declare -F "$stage" >/dev/null || [[ ! " ${stages[*]} " == *" $stage "* ]]; then
        echo "test.sh: there is no stage $stage" >&2
        exit 2
    fi
    log=var/test/$stage.log
    echo "== $stage"
    began=$EPOCHREALTIME
    "$stage" 2>&1 | tee "$log"
    result=${PIPESTATUS[0]}
    seconds=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    stage_passed=$(count passed "$log")
    stage_failed=$(count failed "$log")
    if [[ $checks == *" $stage "* ]]; then
        ((stage_passed = result == 0, stage_failed = result != 0))
    elif [[ $stage_failed -eq 0 && ($result -ne 0 || $stage_passed -eq 0) ]]; then
        stage_failed=1
    fi
    ((passed += stage_passed, failed += stage_failed))
    summary+=("$(printf '%-10s %8s s %6d passed %4d failed' "$stage" "$seconds" "$stage_passed" "$stage_failed")")
done

printf '\n'
printf '%s\n' "${summary[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
