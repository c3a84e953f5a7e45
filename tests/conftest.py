"""Fixtures every tier may use; each real server starts at its first use."""

pytest_plugins = ["support.postgres", "support.bus", "support.chromium", "support.s3"]
