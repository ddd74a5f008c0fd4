using System.CommandLine;
using System.Globalization;
using System.Text;

namespace QmpRedirector.CommandLine.Generated;

/// <summary>The completions of bash; they need nothing else, not even the bash-completion package.</summary>
internal static class BashCompletion
{
    public static string Of(Command root)
    {
        CommandSyntax[] commands = [.. CommandSyntax.All(root)];
        StringBuilder text = new();
        text.Append("# bash completion for qmp-redirector                         -*- shell-script -*-\n");
        text.Append(CultureInfo.InvariantCulture, $"# {GeneratedFiles.Notice}\n\n");
        text.Append("# The options, by command.\n_qmp_redirector_flags()\n{\n    case $1 in\n");
        foreach (CommandSyntax command in commands)
        {
            IEnumerable<string> words = command.Options.SelectMany(static option => option.Names);
            text.Append(CultureInfo.InvariantCulture, $"        '{command.Name}') echo '{string.Join(' ', words)}' ;;\n");
        }

        text.Append("    esac\n}\n\n# What an option's value is: a name in capitals, or the values themselves. Nothing for a flag.\n");
        text.Append("_qmp_redirector_value()\n{\n    case \"$1 $2\" in\n");
        foreach (CommandSyntax command in commands)
        {
            foreach (OptionSyntax option in command.Options.Where(static option => option.ValueName.Length > 0))
            {
                string patterns = string.Join('|', option.Names.Select(name => $"'{command.Name} {name}'"));
                text.Append(CultureInfo.InvariantCulture, $"        {patterns}) echo '{ValueOf(option)}' ;;\n");
            }
        }

        text.Append("    esac\n}\n\n# What an argument can be: by command, and how many precede it.\n");
        text.Append("_qmp_redirector_argument()\n{\n    case \"$1 $2\" in\n");
        string names = string.Join(' ', root.Subcommands.Select(static command => command.Name));
        text.Append(CultureInfo.InvariantCulture, $"        ' 0') echo '{names}' ;;\n");
        foreach (CommandSyntax command in commands)
        {
            for (int i = 0; i < command.Arguments.Count; i++)
            {
                string kinds = string.Join(' ', command.Arguments[i]);
                text.Append(CultureInfo.InvariantCulture, $"        '{command.Name} {i}') echo '{kinds}' ;;\n");
            }
        }

        text.Append("    esac\n}\n\n");
        Keys(text, "chardev", CommandSyntax.ChardevKeys(root));
        Keys(text, "object", CommandSyntax.ObjectProperties(root));
        return text.Append(Functions).ToString();
    }

    private static string ValueOf(OptionSyntax option) => option switch
    {
        { Values: not [] } => string.Join(' ', option.Values),
        { ValueName: "OPTS" } => option.Names[0].TrimStart('-').ToUpperInvariant(),
        _ => option.ValueName,
    };

    private static void Keys(StringBuilder text, string name, IReadOnlyList<OptionRow> rows)
    {
        string keys = string.Join(' ', rows.Select(static row => row.Names.First()));
        text.Append(CultureInfo.InvariantCulture, $"_qmp_redirector_{name}_keys='{keys}'\n\n");
        text.Append(CultureInfo.InvariantCulture, $"_qmp_redirector_{name}_value()\n{{\n    case $1 in\n");
        foreach (OptionRow row in rows)
        {
            string value = row.Values is [] ? row.ValueName : string.Join(' ', row.Values);
            text.Append(CultureInfo.InvariantCulture, $"        {row.Names.First()}) echo '{value}' ;;\n");
        }

        text.Append("    esac\n}\n\n");
    }

    // A word of ours holds '=' and ':', which bash takes for ends of words: the words are put together again, and of each answer the part
    // that bash has already is cut off.
    private const string Functions =
        """
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

        """;
}
