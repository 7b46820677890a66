"""What Wireshark is answered when it asks: sentences of the grammar of extcap(4), one a line."""

from collections.abc import Iterator

import ptcpdump
from ptcpdump.errors import FilterError
from ptcpdump.extcap.table import INTERFACES, settings_of
from ptcpdump.filters.pcap import compile_expression
from ptcpdump.kernel.traits import BACKENDS, DEFAULT

_EN10MB = 1
_CHOICES = {
    "--backend": {name: name for name in BACKENDS},
    "--direction": {"inout": "both", "in": "in", "out": "out"},
}
_DEFAULTS = {"--backend": DEFAULT.name, "--direction": "inout"}


def interfaces() -> Iterator[str]:
    """To --extcap-interfaces."""
    yield _sentence("extcap", version=ptcpdump.__version__, display="ptcpdump")
    for name, display in INTERFACES.items():
        yield _sentence("interface", value=name, display=display)


def link_types() -> Iterator[str]:
    """To --extcap-dlts: the most common one; the pcapng that follows says which each interface really has."""
    yield _sentence("dlt", number=_EN10MB, name="EN10MB", display="Ethernet")


def config(interface: str) -> Iterator[str]:
    """To --extcap-config."""
    for number, setting in enumerate(settings_of(interface)):
        values: dict[str, object] = {"number": number, "call": setting.call, "display": setting.display,
                                     "type": setting.kind, "tooltip": setting.tooltip, "group": setting.group}
        if setting.default:
            values["default"] = setting.default
        if setting.required:
            values["required"] = "true"
        if setting.kind == "fileselect":
            values["mustexist"] = "true"
        yield _sentence("arg", **values)
        for value, display in _CHOICES.get(setting.call, {}).items():
            yield _sentence("value", arg=number, value=value, display=display,
                            default="true" if value == _DEFAULTS[setting.call] else "false")


def flaw_of_filter(expression: str) -> str:
    """To --extcap-capture-filter without --capture: what is wrong with it, empty if nothing is."""
    try:
        compile_expression(expression, _EN10MB)
    except FilterError as error:
        return str(error)
    return ""


def _sentence(kind: str, /, **values: object) -> str:
    return f"{kind} " + "".join(f"{{{name}={value}}}" for name, value in values.items())
