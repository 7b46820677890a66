"""The one table of fields, and what is made of it."""

import json
import re
from itertools import groupby
from pathlib import Path

from ptcpdump.data import schema
from ptcpdump.data.fields import FIELDS, PACKET_FIELDS

ROOT = Path(__file__).parents[3]


def test_fields_have_the_numbers_that_the_cython_modules_know():
    source = (ROOT / "src/ptcpdump/data/record.pxd").read_text()
    numbers = {int(number): name for name, number in re.findall(r"^    F_(\w+) = (\d+)$", source, re.MULTILINE)}
    names = [field.name.lstrip("@").replace(".", "_").upper().replace("PTCPDUMP_", "OUR_") for field in PACKET_FIELDS]
    assert numbers == dict(enumerate(names))
    assert f"PACKET_FIELDS = {len(names)}\n" in source
    assert len(names) <= 64     # bits of Record.present


def test_names_are_given_once_and_groups_stand_together():
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    for depth in (1, 2, 3):
        groups = [group for group, _ in groupby(field.path[:depth] for field in FIELDS if len(field.path) > depth)]
        assert len(groups) == len(set(groups))


def test_a_name_is_a_field_or_a_group():
    groups = {field.path[:depth] for field in FIELDS for depth in range(1, len(field.path))}
    assert not groups & {field.path for field in FIELDS}


def test_what_is_ours_stands_below_one_name_and_last():
    names = [field.name.startswith("ptcpdump.") for field in FIELDS]
    assert names == sorted(names)


def test_docs_and_schema_are_those_of_the_table():
    assert schema.markdown() in (ROOT / "docs/data.md").read_text(), "run `make readme`"
    assert json.loads((ROOT / "docs/packet.schema.json").read_text()) == schema.json_schema(), "run `make readme`"
