"""Evidence for gates, measured beforehand: predictions, latencies, policies, reports."""
