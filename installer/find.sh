
# --- finding the PHPs of this machine ------------------------------------------------------------

root=${CHATHUB_INSTALL_ROOT:-} # another folder to look for PHPs in, for tests

# The PHPs that a site could run on, one path a line, each once: on the PATH, 宝塔, containers and
# builds from source, Debian and its relatives, Remi.
candidates() {
    for one in "$(command -v php || :)" \
        "$root"/www/server/php/*/bin/php \
        "$root"/usr/local/bin/php "$root"/usr/local/php*/bin/php \
        "$root"/usr/bin/php[5-9].[0-9] "$root"/opt/remi/php*/root/usr/bin/php; do
        if [ -n "$one" ] && [ -f "$one" ] && [ -x "$one" ]; then readlink -f "$one"; fi
    done | awk '!seen[$0]++'
}

# field FILE NAME: the value that phpinfo gave in its text form; empty for "(none)" and "no value".
field() { sed -n "s/^$2 => //p" "$1" | sed -n '1{s/ => .*//;s/^(none)$//;s/^no value$//;p;}'; }

# The version of the extension that phpinfo shows; empty when it is not loaded.
loaded_version() { sed -n '/^chathub$/,/^Version => /s/^Version => //p' "$1" | head -n 1; }

# The ini files that were read, one a line.
ini_files() {
    field "$1" 'Loaded Configuration File'
    awk '/^Additional \.ini files parsed => / { sub(/^.* => /, ""); on = 1 }
        on { more = sub(/,$/, ""); if ($0 != "" && $0 != "(none)") print; if (!more) exit }' "$1"
}

# The machine code in a file: x86_64, arm64, other; nothing when it is no library or program of this system.
machine_of() {
    case $(od -An -tx1 -N20 "$1" 2>/dev/null | tr -d ' \n') in
        7f454c460201*3e00) echo x86_64 ;;
        7f454c460201*b700) echo arm64 ;;
        7f454c46*) echo other ;;
    esac
}

# look_at PHP: sets php, version, series, build (API number and thread safety, as PHP compares it) and machine;
# leaves phpinfo without any ini file in $tmp/bare.
look_at() {
    php=$1
    version='' series='' build='' machine=''
    "$php" -n -i >"$tmp/bare" 2>/dev/null </dev/null || return 0
    version=$(field "$tmp/bare" 'PHP Version')
    series=$(printf '%s' "$version" | sed -n 's/^\([0-9]*\.[0-9]*\).*/\1/p')
    build=$(field "$tmp/bare" 'PHP Extension Build')
    machine=$(machine_of "$php")
    if [ -z "$machine" ]; then # a script that calls another program
        case $(field "$tmp/bare" System) in
            *x86_64) machine=x86_64 ;;
            *aarch64 | *arm64) machine=arm64 ;;
            *) machine=other ;;
        esac
    fi
}

# The php-fpm beside the PHP, if it is of the same series.
find_fpm() {
    if [ -n "$fpm" ]; then
        [ -x "$fpm" ] || refuse "找不到 php-fpm：$fpm 不存在或不能执行，请检查 --fpm 的路径。" \
            "There is no php-fpm at $fpm: please check the path after --fpm."
        fpm=$(readlink -f "$fpm")
        return
    fi
    folder=$(dirname "$php")
    for one in "$folder/../sbin/php-fpm$series" "$folder/../sbin/php-fpm" "$folder/php-fpm$series" "$folder/php-fpm"; do
        [ -f "$one" ] && [ -x "$one" ] || continue
        "$one" -n -i >"$tmp/try" 2>/dev/null </dev/null || continue
        case $(field "$tmp/try" 'PHP Version') in "$series".*) fpm=$(readlink -f "$one"); return ;; esac
    done
}
