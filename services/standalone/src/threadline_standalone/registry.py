"""The services that `threadline up` runs. A new channel is one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import threadline_console.app
import threadline_email.app
import threadline_form.app
import threadline_threads.app
from threadline_shared.runtime import Service

SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {
        "email": threadline_email.app.run,
        "form": threadline_form.app.run,
        "threads": threadline_threads.app.run,
        "console": threadline_console.app.run,
    }
)
