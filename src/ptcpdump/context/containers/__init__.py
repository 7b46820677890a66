"""Containers and pods: which one a process belongs to, as their runtimes describe them."""
