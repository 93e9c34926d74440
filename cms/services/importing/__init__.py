"""Bringing in what was written elsewhere. Each kind of source has a module; all end in a ``Ledger``."""
