"""The rules of one course: course.toml, due dates, extensions, what late days cost, which attempt counts."""
