"""The process `richpod certs`: authority and serving certificate in two Secrets, and trust in them in every webhook entry."""
