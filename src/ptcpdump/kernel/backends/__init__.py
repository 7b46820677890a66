"""Where packets are taken: one row of traits and one module each."""
