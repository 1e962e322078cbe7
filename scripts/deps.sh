#!/usr/bin/env bash
# Installs what is missing, and nothing else: `deps.sh demo` for building and running, `deps.sh` for testing too,
# `deps.sh package` for a release.
# Written for Debian 12 and newer; elsewhere it names what is missing. Quick when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly set=${1:-test}
readonly rust_wanted=88 # 1.88, as in Cargo.toml
packages=()

has() { command -v "$1" >/dev/null 2>&1 || [[ -x /usr/sbin/$1 ]]; }
need() { has "$1" || packages+=("${@:2}"); }
need_file() { compgen -G "$1" >/dev/null || packages+=("$2"); }

# The gateway's library, which the vault is checked against.
has_cryptography() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import cryptography' 2>/dev/null && return
    done
    return 1
}

php_series() { php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;'; }

missing_php() {
    if ! has php; then
        packages+=(php-cli php-fpm php-dev php-mysql php-mbstring php-curl php-zip php-xml)
        return
    fi
    local series module loaded
    series=$(php_series)
    loaded=$(php -m)
    has "php-fpm$series" || need php-fpm "php$series-fpm"
    need php-config "php$series-dev"
    for module in pdo_mysql:mysql mbstring:mbstring curl:curl zip:zip dom:xml; do
        grep -qix "${module%:*}" <<<"$loaded" || packages+=("php$series-${module#*:}")
    done
}

missing_tools() {
    need python3 python3
    need cc build-essential
    need make make
    need pkg-config pkg-config
    need_file '/usr/lib/llvm-*/lib/libclang[.-][!c]*so*' libclang-dev
    need_file '/etc/ssl/certs/ca-certificates.crt' ca-certificates
    if [[ $set == package ]]; then
        # Debian's python3 comes without what its venv module needs.
        has python3 && python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
        return
    fi
    need mariadbd mariadb-server
    need mariadb mariadb-client
    need nginx nginx
    need node nodejs
    need npm npm
    [[ $set == demo ]] && return
    need git git
    need openssl openssl
    need phpcs php-codesniffer
    has_cryptography || packages+=(python3-cryptography)
    need chromium chromium
    need wrk wrk
    need_file '/usr/share/fonts/opentype/noto/NotoSansCJK*' fonts-noto-cjk
}

# A service that a package starts by itself would take its port and its data directory for granted.
install_packages() {
    local as_root=() policy=/usr/sbin/policy-rc.d
    if ! has apt-get; then
        echo "deps.sh: this is not Debian; please install what these packages hold: ${packages[*]}" >&2
        exit 1
    fi
    if [[ $EUID -ne 0 ]]; then
        has sudo || { echo "deps.sh: root is needed to install: ${packages[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    echo "installing ${packages[*]}"
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
        trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    mkdir -p var
    if ! {
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${packages[@]}"
    } >var/apt.log 2>&1 </dev/null; then
        tail -n 25 var/apt.log >&2
        echo "deps.sh: apt-get failed; the whole story is in var/apt.log" >&2
        exit 1
    fi
}

cargo_is_new_enough() {
    local version
    version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
    [[ $version =~ ^1\.([0-9]+) && ${BASH_REMATCH[1]} -ge $rust_wanted ]]
}

# Debian keeps a current compiler for its browsers (rustc-web); without it, rustup is the person's choice to make.
missing_rust() {
    cargo_is_new_enough && return
    has rustup && rustup toolchain install stable --profile minimal && cargo_is_new_enough && return
    if has apt-cache && apt-cache policy cargo-web 2>/dev/null | grep 'Candidate: [0-9]' >/dev/null; then
        packages+=(cargo-web rustc-web rustfmt-web)
    fi
}

check_rust() {
    if ! cargo_is_new_enough; then
        echo "deps.sh: Rust 1.$rust_wanted or newer is needed; install it from https://rustup.rs and run this again" >&2
        exit 1
    fi
    [[ $set != test ]] && return
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
    has rustup && rustup component add rustfmt clippy && return
    echo "deps.sh: the tests also need rustfmt and clippy (rustup component add rustfmt clippy)" >&2
    exit 1
}

check_node() {
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    if [[ $major -lt 18 || ($set != demo && $major -lt 20) ]]; then
        echo "deps.sh: Node $major is too old: 18 for the demo, 20 for the tests" >&2
        exit 1
    fi
}

# A stamp beside the modules says from which lock file they came.
node_modules() {
    local lock folder stamp sum
    for lock in tests/*/package-lock.json; do
        [[ -f $lock ]] || continue
        folder=$(dirname "$lock")
        [[ $set == demo && $folder != tests/sandbox ]] && continue
        stamp=$folder/node_modules/.installed-from
        sum=$(sha256sum <"$lock")
        [[ -f $stamp && $(<"$stamp") == "$sum" ]] && continue
        echo "installing the Node modules of $folder"
        PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error
        mkdir -p "$folder/node_modules"
        printf '%s\n' "$sum" >"$stamp"
    done
}

[[ -f $HOME/.cargo/env ]] && . "$HOME/.cargo/env"
if ! has apt-get && ! has php; then
    echo "deps.sh: neither PHP nor apt-get is here" >&2
    exit 1
fi
missing_php
missing_tools
[[ ${#packages[@]} -eq 0 ]] || install_packages
packages=()
missing_rust
[[ ${#packages[@]} -eq 0 ]] || install_packages
check_rust
[[ $set != package ]] || exit 0
check_node
node_modules
