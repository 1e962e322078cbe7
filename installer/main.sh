
# --- the two ways through ------------------------------------------------------------------------

php='' fpm='' so='' dry=no reload=no undo=no force=no locked='' draft=''

# choose_php: sets php; by --php, or the only one here that fits.
choose_php() {
    if [ -n "$php" ]; then
        [ -f "$php" ] && [ -x "$php" ] || refuse "找不到 PHP：$php 不存在或不能执行，请检查 --php 的路径。" \
            "There is no PHP at $php: please check the path after --php."
        look_at "$(readlink -f "$php")"
        fits >"$tmp/reason" || refuse "$(cat "$tmp/reason")" "$(cat "$tmp/reason")"
        return
    fi
    candidates >"$tmp/candidates"
    [ -s "$tmp/candidates" ] || refuse "这台机器上没有找到 PHP：如果 PHP 在容器里（例如 1Panel），请在容器内运行本脚本，否则用 --php 给出路径。" \
        "No PHP was found on this machine: if it is in a container (1Panel), please run this script in there, otherwise name it with --php."
    chosen='' fitting=0 total=0
    while IFS= read -r candidate; do
        look_at "$candidate"
        total=$((total + 1))
        if fits >"$tmp/reason"; then
            fitting=$((fitting + 1))
            chosen=$candidate
            tell "- $candidate：PHP $version，适合" "- $candidate: PHP $version, fits" >>"$tmp/list"
        else
            printf -- '- ' >>"$tmp/list"
            cat "$tmp/reason" >>"$tmp/list"
        fi
    done <"$tmp/candidates"
    if [ $fitting -eq 0 ] && [ $total -eq 1 ]; then refuse "$(cat "$tmp/reason")" "$(cat "$tmp/reason")"; fi
    [ $total -eq 1 ] || cat "$tmp/list"
    [ $fitting -gt 0 ] || refuse "以上 PHP 都不适合，原因见各行：请按其中一行的提示处理，再用 --php 指定那个 PHP。" \
        "None of these PHPs fits, for the reasons above: please do what one of the lines says, and name that PHP with --php."
    [ $fitting -eq 1 ] || refuse "有几个合适的 PHP：请用 --php 指定站点使用的那一个，例如 --php $chosen。" \
        "Several PHPs fit: please name the one that the site uses, for example --php $chosen."
    look_at "$chosen"
    fits >"$tmp/reason" || refuse "$(cat "$tmp/reason")" "$(cat "$tmp/reason")"
}

# Reads what the PHP of the command line and of php-fpm see, and where the library belongs.
look_around() {
    "$php" -i >"$tmp/cli" 2>/dev/null </dev/null || :
    find_fpm
    seen=$tmp/cli
    if [ -n "$fpm" ]; then
        "$fpm" -i >"$tmp/fpm" 2>/dev/null </dev/null || :
        seen=$tmp/fpm
    fi
    folder_so=$(field "$seen" extension_dir)
    case $folder_so in
        /*) ;;
        *) refuse "PHP 的 extension_dir（$folder_so）不是绝对路径：请在 php.ini 中改为绝对路径后再运行。" \
            "The PHP's extension_dir ($folder_so) is no absolute path: please make it one in php.ini and run this again." ;;
    esac
    [ -d "$folder_so" ] || refuse "PHP 的扩展目录 $folder_so 不存在：请先建立这个目录（mkdir -p），或改正 php.ini 的 extension_dir。" \
        "The PHP's extension folder $folder_so does not exist: please create it (mkdir -p), or correct extension_dir in php.ini."
    target=$folder_so/chathub.so
    record=$folder_so/chathub-install
}

install_library() {
    choose_php
    look_around
    tell "PHP $version：$php${fpm:+，php-fpm：$fpm}" "PHP $version: $php${fpm:+, php-fpm: $fpm}"
    [ -n "$fpm" ] || tell "注意：没有找到这个 PHP 的 php-fpm，只处理命令行；如有，请用 --fpm 指定。" \
        "Note: no php-fpm of this PHP was found, only the command line is served; if there is one, name it with --fpm."
    if [ "$dry" = no ]; then
        may_write "$target"
        lock
        if [ -f "$record/record" ] && ! grep '^done$' "$record/record" >/dev/null; then
            tell "上一次安装没有完成，先恢复原样。" "The last installation broke off; it is taken back first."
            undo_record
            look_around
        fi
    fi
    refuse_older
    plan
    if [ ! -s "$tmp/plan" ] && is_loaded; then
        tell "chathub $new_version 已经安装，不需要做什么。" "chathub $new_version is installed already; there is nothing to do."
        return
    fi
    while IFS=$tab read -r kind file line; do
        case $kind in
            library) say_done "写入 $file（chathub $new_version）" "writing $file (chathub $new_version)" ;;
            *) say_done "在 $file 写入 $line" "writing $line into $file" ;;
        esac
    done <"$tmp/plan"
    [ "$dry" = no ] || return 0
    write_record
    if ! apply_record; then
        undo_record
        refuse "写入文件失败（见上面的报错），已恢复原样：请检查磁盘空间与权限；如果 php.ini 是单独挂载进容器的文件，请在容器外修改它。" \
            "A file could not be written (see the error above), so everything was put back: please check space and permissions; a php.ini that is mounted into a container must be edited outside of it."
    fi
    if ! is_loaded; then
        undo_record
        refuse "安装之后 PHP 没有加载到 chathub $new_version，已恢复原样：请执行 $php -i 查看启动时的报错，处理后再运行。" \
            "After the installation PHP did not load chathub $new_version, so everything was put back: please see what $php -i reports at its start, and run this again."
    fi
    close_record
    next_steps
}

# The tables only ever go forward, so an older extension may meet tables that it does not know.
refuse_older() {
    installed=$(loaded_version "$seen")
    [ -n "$installed" ] || installed=$(loaded_version "$tmp/cli")
    if [ -n "$installed" ] && older "$new_version" "$installed" && [ "$force" = no ]; then
        refuse "已经安装了更新的 chathub $installed，不会换成 $new_version：请下载 $installed 以上的安装包；确实要换回旧版本时加 --force。" \
            "The newer chathub $installed is installed and will not be replaced by $new_version: please download $installed or newer; add --force if you do want the older one."
    fi
}

plan() {
    : >"$tmp/plan"
    cmp -s "$library" "$target" || printf 'library\t%s\t\n' "$target" >"$tmp/plan"
    [ -z "$fpm" ] || plan_ini "$tmp/fpm" php-fpm
    plan_ini "$tmp/cli" "$php"
}

# Do new processes of both PHPs load this version?
is_loaded() {
    [ "$("$php" -i 2>/dev/null </dev/null >"$tmp/now" || :; loaded_version "$tmp/now")" = "$new_version" ] || return 1
    [ -n "$fpm" ] || return 0
    [ "$("$fpm" -i 2>/dev/null </dev/null >"$tmp/now" || :; loaded_version "$tmp/now")" = "$new_version" ]
}

undo_library() {
    if [ -z "$php" ]; then
        candidates >"$tmp/candidates"
        while IFS= read -r candidate; do
            "$candidate" -i >"$tmp/cli" 2>/dev/null </dev/null || continue
            [ -f "$(field "$tmp/cli" extension_dir)/chathub-install/record" ] || continue
            [ -z "$php_found" ] || refuse "有几个 PHP 装过 chathub：请用 --php 指定要撤销的那一个，例如 --php $candidate。" \
                "chathub was installed into several PHPs: please name the one to undo, for example --php $candidate."
            php_found=$candidate
        done <"$tmp/candidates"
        [ -n "$php_found" ] || { nothing_to_undo; return; }
        php=$php_found
    fi
    look_at "$(readlink -f "$php")"
    [ -n "$version" ] || refuse "$(unsuited_php)" "$(unsuited_php)"
    look_around
    if [ "$dry" = no ] && { [ -d "$record" ] || [ -d "$record.new" ] || [ -d "$record.old" ]; }; then
        may_write "$target"
        lock
    fi
    [ -f "$record/record" ] || { nothing_to_undo; return; }
    undo_record
    [ "$dry" = yes ] || next_steps
}

nothing_to_undo() { tell "没有可以撤销的安装。" "There is no installation to undo."; }

# Only a reload makes a running php-fpm take the new state.
next_steps() {
    command=$(reload_command)
    if [ "$reload" = yes ]; then
        sh -c "$command" || refuse "重载 php-fpm 失败：请手工执行 $command。" "php-fpm could not be reloaded: please run $command yourself."
        tell "已重载 php-fpm：$command" "php-fpm was reloaded: $command"
    else
        tell "最后一步，重载 php-fpm：$command" "Last step, reload php-fpm: $command"
    fi
    [ "$undo" = yes ] || tell "确认：$php -m | grep chathub，以及站点的 phpinfo 页面里有 chathub 一节。" \
        "To be sure: $php -m | grep chathub, and the chathub section on the site's phpinfo page."
}

reload_command() {
    name=$(basename "${fpm:-php-fpm}")
    case $php in
        */www/server/php/*)
            number=${php#*/www/server/php/}
            echo "$root/etc/init.d/php-fpm-${number%%/*} reload" ;;
        */opt/remi/php*)
            number=${php#*/opt/remi/}
            echo "systemctl reload ${number%%/*}-php-fpm" ;;
        /usr/local/php*) echo '/etc/init.d/php-fpm reload' ;;
        /usr/local/*) echo 'kill -USR2 $(grep -lsa "^php-fpm: master" /proc/[0-9]*/cmdline | cut -d/ -f3)' ;;
        *)
            case $name in
                php-fpm[0-9]*) echo "systemctl reload php${name#php-fpm}-fpm" ;;
                *) echo 'systemctl reload php-fpm' ;;
            esac ;;
    esac
}

need_value() {
    [ -n "${2:-}" ] || refuse "$1 后面缺少一个值：请用 --help 查看用法。" "$1 needs a value: please see --help."
}

while [ $# -gt 0 ]; do
    case $1 in
        --php | --fpm | --so)
            need_value "$1" "${2:-}"
            case $1 in --php) php=$2 ;; --fpm) fpm=$2 ;; --so) so=$2 ;; esac
            shift ;;
        --dry-run) dry=yes ;;
        --reload) reload=yes ;;
        --undo) undo=yes ;;
        --force) force=yes ;;
        -h | --help) usage; exit 0 ;;
        *) refuse "不认识的选项 $1：请用 --help 查看用法。" "Unknown option $1: please see --help." ;;
    esac
    shift
done

case $php in '' | */*) ;; *) php=$(command -v "$php" || echo "$php") ;; esac
php_found=''
tmp=$(mktemp -d "${TMPDIR:-/tmp}/chathub-install.XXXXXX") || refuse "无法建立临时目录：请检查 ${TMPDIR:-/tmp} 的权限和空间。" \
    "No temporary folder could be made: please check the permissions and the space of ${TMPDIR:-/tmp}."
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ "$undo" = yes ]; then undo_library; else install_library; fi
