"""What a run came to, in the forms that other systems read; each exporter is a module of its own."""
