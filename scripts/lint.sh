#!/usr/bin/env bash
# PHP: syntax of every file, PSR-12 of everything that runs.  Shell and Python: syntax.
set -euo pipefail
cd "$(dirname "$0")/.."

listed() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [[ -f $file ]] && echo "$file"; done; }

mapfile -t php < <(listed '*.php')
failed=0
for file in "${php[@]}"; do
    php -n -d error_reporting=-1 -d display_errors=1 -l "$file" >/dev/null || failed=1
done
phpcs -n --standard=scripts/phpcs.xml -q "${php[@]}" || failed=1

mapfile -t shell < <(listed '*.sh' .ci/run)
for file in "${shell[@]}"; do
    bash -n "$file" || failed=1
done
mapfile -t python < <(listed '*.py')
python3 - "${python[@]}" <<'PY' || failed=1
import ast, pathlib, sys
for name in sys.argv[1:]:
    ast.parse(pathlib.Path(name).read_text(), name)
PY
echo "${#php[@]} PHP, ${#shell[@]} shell and ${#python[@]} Python files checked"
exit $failed
