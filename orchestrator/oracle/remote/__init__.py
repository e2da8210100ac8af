"""A black box that is not in our memory: what passes between it and a trial, and who asks it.

`oracle.py` asks a `service.py` by `request.py`; `protocol/` speaks our own protocol and `adapters/`
those of other services, both on top of `http/`; `images/` brings images into the forms that
services take.
"""
