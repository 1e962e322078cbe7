#!/bin/sh
# install-extension.sh: puts chathub.so into a PHP, checks that it fits, and takes it out again.
# ChatHub for FastAdmin, AGPL-3.0.  --help tells the options; docs/install.md the rest.
set -eu
umask 022

# Chinese, unless the terminal's language is said to be another one.
chinese=yes
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
    '' | C | C.* | POSIX | zh*) ;;
    *) chinese=no ;;
esac
LC_ALL=C # what other programs answer is read below
export LC_ALL

tell() { if [ "$chinese" = yes ]; then printf '%s\n' "$1"; else printf '%s\n' "$2"; fi; }

# One sentence that says what is wrong and what to do about it.
refuse() {
    tell "$1" "$2" >&2
    exit 1
}

usage() {
    tell "用法：sh install-extension.sh [选项]
  --php FILE   装入哪个 PHP，例如 /www/server/php/82/bin/php；机器上只有一个合适的 PHP 时不必给出
  --fpm FILE   这个 PHP 的 php-fpm；通常能自己找到
  --so FILE    chathub.so 或 php_chathub-….tgz；默认取本脚本旁边的文件
  --dry-run    只检查，并说出会做什么；不写任何文件，不需要 root
  --reload     完成后重载 php-fpm
  --undo       撤销上一次安装，把文件恢复原样
  --force      允许换回更旧的版本" \
        "Usage: sh install-extension.sh [options]
  --php FILE   the PHP to install into, e.g. /usr/bin/php8.2; not needed when only one PHP here fits
  --fpm FILE   the php-fpm of that PHP; usually found by itself
  --so FILE    chathub.so or php_chathub-….tgz; by default the file beside this script
  --dry-run    only check, and say what would be done; writes nothing, needs no root
  --reload     reload php-fpm afterwards
  --undo       take back the last installation, every file as it was
  --force      allow an older version than the installed one"
}

# older A B: is version A below version B?
older() {
    awk -v a="$1" -v b="$2" 'BEGIN {
        split(a, x, "."); split(b, y, ".")
        for (i = 1; i <= 4; i++) if (x[i] + 0 != y[i] + 0) exit !(x[i] + 0 < y[i] + 0)
        exit 1
    }'
}

sum() { cksum <"$1" 2>/dev/null | tr ' ' '-'; }
