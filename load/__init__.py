"""`make load`: a day in minutes. Tills issue and redeem while a batch runs."""
