"""`python -m ptcpdump` is the command `ptcpdump`."""

import sys

from ptcpdump.cli.main import main

sys.exit(main())
