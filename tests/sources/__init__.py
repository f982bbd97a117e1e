"""Other systems: databases, tables of lakes, projects of DVC."""
