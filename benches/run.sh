#!/usr/bin/env bash
# Prints the table of measurements; `run.sh --quick` takes a minute and says little.
set -euo pipefail
cd "$(dirname "$0")/.."

down() {
    scripts/services.py down bench
    scripts/services.py down bench-bare
}
trap down EXIT
# A call that hangs ends after 2 s, so that the rounds can take turns; three at a time hang all the same.
scripts/services.py up bench --ini chathub.provision_timeout=2 >/dev/null
scripts/services.py up bench-bare --no-extension --no-addon --no-sandbox >/dev/null
python3 -B benches/bench.py "$@" var/bench/env.json var/bench-bare/env.json
