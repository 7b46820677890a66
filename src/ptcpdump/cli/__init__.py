"""The command line: flags to options, one module per command, exit statuses."""
