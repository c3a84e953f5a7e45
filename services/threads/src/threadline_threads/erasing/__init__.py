"""Erasing a person: what becomes of their messages, of their traces, and of what arrives late. docs/privacy.md."""
