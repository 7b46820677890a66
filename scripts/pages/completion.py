"""Completion of the command line for bash, zsh and fish.

Names of interfaces, processes and namespaces are chosen by others: in bash they are never handed to `compgen -W`, which
would expand them as a shell expands words. Shells show what is printable as it is, characters that have no width or
reorder a line among them. So bash quotes names that are not ASCII byte by byte (in the locale C none of their bytes is
printable); zsh and fish, which would show a name as it is, are offered ASCII alone.
"""

from ptcpdump.cli.flags import FLAGS, Flag
from ptcpdump.cli.values import Choice

# what a flag's value is, by the field that it goes to; others by the name of the value, or by their choices
_KINDS = {"interfaces": "interfaces", "netns": "namespaces", "process_names": "programs", "pids": "pids",
          "uids": "users", "user": "users", "post_rotate": "commands"}

_BASH = r"""
# bash completion for ptcpdump(8). Written by `make readme` from the table of flags.

_ptcpdump_offer()       # arguments that begin as the word does, quoted or not, behind what stands before its last comma
{
    local word quoted before=""
    [[ $cur == *,* ]] && before=${cur%,*},
    for word; do
        local LC_ALL=C                          # what is no ASCII is quoted, too: it may hide, or reorder what is shown
        printf -v quoted %q "$word"
        quoted=${quoted//\\,/,}                # a comma needs no quotes
        [[ $word == "${cur##*,}"* || $quoted == "${cur##*,}"* ]] && COMPREPLY+=("$before$quoted")
    done
}

_ptcpdump_names()       # the names in a folder
{
    local path names=()
    for path in "$1"/*; do
        [[ -e $path ]] && names+=("${path##*/}")
    done
    _ptcpdump_offer "${names[@]}"
}

_ptcpdump_processes()   # pids, or with comm the names of processes
{
    local path name names=()
    for path in /proc/[0-9]*; do
        name=${path##*/}
        [[ $1 == comm ]] && { read -r name <"$path/comm" || continue; } 2>/dev/null
        names+=("$name")
    done
    _ptcpdump_offer "${names[@]}"
}

_ptcpdump_users()
{
    local names
    mapfile -t names < <(compgen -u)
    _ptcpdump_offer "${names[@]}"
}

_ptcpdump()
{
    local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]} i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            if ((i == COMP_CWORD - 1)); then COMPREPLY=($(compgen -c -- "$cur")); else compopt -o default; fi
            return
        fi
    done
    # --flag=value comes as three words
    [[ $cur == = ]] && cur=""
    [[ $flag == = ]] && flag=${COMP_WORDS[COMP_CWORD-2]}
    case $flag in
{cases}
    esac
    [[ $cur == -* ]] && COMPREPLY=($(compgen -W "{flags}" -- "$cur"))
}

complete -F _ptcpdump ptcpdump
""".lstrip()

_BASH_KINDS = {
    "interfaces": "_ptcpdump_offer any; _ptcpdump_names /sys/class/net",
    "namespaces": "_ptcpdump_offer any newly; _ptcpdump_names /run/netns",
    "programs": "_ptcpdump_processes comm",
    "pids": "_ptcpdump_processes",
    "users": "_ptcpdump_users",
    "commands": 'COMPREPLY=($(compgen -c -- "$cur"))',
    "files": "compopt -o default",
}

_ZSH = r"""
#compdef ptcpdump
# Written by `make readme` from the table of flags.

_ptcpdump_offer() { _sequence compadd - ${@:#*[^ -~]*} }       # what is no ASCII may hide, or reorder what is shown
_ptcpdump_interfaces() { _ptcpdump_offer any /sys/class/net/*(N:t) }
_ptcpdump_namespaces() { _ptcpdump_offer any newly /run/netns/*(N:t) }
_ptcpdump_programs() { _ptcpdump_offer ${(fu)"$(ps -eo comm=)"} }

_arguments -s -S \
{rows}
    '*::expression or command:_normal'
""".lstrip()

_ZSH_KINDS = {
    "interfaces": "_ptcpdump_interfaces",
    "namespaces": "_ptcpdump_namespaces",
    "programs": "_ptcpdump_programs",
    "pids": "_sequence _pids",
    "users": "_users",
    "commands": "_command_names -e",
    "files": "_files",
}

_PLAIN = '| string match -v -r "[^ -~]"'     # what is no ASCII may hide, or reorder what is shown

_FISH_KINDS = {
    "interfaces": f"(__fish_append , any (path basename /sys/class/net/* {_PLAIN}))",
    "namespaces": f"(__fish_append , any newly (path basename /run/netns/* {_PLAIN}))",
    "programs": f"(__fish_append , (ps -eo comm= | sort -u {_PLAIN}))",
    "pids": "(__fish_append , (path basename /proc/[0-9]*))",
    "users": "(__fish_complete_users)",
    "commands": "(__fish_complete_command)",
}


def _shown() -> list[Flag]:
    return [flag for flag in FLAGS if not flag.hidden]


def _kind(flag: Flag) -> str:
    return _KINDS.get(flag.field, "files" if flag.value.startswith(("FILE", "SOCKET")) else "")


def _choices(flag: Flag) -> tuple[str, ...]:
    if isinstance(flag.convert, Choice):
        return flag.convert.allowed
    return tuple(flag.value.split("|")) if "|" in flag.value and flag.value.islower() else ()


def bash() -> str:
    """The completion for bash, 4.4 and later."""
    cases, others = [], []
    for flag in _shown():
        offer = f"_ptcpdump_offer {' '.join(_choices(flag))}" if _choices(flag) else _BASH_KINDS.get(_kind(flag))
        if flag.value and offer:
            cases.append(f"        {'|'.join(flag.names)}) {offer}; return ;;")
        elif flag.value:
            others += flag.names
    cases.append(f"        {'|'.join(others)}) return ;;")
    flags = " ".join(name for flag in _shown() for name in flag.names)
    return _BASH.replace("{cases}", "\n".join(cases)).replace("{flags}", flags)


def zsh() -> str:
    """The completion for zsh's compsys."""
    rows = []
    for flag in _shown():
        text = flag.help.replace("'", "'\\''").replace("[", r"\[").replace("]", r"\]").replace(":", r"\:")
        for name in flag.names:
            equals = "=" if name.startswith("--") and flag.value else "+" if flag.value else ""
            action = f"({' '.join(_choices(flag))})" if _choices(flag) else _ZSH_KINDS.get(_kind(flag), " ")
            value = f":{flag.value.replace(':', '')}:{action}" if flag.value else ""
            rows.append(f"    '*{name}{equals}[{text}]{value}'")
    return _ZSH.replace("{rows}", "\n".join(f"{row} \\" for row in rows))


def fish() -> str:
    """The completion for fish."""
    lines = ["# Written by `make readme` from the table of flags.", "complete -c ptcpdump -f"]
    for flag in _shown():
        names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s '{name[1:]}'" for name in flag.names)
        text = flag.help.replace("\\", "\\\\").replace("'", "\\'")
        value = ""
        if _choices(flag):
            value = f" -x -a '{' '.join(_choices(flag))}'"
        elif flag.value:
            kind = _kind(flag)
            value = f" -x -a '{_FISH_KINDS[kind]}'" if kind in _FISH_KINDS else " -r -F" if kind == "files" else " -x"
        lines.append(f"complete -c ptcpdump {names}{value} -d '{text}'")
    return "\n".join([*lines, ""])
