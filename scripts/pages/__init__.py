"""What is made of the table of flags beside -h: the manual page, and completion for shells."""
