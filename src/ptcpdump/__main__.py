"""`python -m ptcpdump` is the command `ptcpdump`."""

from ptcpdump.cli.main import command

command()
