"""From what graders have (folders, archives, exports of learning platforms) to submissions of students."""
