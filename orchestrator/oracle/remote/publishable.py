"""Texts about services as others may read them: without addresses."""

import re
from urllib.parse import urlsplit

from orchestrator.oracle.backbone import Backbone

_PLACE = re.compile(r"\b(?P<what>service|endpoint) at \S+")
_URL = re.compile(r"https?://[^\s'\"<>]+")
_HIDDEN = "(address of the service)"


def publishable(text: str, backbone: Backbone) -> str:
    """A text without the address of a backbone's service, and without any URL.

    Example:
        >>> asked = Backbone(model="clip", service="http://10.0.0.7:8000")
        >>> publishable("the service at 10.0.0.7:8000 refuses a request", asked)
        'the service refuses a request'
    """
    if not backbone.remote:
        return text
    shown = _URL.sub(_HIDDEN, _PLACE.sub(r"\g<what>", text))
    place = urlsplit(backbone.service or "").netloc
    return shown.replace(place, _HIDDEN) if place else shown
