"""What stops a start, in one line a person can act on."""


class TroubleError(Exception):
    """Something is missing, taken or broken; the message is the one line to show."""


class StoppedError(Exception):
    """Somebody asked to stop while the start was under way."""
