"""Derived proxies that a user writes down: as a formula, or as a function of their own."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

import numpy as np

from proxies.errors import ProxyError
from proxies.proxy import PROXIES, Derived, Proxy, Values
from proxies.ranks import ranks

FUNCTIONS: Mapping[str, tuple[Callable[..., Values], int]] = {  # with the number of arguments
    "rank": (ranks, 1),
    "log": (np.log, 1),
    "exp": (np.exp, 1),
    "abs": (np.abs, 1),
    "minimum": (np.minimum, 2),
    "maximum": (np.maximum, 2),
}
OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
GRAMMAR = f"names of proxies, numbers, + - * / **, and the functions {', '.join(FUNCTIONS)}"

DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.\w+)+")
DOT = "_dot_"  # stands for the dot of a name such as grad_norm.global, which is none in Python


def derive_expression(name: str, text: str, proxies: Mapping[str, Proxy] = PROXIES) -> Derived:
    """Return the derived proxy ``name`` that ``text`` describes; it is not registered. Higher is better.

    Args:
        name: what to call it.
        text: a formula, such as ``rank(swap) + rank(zico)``; ``rank`` is the average rank within the evaluated set,
            from 1 for the lowest. Or the path of a function, ``package.module:function``: its positional parameters
            are named after proxies and get an array [n] each, NaN where a score failed; those by keyword only are
            parameters with a default.
        proxies: what ``text`` may refer to.

    Raises:
        ProxyError: the text cannot be read or names an unknown proxy; the message says where.
    """
    if name in proxies:
        raise ProxyError(f"derived proxy '{name}': there is a proxy of that name; choose another")
    try:
        function, of = _load(text) if re.fullmatch(r"[\w.]+:\w+", text.strip()) else _parse(text)
    except ProxyError as error:
        raise ProxyError(f"derived proxy '{name}': {error}") from error
    for part in of:
        proxies[part]  # raises UnknownNameError with a suggestion
    return Derived(name, function, True, of, pointwise=False, version=1, paper=f"defined by the user: {text}")


def _parse(text: str) -> tuple[Callable[..., Values], tuple[str, ...]]:
    source = DOTTED.sub(lambda match: match[0].replace(".", DOT), text.strip())
    try:
        formula = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ProxyError(f"'{text}' is no formula; one is made of {GRAMMAR}") from error
    of = tuple(dict.fromkeys(_names(formula)))
    if not of:
        raise ProxyError(f"'{text}' names no proxy")

    def evaluate(*values: Values) -> Values:
        with np.errstate(all="ignore"):
            return np.asarray(_evaluate(formula, dict(zip(of, values, strict=True))), dtype=np.float64)

    return evaluate, of


def _names(node: ast.expr) -> Iterator[str]:
    """Yield the proxies that a formula names; raises ProxyError for what is not part of the language."""
    match node:
        case ast.Name(id=name):
            yield name.replace(DOT, ".")
        case ast.Constant(value=int() | float()):
            return
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield from _names(operand)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            yield from _names(left)
            yield from _names(right)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != FUNCTIONS[name][1]:
                raise ProxyError(f"{name} takes {FUNCTIONS[name][1]} argument(s), not {len(arguments)}")
            for argument in arguments:
                yield from _names(argument)
        case _:
            there = ast.unparse(node).replace(DOT, ".")
            raise ProxyError(f"'{there}' is not understood; a formula is made of {GRAMMAR}")


def _evaluate(node: ast.expr, values: Mapping[str, Values]) -> Any:
    match node:
        case ast.Name(id=name):
            return values[name.replace(DOT, ".")]
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(operand=operand):
            return -_evaluate(operand, values)
        case ast.BinOp(left=left, op=operator, right=right):
            return OPERATORS[type(operator)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name][0](*(_evaluate(argument, values) for argument in arguments))
    raise AssertionError(f"_names lets {node} through")


def _load(path: str) -> tuple[Callable[..., Values], tuple[str, ...]]:
    module, _, attribute = path.strip().partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ProxyError(f"the function {path} does not load: {error}") from error
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    of = tuple(each.name for each in signature(function).parameters.values() if each.kind in positional)
    if not of:
        raise ProxyError(f"the function {path} has no positional parameter that is named after a proxy")
    return function, of
