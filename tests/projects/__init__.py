"""Projects and people for tests: folders, repositories, stores, commands that are typed."""
