"""Stage `workshop`: what a room believes, contests, aims at and decides on a company's numbers, kept and followed."""
