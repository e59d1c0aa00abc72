"""Pages that people look at: one for staff on a whole run, one for each student."""
