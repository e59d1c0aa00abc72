"""What students receive, generated from assignments/ and solutions/ alone."""
