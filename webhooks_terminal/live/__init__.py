"""What happens is told to the open terminals, over one stream each (server-sent events).

`stream` speaks HTTP, `watch` looks at the books once for all terminals of the process, `viewer` is one open terminal.
"""

from webhooks_terminal.live.stream import live

__all__ = ["live"]
