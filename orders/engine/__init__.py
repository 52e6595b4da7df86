"""The paper exchange: a pure core. Standard library only; no clock, no I/O, no randomness; decimals throughout."""
