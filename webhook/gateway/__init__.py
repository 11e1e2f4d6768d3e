"""The authorization gateway: stands between pods and the company's authorization services, which are slow and easily drowned."""
