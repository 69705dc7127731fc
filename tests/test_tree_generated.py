"""The code that is generated for structures in frequent use does what the walks do."""

import gc
import pickle
import weakref
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given

from fgrad import jit, tree
from fgrad import tree_util as tu
from fgrad.pytree import treedef as treedefs
from fgrad.pytree.spec import build

from .test_tree import BUILTIN_TREES, nested, trees


def warmed(x):
    """Return the treedef of a tree that was flattened often."""
    for _ in range(treedefs.WARM + 2):
        leaves, treedef = tree.flatten(x)
        tree.unflatten(treedef, leaves)
    return treedef


def exact(x):
    """Return a tree as text with the types of its keys: equal dicts may differ."""
    paths = [(tu.keystr(p), *map(type, p)) for p, _ in tree.leaves_with_path(x)]
    return repr(tree.structure(x)), repr(x), paths


@pytest.mark.parametrize("x", BUILTIN_TREES, ids=repr)
@pytest.mark.parametrize("y", BUILTIN_TREES, ids=repr)
def test_leaves_are_taken_from_trees_of_the_structure_only(x, y):
    treedef = warmed(x)
    leaves, other = tree.flatten(y)
    taken = treedef.take(y)
    assert taken is None or (other == treedef and taken == leaves)


@given(trees)
def test_round_trips_are_those_of_the_walks(x):
    leaves, treedef = tree.flatten(x)
    cold = exact(build(treedef._spec, iter(leaves)))
    warmed(x)
    leaves, again = tree.flatten(x)
    assert again == treedef
    assert exact(tree.unflatten(treedef, leaves)) == cold
    assert exact(tree.unflatten(treedef, iter(leaves))) == cold
    assert exact(tree.map(lambda leaf: leaf, x)) == cold
    assert treedef.flatten_up_to(x) == leaves


def test_code_is_generated_for_what_is_used_often():
    treedef = warmed({"a": (1, 2), "b": [None, 3]})
    assert treedef.take({"a": (4, 5), "b": [None, 6]}) == [4, 5, 6]
    assert treedef.take({"a": (4, 5), "b": [7, 6]}) is None
    assert treedef.take({"a": (4, 5), "c": [None, 6]}) is None
    assert treedef.take({"a": (4, [5]), "b": [None, 6]}) is None


def test_keys_that_equal_strings_are_no_strings():
    warmed({"a": (1, 2)})
    _, treedef = tree.flatten({np.str_("a"): (1, 2)})
    (key,) = tree.unflatten(treedef, [1, 2])
    assert type(key) is np.str_


def test_a_class_may_be_registered_after_it_was_a_leaf_or_a_namedtuple():
    Pair = namedtuple("Pair", "x y")

    class Box:
        def __init__(self, item):
            self.item = item

    tree_of_both = [Pair(1, 2), Box(3)]
    assert warmed(tree_of_both).num_leaves == 3
    tu.register_pytree_node(Box, lambda b: ((b.item, 0), None), lambda _, c: Box(c[0]))
    assert tree.leaves(tree_of_both) == [1, 2, 3, 0]
    warmed(tree_of_both)
    tu.register_pytree_node(Pair, lambda p: ((p.x,), p.y), lambda y, c: Pair(*c, y))
    assert tree.leaves(tree_of_both) == [1, 3, 0]


def test_nodes_of_users_without_static_data():
    class Bag:
        def __init__(self, *items):
            self.items = items

    tu.register_pytree_node(Bag, lambda b: (b.items, ()), lambda _, c: Bag(*c))
    treedef = warmed((Bag(1, 2), 3))
    assert treedef.take((Bag(4, 5), 6)) == [4, 5, 6]
    assert treedef.take((Bag(4), 6)) is None
    assert tree.unflatten(treedef, [7, 8, 9])[0].items == (7, 8)


def test_deep_and_wide_trees_are_left_to_the_walks():
    for x in (nested(300), [(1, 2)] * 400):
        treedef = warmed(x)
        assert treedef.take(x) is None
        assert tree.unflatten(treedef, tree.leaves(x)) == x


def test_errors_of_flatten_are_the_same():
    good, bad = {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, 2: 2}}
    warmed(good)
    with pytest.raises(ValueError, match=r"at \['a'\].*cannot be sorted"):
        tree.flatten(bad)
    with pytest.raises(ValueError, match=r"at \['a'\]"):
        tree.map(max, good, bad)


def test_errors_of_users_come_without_generated_code():
    class Stubborn:
        def __init__(self, item):
            self.item = item

        def children(self):
            if self.item is None:
                raise RuntimeError("no item")
            return (self.item, 0), ()

    tu.register_pytree_node(Stubborn, Stubborn.children, lambda _, c: Stubborn(c[0]))
    f = jit(lambda p: p[0].item * 2.0)
    for _ in range(treedefs.WARM + 4):
        assert f([Stubborn(1.0)]) == 2.0
    with pytest.raises(RuntimeError, match="no item") as caught:
        f([Stubborn(None)])
    names = [entry.name for entry in caught.traceback]
    assert names[1:] == ["__call__", "children"]


def test_jit_does_not_keep_static_data_of_its_arguments():
    class Big:
        pass

    class Node:
        def __init__(self, x, big):
            self.x, self.big = x, big

    tu.register_pytree_node(Node, lambda n: ((n.x,), n.big), lambda b, c: Node(*c, b))
    f, big = jit(lambda n: n.x * 2.0), Big()
    for _ in range(treedefs.WARM + 4):
        assert f(Node(1.0, big)) == 2.0
    alive = weakref.ref(big)
    del big
    f.clear_cache()
    gc.collect()
    assert alive() is None


def test_jit_sees_another_structure_at_once():
    runs = []
    f = jit(lambda p, x: runs.append(1) or tree.map(lambda leaf: leaf * x, p))
    one = {"w": (np.ones(2), 2.0), "b": 3.0}
    for _ in range(treedefs.WARM + 4):
        assert f(one, 2.0)["b"] == 6.0
    assert len(runs) == 1
    assert f({**one, "b": (1.0, None)}, 2.0)["b"] == (2.0, None)
    assert f(one, x=2.0)["w"][1] == 4.0
    assert len(runs) == 3
    assert f(one, np.float32(2.0))["b"] == 6.0
    assert len(runs) == 4
    for _ in range(treedefs.WARM + 4):
        assert f(one, 2.0)["b"] == f(one, x=2.0)["b"] == 6.0
    assert len(runs) == 4


def test_a_jitted_function_is_pickled_without_what_its_calls_left():
    Local = namedtuple("Local", "x")
    g = jit(tu.Partial(tree.map, np.sin))
    assert g(Local(0.0)).x == 0.0
    assert pickle.loads(pickle.dumps(g))(0.0) == 0.0
