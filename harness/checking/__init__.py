"""Somebody's program against true gradients."""
