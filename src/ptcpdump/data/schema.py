"""The JSON Schema (draft 2020-12) of the objects that `--json` writes, made of the table of fields."""

from ptcpdump.data.fields import FIELDS, Field, Kind

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IP: dict[str, object] = {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
_TEXT: dict[str, object] = {"type": "string"}
_ANSWER = {
    "type": "object",
    "properties": {"name": _TEXT, "type": _TEXT, "ttl": {"type": "integer", "minimum": 0}, "data": _TEXT},
    "required": ["name", "type", "ttl"],
    "additionalProperties": False,
}
_TYPES: dict[Kind, dict[str, object]] = {
    Kind.KEYWORD: _TEXT,
    Kind.LONG: {"type": "integer", "minimum": 0},
    Kind.BOOLEAN: {"const": True},
    Kind.DATE: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"},
    Kind.IP: _IP,
    Kind.KEYWORDS: {"type": "array", "items": _TEXT, "minItems": 1},
    Kind.IPS: {"type": "array", "items": _IP, "minItems": 1},
    Kind.LABELS: {"type": "object", "additionalProperties": _TEXT},
    Kind.OBJECTS: {"type": "array", "items": _ANSWER, "minItems": 1},
}
# What every packet has
REQUIRED = ("@timestamp", "network.bytes", "ptcpdump.length.original", "ptcpdump.length.captured",
            "ptcpdump.length.payload", "ptcpdump.linktype", "ptcpdump.summary")


def json_schema() -> dict[str, object]:
    """The schema, ready for json.dumps()."""
    whole = _object()
    whole = {"$schema": _DIALECT, "title": "A packet, as ptcpdump --json writes it"} | whole
    for field in FIELDS:
        _add(whole, field)
    return whole


def _object() -> dict[str, object]:
    return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def _add(group: dict[str, object], field: Field) -> None:
    required = field.name in REQUIRED
    *path, last = field.path
    for name in path:
        properties = _properties(group, name, required=required)
        group = properties.setdefault(name, _object())
    _properties(group, last, required=required)[last] = _TYPES[field.kind] | {
        "description": f"{field.about}; from: {field.got}"}


def _properties(group: dict[str, object], name: str, *, required: bool) -> dict[str, dict[str, object]]:
    names, properties = group["required"], group["properties"]
    assert isinstance(names, list) and isinstance(properties, dict)
    if required and name not in names:
        names.append(name)
    return properties


def markdown() -> str:
    """The table of fields for docs/data.md, with the last line feed."""
    lines = ["| Field | Type | What | From |", "|---|---|---|---|"]
    lines += [f"| `{field.name}` | {field.kind} | {field.about} | {field.got} |" for field in FIELDS]
    return "\n".join(line.replace("\\", "\\\\") for line in lines) + "\n"
