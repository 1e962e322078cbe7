
# --- what was done, and how to take it back ------------------------------------------------------
#
# The record lies in the extension folder, in chathub-install/, with a copy of every file that was replaced. It is
# complete before the first change and says the checksum that each file had before and has after; so an installation
# that broke off anywhere, or files that somebody changed later, can be told apart.
#
#     library  FILE  COPY  BEFORE  AFTER       COPY and BEFORE are - for a file that was not there
#     ini      FILE  COPY  BEFORE  AFTER
#     done
#
# While a new one is applied, the record of the installation before it waits in chathub-install.old.

tab=$(printf '\t')

# write_record: from $tmp/plan; prepares the new text of every ini file in $tmp/new.N.
write_record() {
    draft_record=$record.new
    rm -rf "$draft_record"
    mkdir "$draft_record"
    : >"$draft_record/record"
    number=0
    while IFS=$tab read -r kind file line; do
        number=$((number + 1))
        copy=- before=-
        if [ -e "$file" ]; then
            copy=$number
            cp -p "$file" "$draft_record/$copy"
            before=$(sum "$file")
        fi
        if [ "$kind" = library ]; then
            cp "$library" "$tmp/new.$number"
        elif [ -e "$file" ]; then
            with_line "$file" "$line" >"$tmp/new.$number"
        else
            printf '%s\n%s\n%s\n' "$begin" "$line" "$end" >"$tmp/new.$number"
        fi
        printf '%s\t%s\t%s\t%s\t%s\n' "$kind" "$file" "$copy" "$before" "$(sum "$tmp/new.$number")" >>"$draft_record/record"
    done <"$tmp/plan"
    sync_file "$draft_record/record"
    if [ -d "$record" ]; then mv "$record" "$record.old"; fi
    mv "$draft_record" "$record"
}

close_record() {
    rm -rf "$record.old"
    echo 'done' >>"$record/record"
}

# The library first, then the lines that name it.
apply_record() {
    number=0
    while IFS=$tab read -r kind file rest; do
        number=$((number + 1))
        put "$tmp/new.$number" "$file" || return 1
    done <"$tmp/plan"
}

# undo_record: takes back what the record says, lines first; leaves alone what was changed by somebody else since.
undo_record() {
    sort "$record/record" | grep -v '^done$' >"$tmp/undo" || : # "ini" before "library"
    while IFS=$tab read -r kind file copy before after; do may_write "$file"; done <"$tmp/undo"
    while IFS=$tab read -r kind file copy before after; do
        now=-
        if [ -e "$file" ]; then now=$(sum "$file"); fi
        [ "$dry" = yes ] || remove_drafts "$file"
        if [ "$now" = "$before" ]; then
            continue
        elif [ "$now" != "$after" ]; then
            undo_changed "$kind" "$file"
        elif [ "$copy" = - ]; then
            say_done "删除 $file" "removing $file"
            [ "$dry" = yes ] || rm -f "$file"
        else
            say_done "恢复 $file" "restoring $file"
            [ "$dry" = yes ] || put "$record/$copy" "$file"
        fi
    done <"$tmp/undo"
    [ "$dry" = yes ] && return
    rm -rf "$record"
    if [ -d "$record.old" ]; then mv "$record.old" "$record"; fi
}

# A file that is neither as it was nor as it was left.
undo_changed() {
    if [ "$1" = ini ] && [ -e "$2" ]; then
        say_done "从 $2 去掉本脚本写入的行，其余改动保留" "taking our lines out of $2, other changes stay"
        [ "$dry" = yes ] && return
        without_line "$2" >"$tmp/without"
        put "$tmp/without" "$2"
    else
        say_done "$2 在安装之后被换过，保持原样" "$2 was changed after the installation and stays as it is"
    fi
}

say_done() {
    if [ "$dry" = yes ]; then tell "会：$1" "would: $2"; else tell "$1" "$2"; fi
}

# One installer at a time. A lock whose owner is gone was left by one that was killed.
lock() {
    lock_folder=$folder_so/chathub-install.lock
    if ! mkdir "$lock_folder" 2>/dev/null; then
        owner=$(cat "$lock_folder/pid" 2>/dev/null || :)
        if [ -z "$owner" ] || kill -0 "$owner" 2>/dev/null || ! rm -r "$lock_folder" || ! mkdir "$lock_folder"; then
            refuse "另一个 install-extension.sh 正在运行：请等它结束；如果确定没有，请删除 $lock_folder 后再试。" \
                "Another install-extension.sh is running: please wait for it; if there is none, remove $lock_folder and try again."
        fi
    fi
    locked=yes
    echo $$ >"$lock_folder/pid"
    # What a killed one left between two steps.
    rm -rf "$record.new"
    if [ -d "$record.old" ] && [ ! -d "$record" ]; then mv "$record.old" "$record"; fi
}

# Half-written files of an installer that was killed; whoever calls this holds the lock.
remove_drafts() { rm -f "$(dirname "$1")"/.chathub-install.[0-9]*; }

clean_up() {
    [ -z "$draft" ] || rm -f "$draft"
    [ -z "$locked" ] || rm -rf "$lock_folder"
    rm -rf "$tmp"
}
