"""`--json-schema`: what the objects of `--json` look like."""

import json

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.data.schema import json_schema


def run(_: Options) -> int:
    """Print the JSON Schema."""
    say.show(*json.dumps(json_schema(), indent=2).splitlines())
    return 0
