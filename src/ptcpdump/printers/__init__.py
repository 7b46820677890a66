"""Packet bytes to tcpdump's text: one module per protocol family, tied together by one registry.

Families on the hot path are Cython and register C functions; rare ones are plain Python functions that take a
:class:`~ptcpdump.printers.base.view.View`. Which is which is seen only in the registry.
"""
