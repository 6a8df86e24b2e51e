"""The spaces whose tables can be made of small public files."""

from benchmarks.recipes import darts, nats_sss, nb101, nb201, tnb101
from benchmarks.recipes.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    "nb101": nb101.RECIPE,
    "nb201": nb201.RECIPE,
    "darts": darts.RECIPE,
    "tnb101_micro": tnb101.MICRO,
    "tnb101_macro": tnb101.MACRO,
    "nats_sss": nats_sss.RECIPE,
}
