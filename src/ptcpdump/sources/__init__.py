"""Where packets come from: savefiles and the running kernel."""
