"""`python -m ptcpdump` is the command `ptcpdump`."""

from ptcpdump.cli.entry import command

command()
