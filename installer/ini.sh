
# --- the lines in the ini files ------------------------------------------------------------------

begin='; >>> chathub, written by install-extension.sh'
end='; <<< chathub'

# The values of the lines in a file that load the extension, one a line.
lines_in() {
    sed -n 's/^[[:space:]]*extension[[:space:]]*=[[:space:]]*"\{0,1\}\([^";[:space:]]*\).*$/\1/p' "$1" 2>/dev/null |
        grep -E '^(.*/)?chathub(\.so)?$' || :
}

# line_for INFO FOLDER: what to write so that this php finds FOLDER/chathub.so.
line_for() {
    if [ "$(field "$1" extension_dir)" = "$2" ]; then echo 'extension=chathub.so'; else echo "extension=\"$2/chathub.so\""; fi
}

# plan_ini INFO WHO: adds to $tmp/plan what has to be written for one of the two PHPs, unless a line is there already.
# Refuses when a line names another file, or when there is no place for one.
plan_ini() {
    ini_files "$1" >"$tmp/files"
    while IFS= read -r file; do
        for value in $(lines_in "$file"); do
            case $value in
                chathub | chathub.so | "$target") return 0 ;;
                *) refuse "$file 已经在加载另一个文件（extension=$value）：请先删除这一行，再运行本脚本。" \
                    "$file already loads another file (extension=$value): please remove that line and run this script again." ;;
            esac
        done
    done <"$tmp/files"
    main=$(field "$1" 'Loaded Configuration File')
    scan=''
    for one in $(field "$1" 'Scan this dir for additional .ini files' | tr ':' ' '); do
        if [ -z "$scan" ] && [ -d "$one" ]; then scan=$one; fi
    done
    if [ -n "$scan" ]; then
        place=$scan/20-chathub.ini
    elif [ -n "$main" ]; then
        place=$(readlink -f "$main")
    else
        refuse "$2 没有读取任何 php.ini：请先在 $(field "$1" 'Configuration File (php.ini) Path') 建立 php.ini，再运行本脚本。" \
            "$2 reads no php.ini: please create one in $(field "$1" 'Configuration File (php.ini) Path') and run this script again."
    fi
    may_write "$place"
    grep -F "	$place	" "$tmp/plan" >/dev/null || printf '%s\t%s\t%s\n' ini "$place" "$(line_for "$1" "$folder_so")" >>"$tmp/plan"
}

# Refuses when a file of this name can neither be made nor replaced. Both happen by renaming, in its folder.
may_write() {
    [ -w "$(dirname "$1")" ] && { [ ! -e "$1" ] || [ -w "$1" ]; } && return 0
    [ "$dry" = yes ] && return 0
    refuse "没有写入 $1 的权限：请用 root 运行（sudo sh install-extension.sh …）。" \
        "$1 cannot be written: please run this as root (sudo sh install-extension.sh …)."
}

# with_line FILE LINE: the file's text plus our marked line; before a section that holds for one host or path only.
with_line() {
    awk -v begin="$begin" -v line="$2" -v end="$end" '
        function ours() { print begin; print line; print end; written = 1 }
        !written && /^[ \t]*\[(HOST|PATH)=/ { ours() }
        { print }
        END { if (!written) ours() }' "$1"
}

# The file's text without our marked lines.
without_line() { awk -v begin="$begin" -v end="$end" '$0 == begin { skip = 1 } !skip { print } $0 == end { skip = 0 }' "$1"; }

# put FROM TO: makes TO a copy of FROM in one step, so that no PHP ever reads half a file or runs from a changing one.
# A file that is there keeps its owner and mode.
put() {
    draft=$(dirname "$2")/.chathub-install.$$
    if [ -e "$2" ]; then cp -p "$2" "$draft" || return 1; fi
    cat "$1" >"$draft" && sync_file "$draft" && mv -f "$draft" "$2"
}

sync_file() { sync "$1" 2>/dev/null || sync || :; }
