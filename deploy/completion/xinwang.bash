# Completion of `xinwang` for bash: source it, or put it into /usr/share/bash-completion/completions/xinwang.
_xinwang() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb= word dir=${XINWANG_DIR:-/var/lib/xinwang}
    local verbs="city operator root directory invite approve orders request certify invite-all invitations join join-all status tree topology catalogues submit submit-all submission record receipt link quarantine retention backup restore verify repair check key node revoke thaw explain version"
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [[ $word == --dir ]] && dir=${COMP_WORDS[i + 1]}
        [[ -z $verb && " $verbs " == *" $word "* ]] && verb=$word
    done
    local words=
    case $previous in
        --dir | --catalogues | --out) COMPREPLY=($(compgen -d -- "$current")); return ;;
        --profile) COMPREPLY=($(compgen -f -- "$current")); return ;;
        -o | --output) words="table json" ;;
        --lang) words="zh en" ;;
        --until) words="city parent here" ;;
        --rows) words="refused all none" ;;
        --action) words="publish withdraw" ;;
        --encoding) words="auto utf-8 gb18030" ;;
        --catalogue) words=$(xinwang catalogues --dir "$dir" -o json 2>/dev/null | grep -o '"id":"[^"]*"' | cut -d'"' -f4) ;;
        invite) words=$(xinwang topology --dir "$dir" -o json 2>/dev/null | grep -o '"code":"[0-9]*"' | cut -d'"' -f4) ;;
        verify) [[ $verb == receipt ]] && { COMPREPLY=($(compgen -d -- "$current")); return; } ;;
        receipt | submission) words=$([[ $previous == receipt ]] && echo verify; xinwang submission --dir "$dir" -o json 2>/dev/null | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4) ;;
        link) words="show export feedback" ;;
        topology) words="import history move recode --offset --limit" ;;
        import | --links | --against) COMPREPLY=($(compgen -f -- "$current")); return ;;
        check) words="key" ;;
        node) words="drain" ;;
        drain) words="--wait --off --timeout" ;;
        key) words="renew forget protect" ;;
        revoke|thaw) words=$(xinwang topology --dir "$dir" -o json 2>/dev/null | grep -o '"code":"[0-9]*"' | cut -d'"' -f4) ;;
        city | operator | root) words="new" ;;
        directory) words="show draft sign check publish" ;;
        --root-key | --operator | --passphrase-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
        *)
            case $verb in
                "") words="$verbs --dir --output --lang --help" ;;
                city) words="--code --name --listen --enrol --catalogues --profile --root-key --threshold --operator --passphrase-file" ;;
                operator | root) words="--out --passphrase-file" ;;
                directory) words="--out --operator --drop-operator --root-public --root-key --threshold --days --grace-days" ;;
                join) words="--name --code --listen --enrol --root" ;;
                invite) words="--name --operator --passphrase-file --qr" ;;
                approve) words="--operator --passphrase-file --qr" ;;
                request) words="--code --name --out" ;;
                certify) words="--out --operator --passphrase-file" ;;
                status) [[ $current != -* ]] && { COMPREPLY=($(compgen -d -- "$current")); return; } ;;
                submit) words="--catalogue --action --encoding --name --wait --until --timeout --rows" ;;
                submission) words="--wait --until --timeout --rows --offset --limit --after" ;;
                record) words="transfer --subject --offset --limit --from --to --catalogue --reason" ;;
                receipt) words="--out --row --root" ;;
                invitations | orders) words="--offset --limit" ;;
                topology) words="--links --accept-suggestions --effective --encoding --force --dry-run --yes --against --parent --at --code" ;;
            esac
            [[ $verb == submit || $verb == link ]] && [[ $current != -* ]] && { COMPREPLY=($(compgen -f -- "$current")); return; }
            [[ -n $verb ]] && words="$words --dir --output --lang --help"
            ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _xinwang xinwang
