class PrinterState:
    """What printers remember from packet to packet of one run; empty at first."""
