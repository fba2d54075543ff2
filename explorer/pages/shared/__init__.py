"""What every page stands on: visitors and their files, caches, turns, the door, the server."""
