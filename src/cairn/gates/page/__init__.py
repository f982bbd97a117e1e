"""A decision as one page of HTML that stands alone: read on a phone, printed, sent by mail."""
