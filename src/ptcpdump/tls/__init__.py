"""TLS: keys that running programs make, key logs, and what they decrypt. Nothing of it is loaded unless asked for."""
