"""Type information (BTF) of the running kernel: where it is, whether a file is of that kernel, files made of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings import object as library
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading.hooks import FUNCTIONS, HOOKS, STRUCTS, Kind
from ptcpdump.lazy import lazy_modules
from ptcpdump.memfd import memory_file

with lazy_modules:
    from ptcpdump.kernel.bindings import excerpt
    from ptcpdump.kernel.loading import build_id  # most kernels have types of their own

OWN = "/sys/kernel/btf/vmlinux"     # CONFIG_DEBUG_INFO_BTF, Linux 5.4
PLACE = "/var/lib/ptcpdump/btf/{0}.btf"     # {0}: the release; where a file that was downloaded is put
_REMARK = b"ptcpdump: types of "    # stands in files of ours before what _kernel() says
_OF_A_MODULE = "nf_conn"            # of the structs that programs look at, one that a module may bring along
_PLACES = (     # where distributions keep the kernel with its debugging information; then where files of ours are put
    "/boot/vmlinux-{0}", "/lib/modules/{0}/vmlinux", "/lib/modules/{0}/vmlinux-{0}", "/lib/modules/{0}/build/vmlinux",
    "/lib/modules/{0}/kernel/vmlinux", "/usr/lib/debug/boot/vmlinux-{0}", "/usr/lib/debug/boot/vmlinux-{0}.debug",
    "/usr/lib/debug/lib/modules/{0}/vmlinux",
    "/var/lib/ptcpdump/btf/vmlinux", "/var/lib/ptcpdump/btf/vmlinux-{0}", PLACE,
)
# Of the functions that a file describes this many are symbols of the kernel that it is of: 98 of 100 on Linux 6.18, the
# rest being those that were renamed in compiling (f.isra.0). Another release of the same series has fewer.
_FEW, _SHARE = 100, 0.96


def find(given: str | None = None, root: str = "/") -> str | None:
    """The file with the running kernel's types: the one that was given, else the first that is there; None: its own.

    A file must be this kernel's: UnsupportedError if what it says of itself, or of the kernel's structs or functions,
    differs. root: where the places are looked for. What can't be compared is let pass (see docs/kernels.md).
    """
    if given is None:
        if Path(OWN).exists():
            return None
        release = os.uname().release
        paths = [Path(root, place.format(release).lstrip("/")) for place in _PLACES]
        given = next((str(path) for path in paths if path.is_file()), None)
    if given is not None and not (Path(OWN).exists() and Path(given).samefile(OWN)):
        found = difference(given)
        if found:
            raise UnsupportedError(f"{given} is of another kernel: {found}; take the file of this one, or make it "
                                   "there with ptcpdump --save-btf FILE")
    return given


def difference(path: str) -> str:
    """In what a file's types differ from the running kernel; "": in nothing that can be compared.

    Raises UnsupportedError for a file without types.
    """
    types = Types(path)
    with Path(path).open("rb") as file:
        is_program = file.read(4) == b"\x7fELF"
    if is_program:
        theirs, ours = build_id.of_file(path), build_id.of_kernel()
        if theirs and ours:
            return "" if theirs == ours else f"its build ID is {theirs.hex()}, that of this one {ours.hex()}"
    else:
        _, found, rest = Path(path).read_bytes().partition(_REMARK)
        if found:
            said = rest.partition(b"\0")[0]
            return "" if said == _kernel() else f"it says that it is {said.decode(errors='replace')}"
    if Path(OWN).exists():
        return _other_members(types)
    return _other_functions(types)


def minimal(types: Types) -> bytes:
    """A file of what our programs need of these types, which says that they are the running kernel's."""
    made = excerpt.Excerpt(types, _used())
    made.add_structs()
    for tracepoint in sorted({hook.target for hook in HOOKS if hook.kind in (Kind.TRACEPOINT, Kind.RAW)}):
        if types.has_tracepoint(tracepoint):
            made.add_tracepoint(tracepoint)
    functions = {hook.target for hook in HOOKS if hook.kind is Kind.FUNCTION} | set(FUNCTIONS)
    for function in sorted(functions):
        if types.function(function) is not None:
            made.add_function(function)
    made.add_remark(_REMARK + _kernel())
    return made.data()


@contextmanager
def excerpt_for(program: Path, types: Types) -> Iterator[str | None]:
    """A file, as long as the block lasts, of what a program needs of the kernel's types; None: take these whole.

    libbpf searches all types anew, some 130,000, for each of 30 structs; of an excerpt that takes no time.
    """
    if types.struct(_OF_A_MODULE) is None:
        yield None      # only with all of the kernel's types does libbpf search those of modules, too
        return
    made = excerpt.Excerpt(types, excerpt.members_used(program))
    made.add_structs()
    file = memory_file("btf")
    try:
        with open(file, "wb", closefd=False) as writer:
            writer.write(made.data())
        yield f"/proc/self/fd/{file}"
    finally:
        os.close(file)


def _kernel() -> bytes:
    system = os.uname()
    return f"{system.sysname} {system.release} {system.version} {system.machine}".encode()


def _used() -> dict[str, set[str]]:
    used: dict[str, set[str]] = {name: set() for name in STRUCTS}
    for program in sorted(Path(library.__file__).parent.parent.glob("*.bpf.o")):
        for name, members in excerpt.members_used(program).items():
            used.setdefault(name, set()).update(members)
    return used


def _other_members(types: Types) -> str:
    own = Types()
    for struct, members in sorted(_used().items()):
        for name in sorted(members):
            theirs, ours = types.member(struct, name), own.member(struct, name)
            if theirs and ours and theirs != ours:
                return f"its struct {struct} has {name} elsewhere"
    return ""


def _other_functions(types: Types) -> str:
    described = set(types.functions())
    try:
        with Path("/proc/kallsyms").open(errors="replace") as symbols:
            known = {line.split()[2] for line in symbols}
    except OSError:
        return ""
    there = len(described & known)
    if len(known) < _FEW or len(described) < _FEW or there >= _SHARE * len(described):
        return ""
    return f"of the {len(described)} functions in it this kernel has {there}"
