"""A packet as a record of named, typed fields: the table of fields, what fills them in, schemas."""
