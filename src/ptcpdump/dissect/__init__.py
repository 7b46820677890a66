"""Packet bytes as typed fields: headers, the names that packets carry, TCP streams put together. No text, no output."""
