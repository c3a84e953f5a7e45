"""Fixtures every tier may use; each real server starts at its first use."""

from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code: benchmarks measure that.
settings.register_profile("threadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("threadline")

pytest_plugins = [
    "support.postgres",
    "support.bus",
    "support.rabbit",
    "support.chromium",
    "support.pgbouncer",
    "support.s3",
    "support.blobs",
    "support.gateway",
    "support.logs",
    "support.web",
    "support.worker",
    "support.console",
    "support.console_pair",
    "support.dovecot",
    "support.forms",
    "support.threads_house",
    "support.postfix",
]
