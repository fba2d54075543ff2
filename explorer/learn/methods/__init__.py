"""Every method that the surveys name: what it is, where it is seen, and the test that holds it."""
