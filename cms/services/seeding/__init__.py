"""Sites to develop and to measure with. Nothing here is made for a site that people read."""
