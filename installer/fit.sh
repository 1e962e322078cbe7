
# --- does the library fit? -----------------------------------------------------------------------

series_of() {
    case $1 in
        API20210902*) echo 'PHP 8.1' ;;
        API20220829*) echo 'PHP 8.2' ;;
        API20230831*) echo 'PHP 8.3' ;;
        API20240924*) echo 'PHP 8.4' ;;
        API20250925*) echo 'PHP 8.5' ;;
        *) echo 'PHP' ;;
    esac
}

# The version of glibc; nothing on a system with another C library.
glibc() {
    { getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>/dev/null | sed -n '1s/^ldd .* /glibc /p'; } |
        sed -n 's/^glibc //p'
}

# Why the PHP cannot take any build of the extension; nothing when it can.
unsuited_php() {
    if [ -z "$version" ]; then
        tell "$php 不能作为 PHP 运行：请检查 --php 的路径，或先执行 $php -v 看它报告什么。" \
            "$php does not run as a PHP: please check the path after --php, or see what $php -v reports."
    elif older "$version" 8.1; then
        tell "$php 是 PHP $version，而 ChatHub 需要 PHP 8.1 或更高：请为站点换用 PHP 8.1 以上的版本，再用 --php 指定它。" \
            "$php is PHP $version, and ChatHub needs PHP 8.1 or newer: please run the site on a newer PHP and name it with --php."
    elif ! printf '%s' "$build" | grep ',NTS$' >/dev/null; then
        tell "$php 是线程安全版（ZTS）或调试版的 PHP（$build），而 ChatHub 只提供普通的 NTS 版：请为站点换用 NTS 的 php-fpm。" \
            "$php is a thread-safe (ZTS) or debug PHP ($build), and ChatHub is built for NTS: please run the site on an NTS php-fpm."
    elif [ -z "$(glibc)" ]; then
        tell "这个系统没有 glibc（多半是使用 musl 的 Alpine 镜像），chathub.so 无法在上面运行：请换用基于 Debian 的 PHP 镜像，例如 php:$series-fpm。" \
            "This system has no glibc (an Alpine image with musl, most likely), which chathub.so needs: please use a PHP image based on Debian, for example php:$series-fpm."
    fi
}

# pick_library: sets library to the .so for this PHP, from --so or from beside this script.
# Says what is missing and fails when there is none.
pick_library() {
    library=''
    source=$so
    if [ -z "$source" ]; then
        here=$(dirname "$(readlink -f "$0")")
        names=$machine
        [ "$machine" != arm64 ] || names='arm64 aarch64'
        for name in $names; do
            for one in "$here"/php_chathub-*_php"$series-$name"-linux-glibc-nts.tgz; do
                [ -f "$one" ] || continue
                if [ -n "$source" ]; then
                    tell "本脚本旁边有几个适合 PHP $series 的安装包：请用 --so 指定其中一个。" \
                        "Several archives for PHP $series are beside this script: please name one with --so."
                    return 1
                fi
                source=$one
            done
        done
        if [ -z "$source" ] && [ -f "$here/chathub.so" ]; then source=$here/chathub.so; fi
        if [ -z "$source" ]; then
            tell "本脚本旁边没有适合 PHP $series（$machine）的扩展：请把 php_chathub-版本_php$series-$machine-linux-glibc-nts.tgz 放到 $here，或用 --so 指定文件。" \
                "No extension for PHP $series ($machine) is beside this script: please put php_chathub-VERSION_php$series-$machine-linux-glibc-nts.tgz into $here, or name a file with --so."
            return 1
        fi
    elif [ ! -f "$source" ] || [ ! -r "$source" ]; then
        tell "读不到扩展文件 $source：请检查 --so 的路径和文件的权限。" \
            "The extension file $source cannot be read: please check the path after --so and the file's permissions."
        return 1
    fi
    case $source in
        *.tgz | *.tar.gz)
            rm -f "$tmp/chathub.so"
            if ! tar -xzf "$source" -C "$tmp" chathub.so 2>/dev/null; then
                tell "$source 已损坏，或里面没有 chathub.so：请重新下载安装包。" \
                    "$source is damaged or holds no chathub.so: please download it again."
                return 1
            fi
            library=$tmp/chathub.so
            ;;
        *) library=$(readlink -f "$source") ;;
    esac
}

# Why this PHP cannot take this library, told from the file alone; nothing when it seems to fit.
unsuited_library() {
    kind=$(machine_of "$library")
    wanted=$(grep -ao 'API[0-9]\{8\},N\{0,1\}TS[a-z,]*' "$library" | head -n 1) || :
    needs=$(grep -ao 'GLIBC_2\.[0-9][0-9]*' "$library" | sed 's/GLIBC_//' | sort -t. -k2,2n | tail -n 1) || :
    has=$(glibc)
    if [ -z "$kind" ] || [ -z "$wanted" ]; then
        tell "$source 不是可用的 PHP 扩展，文件可能没有传完整：请重新下载，并以二进制方式上传。" \
            "$source is no usable PHP extension, it may be incomplete: please download it again and upload it as binary."
    elif [ "$kind" != "$machine" ]; then
        tell "$source 是为 $kind 编译的，而这个 PHP 运行在 $machine 上：请换用文件名里带 $machine 的安装包。" \
            "$source is built for $kind, and this PHP runs on $machine: please take the archive with $machine in its name."
    elif [ "$wanted" != "$build" ]; then
        tell "$source 是为 $(series_of "$wanted")（$wanted）编译的，而 $php 是 PHP $version（$build）：请换用文件名里带 php$series 的安装包。" \
            "$source is built for $(series_of "$wanted") ($wanted), and $php is PHP $version ($build): please take the archive with php$series in its name."
    elif older "$has" "$needs"; then
        tell "$source 需要 glibc $needs 或更高，而本机是 glibc $has：请使用发布的安装包（只需要 glibc 2.17），或升级系统。" \
            "$source needs glibc $needs or newer, and this machine has $has: please take a released archive (those need only glibc 2.17), or a newer system."
    fi
}

# load_once: runs the PHP once with nothing but the library and sets new_version; says why not and fails otherwise.
load_once() {
    status=0
    "$php" -n -d display_errors=1 -d display_startup_errors=1 -d log_errors=0 -d html_errors=0 \
        -d extension="$1" -i >"$tmp/load" 2>&1 </dev/null || status=$?
    new_version=$(loaded_version "$tmp/load")
    [ $status -ne 0 ] || [ -z "$new_version" ] || return 0
    said=$(grep -m 1 -v '^$' "$tmp/load" | cut -c 1-400) || :
    case $(cat "$tmp/load") in
        *'failed to map segment'*)
            tell "系统不允许从 ${1%/*} 加载程序（该分区以 noexec 挂载）：请把 chathub.so 解压到别的目录，再用 --so 指定它。" \
                "This system does not run code from ${1%/*} (mounted noexec): please unpack chathub.so elsewhere and name it with --so." ;;
        *)
            [ $status -lt 128 ] || said="signal $((status - 128))"
            tell "$php 试加载 $source 失败，因此没有改动任何文件：请确认安装包完整并与系统相符；PHP 报告：$said" \
                "$php could not load $source, so nothing was changed: please make sure that the archive is whole and meant for this system; PHP reports: $said" ;;
    esac
    return 1
}

# Everything that can be told of one PHP before anything is written. Prints the reason and fails when it does not fit.
fits() {
    reason=$(unsuited_php)
    if [ -z "$reason" ]; then
        pick_library >"$tmp/why" || reason=$(cat "$tmp/why")
    fi
    [ -n "$reason" ] || reason=$(unsuited_library)
    if [ -z "$reason" ]; then
        load_once "$library" >"$tmp/why" || reason=$(cat "$tmp/why")
    fi
    [ -z "$reason" ] || { printf '%s\n' "$reason"; return 1; }
}
