"""The application without its window: controller, command table, settings."""
