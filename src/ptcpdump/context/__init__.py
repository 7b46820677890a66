"""Who a packet belongs to: process, thread, user, parent, container, pod."""
