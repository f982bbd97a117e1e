"""What answers for a label: processes that resolve it, load what it holds, and follow it."""
