# bash completion for qmp-redirector                         -*- shell-script -*-
# Made by 'qmp-redirector --generate' from the option tables; a test keeps it up to date.

# The options, by command.
_qmp_redirector_flags()
{
    case $1 in
        '') echo '--help -h --version --print-capabilities' ;;
        'run') echo '--chardev -chardev --object -object --packet-fd --config --qmp -qmp --qmp-timeout --wait-netdev --one-off --pid --log-level --log-format --control --metrics --pcapng --help -h' ;;
        'check') echo '--chardev -chardev --object -object --packet-fd --config --qmp -qmp --qmp-timeout --wait-netdev --one-off --pid --log-level --log-format --control --metrics --pcapng --peer-qmp --json --help -h' ;;
        'status') echo '--control --json --watch --help -h' ;;
        'decode') echo '--vnet-hdr-support --vnet-hdr-len -w -c --help -h' ;;
        'send') echo '--vnet-hdr-support --vnet-hdr-len --realtime --help -h' ;;
    esac
}

# What an option's value is: a name in capitals, or the values themselves. Nothing for a flag.
_qmp_redirector_value()
{
    case "$1 $2" in
        'run --chardev'|'run -chardev') echo 'CHARDEV' ;;
        'run --object'|'run -object') echo 'OBJECT' ;;
        'run --packet-fd') echo 'ID=N' ;;
        'run --config') echo 'FILE' ;;
        'run --qmp'|'run -qmp') echo 'ADDR' ;;
        'run --qmp-timeout') echo 'SEC' ;;
        'run --pid') echo 'FILE' ;;
        'run --log-level') echo 'trace debug info warning error' ;;
        'run --log-format') echo 'text json systemd' ;;
        'run --control') echo 'ADDR' ;;
        'run --metrics') echo 'ADDR' ;;
        'run --pcapng') echo 'FILE' ;;
        'check --chardev'|'check -chardev') echo 'CHARDEV' ;;
        'check --object'|'check -object') echo 'OBJECT' ;;
        'check --packet-fd') echo 'ID=N' ;;
        'check --config') echo 'FILE' ;;
        'check --qmp'|'check -qmp') echo 'ADDR' ;;
        'check --qmp-timeout') echo 'SEC' ;;
        'check --pid') echo 'FILE' ;;
        'check --log-level') echo 'trace debug info warning error' ;;
        'check --log-format') echo 'text json systemd' ;;
        'check --control') echo 'ADDR' ;;
        'check --metrics') echo 'ADDR' ;;
        'check --pcapng') echo 'FILE' ;;
        'check --peer-qmp') echo 'ADDR' ;;
        'status --control') echo 'ADDR' ;;
        'decode --vnet-hdr-len') echo '0 10 12 20 24' ;;
        'decode -w') echo 'FILE' ;;
        'decode -c') echo 'N' ;;
        'send --vnet-hdr-len') echo '0 10 12 20 24' ;;
    esac
}

# What an argument can be: by command, and how many precede it.
_qmp_redirector_argument()
{
    case "$1 $2" in
        ' 0') echo 'run check status decode send' ;;
        'decode 0') echo 'FILE ADDR CHARDEV' ;;
        'send 0') echo 'FILE' ;;
        'send 1') echo 'ADDR CHARDEV' ;;
    esac
}

_qmp_redirector_chardev_keys='id path abstract tight host port to ipv4 ipv6 fd server wait reconnect reconnect-ms nodelay'

_qmp_redirector_chardev_value()
{
    case $1 in
        id) echo 'ID' ;;
        path) echo 'PATH' ;;
        abstract) echo 'on off' ;;
        tight) echo 'on off' ;;
        host) echo 'HOST' ;;
        port) echo 'PORT' ;;
        to) echo 'N' ;;
        ipv4) echo 'on off' ;;
        ipv6) echo 'on off' ;;
        fd) echo 'FD' ;;
        server) echo 'on off' ;;
        wait) echo 'on off' ;;
        reconnect) echo 'N' ;;
        reconnect-ms) echo 'N' ;;
        nodelay) echo 'on off' ;;
    esac
}

_qmp_redirector_object_keys='id netdev queue status position insert in_netdev outdev vnet_hdr_support enable_when_stopped disable_when_running ifname vnet_hdr_len when_disconnected backlog preroll'

_qmp_redirector_object_value()
{
    case $1 in
        id) echo 'ID' ;;
        netdev) echo 'NETDEV' ;;
        queue) echo 'all rx tx' ;;
        status) echo 'on off' ;;
        position) echo 'POSITION' ;;
        insert) echo 'behind before' ;;
        in_netdev) echo 'NETDEV' ;;
        outdev) echo 'OUTDEV' ;;
        vnet_hdr_support) echo 'on off' ;;
        enable_when_stopped) echo 'on off' ;;
        disable_when_running) echo 'on off' ;;
        ifname) echo 'IFNAME' ;;
        vnet_hdr_len) echo 'auto 0 10 12 20 24' ;;
        when_disconnected) echo 'discard hold' ;;
        backlog) echo 'SIZE' ;;
        preroll) echo 'off' ;;
    esac
}

# File names, with what precedes them in the word. (-o filenames would quote the '=' and ':' of other candidates.)
_qmp_redirector_files()
{
    local name
    while IFS= read -r name; do
        [[ -d $name ]] && name+=/
        printf '%s%q\n' "$1" "$name"
    done < <(compgen -f -- "$2")
}

# Candidates for a word of this kind: _qmp_redirector_kind KIND WORD [WORD-BEFORE-IT]...
_qmp_redirector_kind()
{
    local kind=$1 word=$2
    shift 2
    case $kind in
        FILE | PATH) _qmp_redirector_files '' "$word" ;;
        ADDR)
            case $word in
                unix:*) _qmp_redirector_files unix: "${word#unix:}" ;;
                tcp:* | fd:*) ;;
                *) compgen -W 'unix: tcp: fd:' -- "$word"; _qmp_redirector_files '' "$word" ;;
            esac
            ;;
        CHARDEV) _qmp_redirector_options chardev 'socket' "$word" "$@" ;;
        OBJECT) _qmp_redirector_options object 'filter-redirector filter-mirror' "$word" "$@" ;;
        IFNAME) compgen -W "$(cd /sys/class/net 2> /dev/null && echo *)" -- "$word" ;;
        OUTDEV | INDEV)
            local given
            for given; do
                [[ $given == socket,* && ,$given, =~ ,id=([^,]+), ]] && compgen -W "${BASH_REMATCH[1]}" -- "$word"
            done
            ;;
        *[a-z0-9]*) compgen -W "$kind" -- "$word" ;;
    esac
}

# Candidates for TYPE,KEY=VALUE,...: _qmp_redirector_options chardev|object TYPES WORD [WORD-BEFORE-IT]...
_qmp_redirector_options()
{
    local table=$1 types=$2 word=$3 head last key keys candidate
    shift 3
    if [[ $word != *,* ]]; then
        compgen -S , -W "$types" -- "$word"
        return
    fi
    head=${word%,*},
    last=${word##*,}
    if [[ $last == *=* ]]; then
        key=${last%%=*}
        while IFS= read -r candidate; do
            printf '%s\n' "$head$key=$candidate"
        done < <(_qmp_redirector_kind "$("_qmp_redirector_${table}_value" "$key")" "${last#*=}" "$@")
        return
    fi
    keys=_qmp_redirector_${table}_keys
    for key in ${!keys}; do
        [[ $key == "$last"* && $head != *,"$key"=* ]] && printf '%s\n' "$head$key="
    done
}

_qmp_redirector()
{
    local i word line=$COMP_LINE words=() cur command='' option='' kind breaks='' strip arguments=0 candidate
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ $line != [[:blank:]]* && -n $line ]]; then
            words[${#words[@]} - 1]+=$word
        else
            line=${line#"${line%%[![:blank:]]*}"}
            words+=("$word")
        fi
        line=${line#"$word"}
    done
    cur=${words[${#words[@]} - 1]}
    unset "words[${#words[@]} - 1]"

    for word in "${words[@]:1}"; do
        if [[ -n $option ]]; then
            option=
        elif [[ $word == -?* ]]; then
            [[ $word != *=* && -n $(_qmp_redirector_value "$command" "$word") ]] && option=$word
        elif [[ -z $command ]]; then
            command=$word
        else
            arguments=$((arguments + 1))
        fi
    done

    local prefix=
    if [[ -n $option ]]; then
        kind=$(_qmp_redirector_value "$command" "$option")
    elif [[ $cur == --*=* ]]; then
        prefix=${cur%%=*}=
        kind=$(_qmp_redirector_value "$command" "${cur%%=*}")
    elif [[ $cur == -* ]]; then
        kind=$(_qmp_redirector_flags "$command")
    else
        kind=$(_qmp_redirector_argument "$command" "$arguments")
    fi

    COMPREPLY=()
    local kinds=("$kind")
    [[ $kind == *[a-z0-9]* ]] || read -ra kinds <<< "$kind"
    for kind in "${kinds[@]}"; do
        # More may follow a value of TYPE,KEY=VALUE,...
        [[ ( $kind == CHARDEV || $kind == OBJECT ) && $cur == *,* ]] && compopt -o nospace 2> /dev/null
        while IFS= read -r candidate; do
            COMPREPLY+=("$prefix$candidate")
        done < <(_qmp_redirector_kind "$kind" "${cur#"$prefix"}" "${words[@]}")
    done

    for candidate in "${COMPREPLY[@]}"; do
        [[ $candidate == *[=,:/] ]] && compopt -o nospace 2> /dev/null
    done
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
    if [[ -n $breaks && $cur == *["$breaks"]* ]]; then
        strip=${cur%"${cur##*["$breaks"]}"}
        COMPREPLY=("${COMPREPLY[@]#"$strip"}")
    fi
} &&
    complete -F _qmp_redirector qmp-redirector
