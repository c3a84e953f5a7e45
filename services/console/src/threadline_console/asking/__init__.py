"""Asking threads to do something: what is asked, of whom it is asked, and what became of it."""
