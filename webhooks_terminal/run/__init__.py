"""The whole product as one foreground command: databases, web, worker, pump, simulator.

`python -m webhooks_terminal.run` is what `make run` calls. `Instance` is the same thing for programs: tests start
throw-away instances with it, kill single processes and look whether a promise holds.
"""
