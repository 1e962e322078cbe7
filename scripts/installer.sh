#!/usr/bin/env bash
# Puts the parts of installer/ together into the one file that a site gets: `installer.sh FILE`.
set -euo pipefail
target=$(realpath -m "${1:?usage: installer.sh FILE}")
cd "$(dirname "$0")/../installer"

mkdir -p "$(dirname "$target")"
cat talk.sh find.sh fit.sh ini.sh record.sh main.sh >"$target"
chmod 755 "$target"
sh -n "$target"
