"""One file for each command of `threadline`; imported only when that command runs."""
