"""The ground floor: settings, errors, registries, files, devices. It imports nothing above it."""
