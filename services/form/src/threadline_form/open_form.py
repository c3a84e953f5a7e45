"""A form that is open for business: its settings, how often it may be used, and how its posts ended."""

import time
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Accepted, Buried, Outcome, Skipped
from threadline_form.rates import Rates, Window, address_key
from threadline_form.settings import Form
from threadline_form.submission import CHANNEL
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

    def failed(self, address: str, error: TemporaryError, *, counted: bool) -> None:
        """Our failure: not held against the visitor, nor (if it was `counted`) against the form."""
        self._addresses.give_back(address_key(address))
        if counted:
            self._everybody.give_back(_ALL)
        self._health.count("failed")
        self._health.trouble(str(error))

    def refused(self) -> None:
        """Count a post that was refused."""
        self._health.count("refused")

    def settled(self, outcome: Outcome) -> None:
        """Count a post that was taken in, whatever became of it."""
        match outcome:
            case Accepted():
                self._health.count("accepted")
            case Buried():
                self._health.count("buried")
            case Skipped():
                self._health.count("skipped")
        self._health.ok()
