"""Sections of this page."""
