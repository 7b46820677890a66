"""Lets Cython modules that are linked into one shared object call each other directly.

What one Cython module cimports of another is reached through a pointer that is filled when the module is imported: each
module is meant to be a library of its own. Here they are linked into one, and a compiler that optimizes at link time
could inline such calls, if it saw whom they call. So in the C that Cython generates

    static void (*__pyx_f_..._say_mark)(struct Dissection *); /*proto*/         becomes
    extern void __pyx_f_..._say_mark(struct Dissection *); /*proto*/            where it is imported, and
    static void __pyx_f_..._say_mark(struct Dissection *d) {                    loses its "static" where it is defined.

The module is still imported at that place, so that it is initialized before its functions are called, and it still
exports them in `__pyx_capi__`, for modules outside (those of other packages, those that are libraries of their own).
Names can't clash: they contain the name of the module. PyInit_NAME is renamed for that.

Only text of exactly the expected shape is rewritten; anything else ends the build, for it would be another Cython's.

    bind.py --module ptcpdump.printers.base.say --linked LIST INPUT.c OUTPUT.c

LIST names the modules of the shared object, one a line.
"""

import argparse
import re
import sys
from pathlib import Path

UNDERSTOOD = "3.2 and 3.3"
FUNCTION = r"__pyx_f_\w+"
# The tables of what a module offers and of what it wants, as __Pyx_ExportFunction and __Pyx_ImportFunction walk them:
#     void (*const __pyx_export_pointers[])(void) = {(void (*)(void))&NAME, ..., (void (*)(void)) NULL};
EXPORTS = re.compile(
    r"^ *void \(\*const __pyx_export_pointers\[\]\)\(void\) = "
    rf"\{{(?P<names>(?:\(void \(\*\)\(void\)\)&{FUNCTION}, )+)\(void \(\*\)\(void\)\) NULL\}};$", re.MULTILINE)
IMPORTS = re.compile(
    r'PyImport_ImportModule\("(?P<module>[\w.]+)"\)'    # the block that a table stands in begins with it
    r"(?P<between>(?:(?!PyImport_ImportModule).)*?)"
    r"(?P<head>\n *void \(\*\*const __pyx_import_pointers\[\]\)\(void\) = \{)"
    rf"(?P<names>(?:\(void \(\*\*\)\(void\)\)&{FUNCTION}, )+)"
    r"(?P<tail>\(void \(\*\*\)\(void\)\) NULL\};\n)", re.DOTALL)


class NotUnderstoodError(Exception):
    """The generated code is not of the shape that is known here."""


def bind(text: str, module: str, linked: frozenset[str]) -> str:
    """The generated C of a module, bound to the other `linked` modules. Raises NotUnderstoodError."""
    text = _rename_init(text, module)
    text = _offer(text)
    return _want(text, linked)


def _rename_init(text: str, module: str) -> str:
    name = module.rpartition(".")[2]
    return _replaced(text, rf"\bPyInit_{name}\(void\)", f"PyInit_{symbol(module)}(void)", (2,), f"PyInit_{name}")


def _offer(text: str) -> str:
    """Make functions that other modules import visible to them."""
    tables = EXPORTS.findall(text)
    _compare(len(tables), text, "__pyx_export_pointers[])")
    for name in re.findall(FUNCTION, "".join(tables)):
        head = rf"^static (?:CYTHON_INLINE )?(?=[^=;{{}}]*\b{name}\([^;{{}}]*\)"
        text = _replaced(text, head + r"; /\*proto\*/$)", "", (0, 1), f"the declaration of {name}")
        text = _replaced(text, head + r" \{$)", "", (1,), f"the definition of {name}")
    return text


def _want(text: str, linked: frozenset[str]) -> str:
    """Refer to functions of linked modules by their names."""
    names: list[str] = []
    found = 0

    def emptied(table: re.Match[str]) -> str:
        nonlocal found
        found += 1
        if table["module"] not in linked:
            return table[0]
        names.extend(re.findall(FUNCTION, table["names"]))
        return f'PyImport_ImportModule("{table["module"]}"){table["between"]}{table["head"]}{table["tail"]}'

    text = IMPORTS.sub(emptied, text)
    _compare(found, text, "__pyx_import_pointers[])")
    for name in names:
        pointer = rf"^static ([^=;{{}}()]*)\(\*{name}\)(\([^;{{}}]*\); /\*proto\*/)$"
        text = _replaced(text, pointer, rf"extern \1{name}\2", (1,), f"the pointer {name}")
    return text


def symbol(module: str) -> str:
    """A module's name as part of a C identifier: as Cython writes it in __pyx_module_is_main_NAME."""
    return module.replace(".", "__")


def _replaced(text: str, pattern: str, by: str, times: tuple[int, ...], what: str) -> str:
    text, count = re.subn(pattern, by, text, flags=re.MULTILINE)
    if count not in times:
        raise NotUnderstoodError(f"{what} was found {count} times, not {' or '.join(map(str, times))}")
    return text


def _compare(understood: int, text: str, mark: str) -> None:
    """Raise unless all tables were understood."""
    there = text.count(mark)
    kind = "Export" if "export" in mark else "Import"
    if understood != there:
        raise NotUnderstoodError(f"{there} tables '{mark}', of which {understood} are of a known shape")
    if not there and f"__Pyx_{kind}Function" in text:
        raise NotUnderstoodError(f"__Pyx_{kind}Function is there, but no table '{mark}'")


def main() -> None:
    """Bind one file, or end with a message and status 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", required=True)
    parser.add_argument("--linked", required=True, type=Path)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args()
    text = given.input.read_text()
    try:
        bound = bind(text, given.module, frozenset(given.linked.read_text().split()))
    except NotUnderstoodError as error:
        version = re.match(r"/\* Generated by Cython (\S+) \*/", text)
        sys.exit(
            f"{given.input}: generated by {f'Cython {version[1]}' if version else 'an unknown tool'}: {error}. "
            f"{Path(__file__).name} knows what Cython {UNDERSTOOD} generate: build with one of them, "
            "or with the modules apart (-Ccmake.define.PTCPDUMP_LINK=OFF), which is slower, and please report it.")
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(bound)


if __name__ == "__main__":
    main()
