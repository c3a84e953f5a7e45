"""Fixtures every tier may use; each real server starts at its first use."""

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
