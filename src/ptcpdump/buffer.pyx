"""The output buffer: everything is in the .pxd, inline. This module exists so that others can cimport it."""
