"""A form that is open for business: its settings, how often it may be used, and how its posts ended."""

import time
from typing import Final

from threadline_form.rates import Rates, Window, address_key
from threadline_form.settings import Form
from threadline_form.submission import CHANNEL
from threadline_shared import metrics
from threadline_shared.health import component

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_ALL: Final = ""


class OpenForm:
    """Counts in the memory of this process: with several replicas, each has limits of its own."""

    def __init__(self, form: Form) -> None:
        rates = form.rates
        self.form: Final = form
        self._health: Final = component(f"{CHANNEL}/{form.id}", kind=CHANNEL)
        self._addresses: Final = Rates((Window(rates.address_per_hour, _HOUR), Window(rates.address_per_day, _DAY)))
        self._everybody: Final = Rates((Window(rates.form_per_day, _DAY),))

    def admit(self, address: str) -> float:
        """Count a post from this address and return 0, or return the seconds it has to wait."""
        return self._addresses.take(address_key(address), time.time())

    def admit_one_more(self) -> float:
        """Count a message for this form and return 0, or return the seconds that everybody has to wait."""
        return self._everybody.take(_ALL, time.time())

    def give_back(self, address: str, *, counted: bool) -> None:
        """Uncount a post that we failed to take: not held against the visitor, nor (if `counted`) against the form."""
        self._addresses.give_back(address_key(address))
        if counted:
            self._everybody.give_back(_ALL)

    def refused(self) -> None:
        """Count a post that was refused; how the others ended is counted by the intake."""
        metrics.inputs(CHANNEL, self.form.id, "refused").inc()
        self._health.count("refused")

    def turned_away(self, reason: str) -> None:
        """Count a post that came at a time when we could not even read it."""
        metrics.inputs(CHANNEL, self.form.id, "failed").inc()
        self._health.count("failed")
        self._health.trouble(reason)
