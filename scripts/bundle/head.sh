#!/bin/sh
# ptcpdump VERSION for Linux on MACHINE, glibc 2.17 or later: a script with an archive behind it.
#
#   ./FILE [FLAGS...]       runs it; unpacked the first time, into /var/cache/ptcpdump or, for others than root,
#                           ~/.cache/ptcpdump
#   ./FILE --unpack FOLDER  unpacks it there: FOLDER/ptcpdump is the program
set -e
complain() { echo "ptcpdump: $*" >&2; exit 1; }
unpack() {
    for program in tar xz; do
        command -v $program >/dev/null || complain "$program is missing, which unpacks $0; elsewhere, $0 --unpack FOLDER makes" \
            "a folder that can be copied here"
    done
    tail -c +OFFSET "$0" | xz -dc | tar -xf - -C "$1" --no-same-owner ||
        complain "can't unpack $0 into $1: it needs tar, xz and 40 MB there"
}
if [ "$1" = --unpack ]; then
    [ -n "$2" ] || complain "--unpack needs a folder"
    mkdir -p "$2"
    unpack "$2"
    exit
fi
if [ "$(id -u)" = 0 ]; then cache=/var/cache/ptcpdump; else cache=${XDG_CACHE_HOME:-$HOME/.cache}/ptcpdump; fi
place=$cache/SUM
if [ ! -d "$place" ]; then
    mkdir -p "$cache" && new=$(mktemp -d "$cache/.new.XXXXXX") ||
        complain "it is unpacked into $cache, where nothing can be written: $0 --unpack FOLDER puts it elsewhere"
    # what was left by those that were killed while they unpacked it, an hour ago or longer
    find "$cache" -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf {} + 2>/dev/null || true
    trap 'rm -rf "$new"' EXIT
    mkdir "$new/tree"       # what is unpacked is as old as its archive says, .new.* as it is
    unpack "$new/tree"
    chmod 755 "$new/tree"
    mv -T "$new/tree" "$place" 2>/dev/null || [ -d "$place" ]   # somebody else of ours may have been quicker
    rm -rf "$new"
    trap - EXIT
fi
# who could write there could become whoever starts this
for folder in "$cache" "$place"; do
    [ -O "$folder" ] && [ -z "$(find "$folder" -maxdepth 0 -perm /022)" ] ||
        complain "$folder is not yours alone: remove it, or name another place with --unpack"
done
[ -x "$place/ptcpdump" ] ||
    complain "programs can't be run from $cache (noexec): $0 --unpack FOLDER puts it elsewhere"
exec "$place/ptcpdump" "$@"
