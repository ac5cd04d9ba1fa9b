"""Stage `workshop`: what a room believes, contests, aims at and decides on a company's numbers, kept and followed."""

from helpers.workshop.record import WorkshopError
from helpers.workshop.room import Room, open_room
from helpers.workshop.steps import agenda, step, sure
from helpers.workshop.told import findings

__all__ = ["Room", "WorkshopError", "agenda", "findings", "open_room", "step", "sure"]
