"""What was written for other libraries, served by this one. Each module is imported when used."""
