"""One run: settings, preparation, the command under capture, and the driver from source to sinks."""
