"""The present state of tickets told again, for a consumer that starts from nothing."""
