"""Plug-ins are found by name, and a name stands for one plug-in."""

from importlib.metadata import EntryPoint

import pytest

from proxies import registry as module
from proxies.errors import ProxyError, UnknownNameError
from proxies.registry import Registry


def test_a_plug_in_is_known_by_its_name():
    registry = Registry("dish", "none")
    registry.register("soup", "SOUP")
    registry.register("salad", "SALAD")
    assert registry["soup"] == "SOUP"
    assert list(registry) == ["salad", "soup"]
    assert "soup" in registry
    assert len(registry) == 2


def test_a_name_is_given_once():
    registry = Registry("dish", "none")
    registry.register("soup", "SOUP")
    registry.register("soup", "SOUP")  # the same one again, as when a module is reloaded
    with pytest.raises(ProxyError, match="dish 'soup' is registered twice"):
        registry.register("soup", "STEW")


def test_an_unknown_name_is_told_with_the_nearest_ones():
    registry = Registry("dish", "none")
    registry.register("soup", "SOUP")
    with pytest.raises(UnknownNameError, match="unknown dish 'soop'; did you mean 'soup'\\? known: soup"):
        registry["soop"]
    with pytest.raises(UnknownNameError, match="unknown dish 'x'; known: none"):
        Registry("dish", "none")["x"]


class Salad:
    name = "soup"


def test_a_plugin_whose_entry_point_has_another_name_is_refused(monkeypatch):
    entry = EntryPoint("salad", f"{__name__}:Salad", "dishes")
    monkeypatch.setattr(module, "entry_points", lambda group: [entry])
    with pytest.raises(ProxyError, match=r"dish 'salad' from .* calls itself 'soup'; use one name for both"):
        Registry("dish", "dishes")["salad"]
