"""The clerk: reads the ticket events in the background, and keeps contacts and suggestions from them."""
