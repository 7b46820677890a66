"""What all printers stand on: readers, writers, the registry, names."""
