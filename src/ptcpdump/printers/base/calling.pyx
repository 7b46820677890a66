"""Printers in plain Python: how they are registered and called, and what becomes of their mistakes."""

import importlib

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.view cimport View

from ptcpdump.printers.base.core import LAYER_NAMES, forced_key
from ptcpdump.printers.base.registry import LAST
from ptcpdump.printers.base.view import Truncated


cdef Called call_printer(int number, Dissection *d, const uint8_t *p, uint32_t length, Printer *native) noexcept with gil:
    """Run a printer in Python, or find that it is one in C: that is called without the GIL, by whoever called this."""
    cdef Dissection before = d[0]
    cdef size_t written = d.out.len
    cdef View view = View.__new__(View)
    view.d = d
    view.p = p
    view.size = length
    try:
        printer = printers[number]
        if isinstance(printer, str):
            module, _, name = printer.partition(":")
            found = importlib.import_module(module)
            native[0] = exported(printer)
            if native[0] != NULL:
                return CALL_NATIVE
            printer = printers[number] = getattr(found, name)
        if hasattr(printer(view), "send"):
            raise TypeError("it is a generator or a coroutine; a printer is a function, and says what it prints")
    except Truncated:
        return CALL_TRUNCATED
    except KeyboardInterrupt:       # the run ends once the packet is left behind: printers in C lie between here and there
        d.interrupted = True
    except BaseException as error:  # whatever it is, SystemExit too, must not end a capture
        d[0] = before
        d.out.len = written
        failed(number, error)
        return CALL_FAILED
    finally:
        view.d = NULL
    return CALL_DONE


cdef void failed(int number, error) noexcept:
    """Tell of a printer's mistake, once, and withdraw it if it is another package's.

    One of ours stays: a packet that it can't take must not blind a capture for those that follow.
    """
    target = targets[number]
    name = target if isinstance(target, str) else name_of_printer(target)
    ours = name.startswith("ptcpdump.")
    if faults is not None:
        faults.append(error)
    if ours:
        if target in told:
            return
        told.append(target)
        outcome = "the packet is printed without it; please report this"
    else:
        # the last registration first, for it would give its key back to an earlier one of the same printer
        if not any([withdraw(i) for i in reversed(range(len(targets))) if is_same(targets[i], target)]):
            return          # an inner call of the same printer has failed before
        outcome = "packets are printed without it from now on: tell its authors, or remove their package"
    say_failed(f"printer {name}", error, outcome)


cdef bint is_same(a, b) noexcept:
    """Whether these are one printer: as methods are, which are another object each time; comparing may fail, too."""
    try:
        return a is b or bool(a == b)
    except BaseException:
        return False


cdef str name_of_printer(printer):
    try:
        return f"{printer.__module__}:{printer.__qualname__}"
    except BaseException:   # it is no function
        return f"{type(printer).__module__}:{type(printer).__qualname__}"


def say_failed(what: str, error: BaseException, outcome: str) -> None:
    """Tell that another package's code, or a printer of ours, has failed."""
    import logging
    from ptcpdump.context.escape import escape
    from ptcpdump.errors import reason_of
    logging.getLogger("ptcpdump").error("%s", escape(f"{what} failed ({reason_of(error)}); {outcome}"))


told = []               # printers of ours of which a mistake has been told
faults = None           # tests put a list here, which then takes the mistakes
targets = []            # printers as they were registered: a callable, or "package.module:function"
printers = []           # the same; a callable from the first call on


def register(layer: str, key: int | str, printer: object, *, rank: int = LAST) -> None:
    """Let a Python printer serve a key of a layer; the last registration wins.

    layer: "linktype", "ethertype", "ip.protocol", "tcp.port", "udp.port", "udp.dstport" (only as destination),
    "ppp.protocol", "llc", "icmp6.type", or "forced" with a name for -T, which then takes the payload of UDP ("tcp.forced":
    of TCP) as that.
    printer: a callable that takes a View, or "package.module:function", imported when the first such packet comes.
    rank: where printers know both ports of a packet, that of the lower rank is called; 1 to 255.
    Raises ValueError for an unknown layer and for a key or a rank out of range.
    """
    if layer not in LAYER_NAMES and layer != "udp.dstport":
        raise ValueError(f"there is no layer {layer!r}; there are: {', '.join(sorted({*LAYER_NAMES, 'udp.dstport'}))}")
    number = forced_key(key) if layer in FORCED.values() else int(key)
    if not 0 <= number <= 65535:
        raise ValueError(f"key {key!r} of layer {layer!r} is out of range: 0 to 65535")
    if not 0 < rank <= LAST:
        raise ValueError(f"rank {rank} of key {key!r} of layer {layer!r} is out of range: 1 to {LAST}")
    targets.append(printer)
    printers.append(printer)
    put_slot(LAYER_NAMES["udp.port" if layer == "udp.dstport" else layer], number, len(printers) - 1, rank,
             layer == "udp.dstport")


def not_imported() -> list[str]:
    """The printers of which only the name is known so far."""
    return [printer for printer in printers if isinstance(printer, str)]


FORCED = {"udp": "forced", "tcp": "tcp.forced"}     # the layer of -T for that of the ports


def register_row(layer: str, keys: tuple[int, ...], printer: str, rank: int, type: str) -> None:
    """Register what a row of the registry says (printers.base.registry)."""
    for key in keys:
        register(layer, key, printer, rank=rank)
    if type:
        register(FORCED[layer.partition(".")[0]], type, printer)


set_caller(call_printer)
