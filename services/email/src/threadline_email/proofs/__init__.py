"""Our own check of who sent a mail (`[email] verify`): SPF, DKIM and DMARC, asked of the DNS while the mail arrives."""

from threadline_email.settings import EmailSettings
from threadline_email.smtp import Accepter


def checked(intake: Accepter, settings: EmailSettings) -> Accepter:
    """Return an intake that has every mail checked, or the same one when that is not wanted. Raises SettingsError."""
    if not settings.verify:
        return intake
    from threadline_email.proofs.checking import Checked  # what needs no DNS does not load it
    from threadline_email.proofs.resolver import DnsResolver

    resolver = DnsResolver(settings.verify_seconds, settings.verify_nameservers)
    return Checked(intake, resolver, settings.verify_seconds)
