#!/usr/bin/env bash
# Runs the long proofs at full size, one after the other, and prints their figures as a table. `make test` runs the
# same code at a small size. `prove.sh PROOF…` runs only those.
set -uo pipefail
cd "$(dirname "$0")/.."
[[ -f $HOME/.cargo/env ]] && . "$HOME/.cargo/env"

readonly proofs=(races lost crowd killed)
export CHATHUB_PROVE=full CHATHUB_FIGURES=$PWD/var/prove-log/figures

# What the worker does, against members, providers and other workers, on a real MariaDB.
races() {
    local database
    database=$(scripts/services.py db prove-store) || return 1
    CHATHUB_TEST_DB=$database cargo test --locked --test app worker_race -- --test-threads=1
    local result=$?
    scripts/services.py down prove-store
    return $result
}

lost() { in_place tests/faults/worker/lost.test.mjs; }
crowd() { in_place tests/faults/worker/crowd.test.mjs; }
killed() { in_place tests/faults/worker/killed.test.mjs; }

# Each in a place of its own: php-fpm, nginx, MariaDB, the sandbox.
in_place() {
    scripts/services.py up prove || return 1
    CHATHUB_ENV=$PWD/var/prove/env.json node --test "$1"
    local result=$?
    scripts/services.py down prove
    return $result
}

wanted=("$@")
if [[ ${#wanted[@]} -eq 0 ]]; then
    wanted=("${proofs[@]}")
    scripts/deps.sh && scripts/extension.sh || exit 1
fi
mkdir -p var/prove-log
: >"$CHATHUB_FIGURES"
failed=()
for proof in "${wanted[@]}"; do
    if [[ ! " ${proofs[*]} " == *" $proof "* ]]; then
        echo "prove.sh: there is no proof $proof" >&2
        exit 2
    fi
    echo "== $proof"
    "$proof" 2>&1 | tee "var/prove-log/$proof.log"
    [[ ${PIPESTATUS[0]} -eq 0 ]] || failed+=("$proof")
done

printf '\n'
awk -F'\t' '
    $1 != last { print (NR > 1 ? "\n" : "") $1; last = $1 }
    { printf "  %-66s %s\n", $2, $3 }' "$CHATHUB_FIGURES"
printf '\n%d proofs, %d failed%s\n' "${#wanted[@]}" "${#failed[@]}" "${failed:+: ${failed[*]}}"
[[ ${#failed[@]} -eq 0 ]]
