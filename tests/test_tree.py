"""Pytrees: structure, paths, registration, errors, and agreement with JAX."""

from __future__ import annotations

import dataclasses
import functools
import pickle
import threading
from collections import Counter, OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fgrad import tree
from fgrad import tree_util as tu
from fgrad.pytree import broadcast_prefix, first_difference

Point = namedtuple("Point", "x y")
Other = namedtuple("Other", "x y")


class Point3(Point):
    pass


class SubList(list):
    pass


class SubDict(dict):
    pass


class SubTuple(tuple):
    pass


@tu.register_dataclass
@dataclasses.dataclass
class Layer:
    w: object
    b: object = None
    name: str = dataclasses.field(default="dense", metadata={"static": True})


@tu.register_pytree_node_class
class Bag:
    def __init__(self, *items, note=None):
        self.items, self.note = items, note

    def tree_flatten(self):
        return iter(self.items), self.note

    @classmethod
    def tree_unflatten(cls, note, children):
        return cls(*children, note=note)


@tu.register_pytree_with_keys_class
class Named:
    def __init__(self, one, two):
        self.one, self.two = one, two

    def tree_flatten_with_keys(self):
        keyed = ((tu.GetAttrKey("one"), self.one), (tu.GetAttrKey("two"), self.two))
        return keyed, None

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children)


@tu.register_static
class Mode(str):
    pass


def nested(depth):
    return functools.reduce(lambda x, _: (x,), range(depth), 1)


# -- flatten, unflatten ---------------------------------------------------------------

BUILTIN_TREES = [
    1,
    None,
    (),
    [],
    {},
    (1,),
    [1],
    (1, (2, [3, None])),
    {"b": 1, "a": (2, 3)},
    {2: "x", 1: "y"},
    {(1, 2): 1, (0, 5): 2},
    {True: 1},
    OrderedDict(b=1, a=2),
    defaultdict(list, b=1, a=2),
    defaultdict(None, a=[1]),
    Point(1, (2, None)),
    Point3(1, [2]),
    SubList([1]),
    SubDict(a=1),
    SubTuple((1,)),
    Counter("ab"),
    {"w": [Point(1, {"z": 2, "y": OrderedDict(q=1)})], "v": ((), None, {})},
    {"only": 1},
    [(1, 2), (3, 4)],
]


@pytest.mark.parametrize("x", BUILTIN_TREES, ids=repr)
def test_builtin_trees_agree_with_jax(x):
    jax = pytest.importorskip("jax")
    leaves, treedef = tree.flatten(x)
    jax_leaves, jax_def = jax.tree.flatten(x)
    assert leaves == jax_leaves
    assert str(treedef) == str(jax_def)
    assert (treedef.num_leaves, treedef.num_nodes) == (
        jax_def.num_leaves,
        jax_def.num_nodes,
    )
    assert treedef.node_data() == jax_def.node_data()
    assert str(treedef.children()) == str(jax_def.children())
    assert tu.treedef_is_leaf(treedef) == jax.tree_util.treedef_is_leaf(jax_def)
    paths = [tu.keystr(path) for path, _ in tree.leaves_with_path(x)]
    assert paths == [
        jax.tree_util.keystr(path) for path, _ in jax.tree.leaves_with_path(x)
    ]
    assert tree.unflatten(treedef, leaves) == x
    assert type(tree.unflatten(treedef, leaves)) is type(x)
    none_is_leaf = lambda y: y is None
    assert tree.leaves(x, none_is_leaf) == jax.tree.leaves(x, none_is_leaf)
    assert tu.is_tree_node(type(x)) == jax.tree_util.is_tree_node(type(x))


@pytest.mark.parametrize("x", BUILTIN_TREES, ids=repr)
@pytest.mark.parametrize("y", BUILTIN_TREES, ids=repr)
def test_pairs_of_trees_agree_with_jax(x, y):
    jax = pytest.importorskip("jax")
    ours, theirs = tree.structure(x), jax.tree.structure(x)
    same = theirs == jax.tree.structure(y)
    assert (ours == tree.structure(y)) == same
    assert (first_difference(ours, tree.structure(y)) is None) == same
    if same:
        assert hash(ours) == hash(tree.structure(y))
    for name in ("map", "broadcast"):
        args = (lambda a, b: (a, b), x, y) if name == "map" else (x, y)
        try:
            want = getattr(jax.tree, name)(*args)
        except ValueError:
            with pytest.raises(ValueError, match=r"at (the root|\S+): "):
                getattr(tree, name)(*args)
        else:
            assert getattr(tree, name)(*args) == want
    composed = ours.compose(tree.structure(y))
    assert str(composed) == str(theirs.compose(jax.tree.structure(y)))


leaf = st.one_of(st.integers(), st.text(max_size=2), st.just(np.float32(1)))
text = st.text("abcé", max_size=2)
trees = st.recursive(
    st.one_of(leaf, st.none()),
    lambda kids: st.one_of(
        st.lists(kids, max_size=4),
        st.lists(kids, max_size=4).map(tuple),
        st.dictionaries(text, kids, max_size=4),
        st.dictionaries(st.integers(), kids, max_size=3),
        st.dictionaries(text, kids, max_size=3).map(OrderedDict),
        st.builds(Point, kids, kids),
        st.builds(Layer, kids, kids),
    ),
    max_leaves=20,
)


@given(trees)
def test_flatten_round_trip(x):
    leaves, treedef = tree.flatten(x)
    again = tree.unflatten(treedef, leaves)
    assert again == x and type(again) is type(x)
    assert treedef.num_leaves == len(leaves) == repr(treedef).count("*")
    keyed, same = tree.flatten_with_path(x)
    assert [value for _, value in keyed] == leaves and same == treedef
    assert len({path for path, _ in keyed}) == len(leaves)
    assert hash(same) == hash(treedef) == hash(tree.structure(x, lambda _: False))
    assert treedef.flatten_up_to(x) == leaves == broadcast_prefix(x, x)
    assert pickle.loads(pickle.dumps(treedef)) == treedef


def test_equal_structures_are_one_object():
    for x in (1, (1, 2), [1], {"a": 1, "b": 2}, {"a": (1, {"b": 2})}, Point(1, (2,))):
        assert tree.structure(x) is tree.structure(tree.map(lambda v: v, x))
    assert tree.structure({"b": 1, "a": 2}) is tree.structure({"a": 1, "b": 2})


def test_keys_of_another_type_are_not_mixed_up():
    assert tree.structure({1: 0}) == tree.structure({True: 0})
    for key in (1, True, 1.0):
        (found,) = tree.map(lambda v: v, {key: 0})
        assert type(found) is type(key)


def test_deep_trees():
    x = nested(600)
    leaves, treedef = tree.flatten(x)
    assert leaves == [1] and treedef.num_nodes == 601
    assert tree.unflatten(treedef, leaves) == x
    assert treedef == tree.structure(nested(600), lambda _: False)
    assert hash(treedef) and len(repr(treedef)) > 600
    assert len(tree.leaves_with_path(x)[0][0]) == 600
    assert pickle.loads(pickle.dumps(treedef)) == treedef


def test_wide_trees():
    for x in ([0] * 10_000, dict.fromkeys(map(str, range(10_000)), 0)):
        assert tree.map(lambda v: v, x) == x


def test_arrays_are_leaves_and_kept_as_they_are():
    a = np.ones(3)
    assert tree.leaves({"a": (a, [a])})[0] is a
    assert tree.leaves(a) == [a]


def test_is_leaf_stops_and_may_take_the_path():
    x = {"a": (1, 2), "b": [3]}
    assert tree.leaves(x, lambda y: isinstance(y, tuple)) == [(1, 2), 3]
    pairs, treedef = tree.flatten_with_path(
        x, lambda path, y: len(path) == 1, is_leaf_takes_path=True
    )
    assert [y for _, y in pairs] == [(1, 2), [3]]
    assert str(treedef) == "PyTreeDef({'a': *, 'b': *})"
    got = tree.map(lambda y, z: (y, z), (None, 1), (2, 3), is_leaf=lambda y: y is None)
    assert got == ((None, 2), (1, 3))


# -- maps, reductions, transpose ------------------------------------------------------


def test_map_takes_subtrees_of_the_rest():
    assert tree.map(lambda x, y: y, {"a": 1}, {"a": (3, None)}) == {"a": (3, None)}
    got = tree.map_with_path(lambda p, x, y: (tu.keystr(p), x, y), [1], [{"k": 2}])
    assert got == [("[0]", 1, {"k": 2})]


def test_reduce():
    assert tree.reduce(lambda x, y: x - y, (1, (2, 3))) == -4
    assert tree.reduce(lambda x, y: x, (1,), None) is None
    join = lambda x, y: f"({x}+{y})"
    assert tree.reduce_associative(join, list("abcde")) == "((a+b)+(c+(d+e)))"
    assert tree.reduce_associative(join, (), identity="i") == "i"
    assert tree.all((True, 1)) and tree.all(()) and not tree.all((1, {"a": 0}))
    for reduce in (tree.reduce, tree.reduce_associative):
        with pytest.raises(TypeError, match="without leaves has no value"):
            reduce(join, ())


def test_broadcast_prefix():
    full = ((1, 2), {"a": {"b": 1, "c": 2}})
    assert broadcast_prefix((7, {"a": 8}), full) == [7, 7, 8, 8]
    assert broadcast_prefix(None, full, lambda x: x is None) == [None] * 4
    assert tree.broadcast((7, {"a": 8}), full) == ((7, 7), {"a": {"b": 8, "c": 8}})
    with pytest.raises(ValueError, match=r"at \[1\]: .*keys \['a'\].*keys \['x'\]"):
        broadcast_prefix((1, {"a": 2}), ((1, 2), {"x": 1}))
    with pytest.raises(
        ValueError, match=r"at \[0\]: the prefix has None.*leaf of type"
    ):
        broadcast_prefix((None, 2), (1, 2))


def test_transpose():
    rows = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    outer, inner = tree.structure([0, 0]), tree.structure({"a": 0, "b": 0})
    for second in (inner, None):
        assert tree.transpose(outer, second, rows) == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(TypeError, match=r"2 \* 2 leaves, got .* with 3"):
        tree.transpose(outer, inner, [1, 2, 3])
    with pytest.raises(ValueError, match="Pass inner_treedef"):
        tree.transpose(tree.structure([]), None, [])


# -- treedefs -------------------------------------------------------------------------


def test_treedef_is_a_value():
    treedef = tree.structure({"a": (1, 2)})
    assert {treedef: 1}[tree.structure({"a": (3, 4)})] == 1
    assert treedef != tree.structure({"a": [1, 2]}) and treedef != "something"
    with pytest.raises(AttributeError):
        treedef.num_leaves = 3
    with pytest.raises(AttributeError):
        treedef.anything = 3
    assert tu.treedef_tuple(treedef.children()) == tree.structure(((1, 2),))
    assert tu.treedef_children(treedef) == [tree.structure((1, 2))]
    assert tree.structure(treedef) == tree.structure(0)


def test_static_data_is_part_of_the_treedef():
    assert tree.structure(Layer(1, 2)) == tree.structure(Layer(3, 4))
    assert tree.structure(Layer(1, 2)) != tree.structure(Layer(1, 2, "conv"))
    unhashable = tree.structure(Bag(1, note=["x"]))
    assert unhashable == tree.structure(Bag(2, note=["x"]))
    assert hash(unhashable) == hash(tree.structure(Bag(2, note=["x"])))
    assert pickle.loads(pickle.dumps(unhashable)) == unhashable


def test_arrays_as_static_data_are_explained():
    one, other = (tree.structure(Bag(1, note=np.arange(2))) for _ in range(2))
    with pytest.raises(ValueError, match=r"static data.*make arrays children"):
        assert one == other


def test_first_difference():
    def difference(x, y):
        return first_difference(tree.structure(x), tree.structure(y))

    want = (
        "at ['w']['b']: expected a dict with keys ['a', 'b'], got a tuple of length 2"
    )
    assert difference({"w": {"b": {"a": 1, "b": 2}}}, {"w": {"b": (1, 2)}}) == want
    assert difference((1, 2), (1, 2, 3)) == (
        "at the root: expected a tuple of length 2, got a tuple of length 3"
    )
    assert difference([Point(1, 2)], [Point(1, [2])]).startswith("at [0].y: ")
    assert difference(Named(1, (2,)), Named(1, 2)).startswith("at .two: ")
    assert difference(Layer(1, None), Layer(1, 2)) == (
        "at .b: expected None, got a leaf"
    )
    assert difference(Layer(1), Layer(1, None, "x")) == (
        "at the root: expected a Layer node with 2 children and static data"
        " ('dense',), got a Layer node with 2 children and static data ('x',)"
    )


# -- keys -----------------------------------------------------------------------------


def test_keys():
    path = (
        tu.DictKey("a"),
        tu.SequenceKey(1),
        tu.GetAttrKey("x"),
        tu.FlattenedIndexKey(2),
    )
    assert tu.keystr(path) == "['a'][1].x[<flat index 2>]"
    assert tu.keystr(path, simple=True, separator="/") == "a/1/x/2"
    assert tu.keystr(()) == "" and tu.keystr(("a", 1)) == "a1"
    assert tu.SequenceKey(1) != tu.FlattenedIndexKey(1)
    assert hash(tu.DictKey("a")) == hash(tu.DictKey("a"))
    assert repr(path[0]) == "DictKey(key='a')"
    jax = pytest.importorskip("jax")
    for key in path:
        theirs = getattr(jax.tree_util, type(key).__name__)
        twin = theirs(*(getattr(key, name) for name in key.__match_args__))
        assert (repr(twin), str(twin)) == (repr(key), str(key))


def test_keys_of_registered_nodes():
    x = [Layer(1, 2), Bag(3), Named(4, [5])]
    paths = [tu.keystr(path) for path, _ in tree.leaves_with_path(x)]
    assert paths == ["[0].w", "[0].b", "[1][<flat index 0>]", "[2].one", "[2].two[0]"]


# -- registering ----------------------------------------------------------------------


def test_registered_nodes():
    assert tree.map(lambda v: v + 1, Layer(1, 2, "n")) == Layer(2, 3, "n")
    assert tree.leaves((Mode("a"), 1)) == [1]
    bag = tree.map(lambda v: v * 2, Bag(1, (2,), note="n"))
    assert (bag.items, bag.note) == ((2, (4,)), "n")
    assert str(tree.structure(Mode("a"))) == "PyTreeDef(CustomNode(Mode[a], []))"


def test_unregistered_dataclass_is_a_leaf_until_registered():
    cls = dataclasses.make_dataclass("Late", ["x"])
    assert tree.structure((cls(1),)) == tree.structure((0,))
    tu.register_dataclass(cls)
    assert tree.leaves((cls([1, 2]),)) == [1, 2]


def test_registering_a_namedtuple_overrides_the_default():
    cls = namedtuple("Static", "x")
    assert tree.leaves(cls(1)) == [1]
    tu.register_static(cls)
    assert tree.leaves(cls(1)) == []


def test_static_field_and_drop_fields():
    field = tree.static(default=3, metadata={"doc": "d"})
    assert field.metadata == {"static": True, "doc": "d"}
    cls = dataclasses.make_dataclass(
        "Dropped", ["x", ("cache", int, dataclasses.field(default=0))]
    )
    tu.register_dataclass(cls, ["x"], [], drop_fields=["cache"])
    assert tree.map(lambda v: v, cls(1, cache=9)) == cls(1, cache=0)


def test_flatten_one_level():
    assert tu.flatten_one_level({"b": (1,), "a": 2}) == ((2, (1,)), ("a", "b"))
    assert tu.flatten_one_level(Point(1, 2))[1] is Point
    pairs, _ = tu.flatten_one_level_with_keys(Named(1, 2))
    assert pairs == ((tu.GetAttrKey("one"), 1), (tu.GetAttrKey("two"), 2))
    assert tu.all_leaves([1, "x"]) and not tu.all_leaves([None])
    assert tu.all_leaves([None], is_leaf=lambda x: x is None)
    assert not tu.is_tree_node(SubDict) and tu.is_tree_node(Point)


def test_threads_may_register_and_flatten():
    classes = [dataclasses.make_dataclass(f"T{i}", ["x"]) for i in range(50)]
    errors = []

    def work():
        for cls in classes:
            tree.leaves([cls(1), {"a": cls(2)}])
            try:
                tu.register_dataclass(cls)
            except ValueError as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 150  # each class was registered by exactly one thread
    assert all(tree.leaves(cls(1)) == [1] for cls in classes)


# -- Partial --------------------------------------------------------------------------


def test_partial():
    part = tu.Partial(divmod, 7)
    assert part(2) == (3, 1) and tree.leaves(part) == [7]
    again = tree.map(lambda v: v + 1, part)
    assert isinstance(again, tu.Partial) and again(2) == (4, 0)
    assert tree.structure(part) == tree.structure(tu.Partial(divmod, 8))
    assert tree.structure(part) != tree.structure(tu.Partial(pow, 8))
    paths = [tu.keystr(p) for p, _ in tree.leaves_with_path(tu.Partial(dict, 1, b=2))]
    assert paths == ["[<flat index 0>][0]", "[<flat index 1>]['b']"]


@pytest.mark.parametrize("inner", [tu.Partial, functools.partial])
def test_partial_of_partial_keeps_the_inner_arguments_static(inner):
    part = tu.Partial(inner(divmod, 7), 2)
    assert part() == (3, 1) and part.args == (2,) and tree.leaves(part) == [2]
    assert tree.map(lambda v: v + 1, part)() == (2, 1)
    assert tree.structure(part) == tree.structure(tu.Partial(part.func, 5))


# -- errors ---------------------------------------------------------------------------


def register(fields, *args, **kwargs):
    return tu.register_dataclass(
        dataclasses.make_dataclass("E", fields), *args, **kwargs
    )


def broken(result):
    cls = type("Broken", (), {})
    tu.register_pytree_node(cls, lambda x: result, lambda aux, children: cls())
    return cls()


no_init = ("y", int, dataclasses.field(default=0, init=False))
add = lambda x, y: x + y
ERRORS = {
    "map": (
        lambda: tree.map(add, {"a": 1, "b": (1, 2)}, {"a": 1, "b": [1, 2]}),
        ValueError,
        r"tree_map: .* at \['b'\]: tree 1 has a tuple of length 2, tree 2 has a list of"
        r" length 2\. Give",
    ),
    "map, third tree": (
        lambda: tree.map(lambda *xs: 0, [(1,)], [(1,)], [3]),
        ValueError,
        r"at \[0\]: tree 1 has a tuple of length 1, tree 3 has a leaf of type int",
    ),
    "map_with_path": (
        lambda: tree.map_with_path(add, OrderedDict(a=1), {"a": 1}),
        ValueError,
        r"at the root: tree 1 has an OrderedDict with keys \['a'\].* has a dict",
    ),
    "too few": (
        lambda: tree.unflatten(tree.structure((1, 2)), [1]),
        ValueError,
        r"got 1 leaves, but PyTreeDef\(\(\*, \*\)\) has 2",
    ),
    "too many": (
        lambda: tree.unflatten(tree.structure({"a": [1]}), [1, 2]),
        ValueError,
        r"got 2 leaves.* has 1\. Pass one leaf for each",
    ),
    "not a treedef": (
        lambda: tree.unflatten([1], tree.structure((1,))),
        TypeError,
        r"needs a PyTreeDef, got a list\. Get one from tree_structure",
    ),
    "treedef_tuple": (lambda: tu.treedef_tuple([1]), TypeError, "needs a PyTreeDef"),
    "flatten_up_to": (
        lambda: tree.structure((1, (2,))).flatten_up_to((3, 4)),
        ValueError,
        r"at \[1\]: expected a tuple of length 1, got a leaf of type int",
    ),
    "unsortable keys": (
        lambda: tree.leaves({"p": [{1: 0, "a": 1}]}),
        ValueError,
        r"at \['p'\]\[0\]: the keys of a dict cannot be sorted.*OrderedDict",
    ),
    "unsortable keys at the root": (
        lambda: tree.map(abs, {1: 0, "a": 1}, is_leaf=lambda x: False),
        ValueError,
        "at the root: the keys of a dict",
    ),
    "registered twice": (
        lambda: tu.register_static(Layer),
        ValueError,
        r"Layer'> is already registered .* once",
    ),
    "builtin": (
        lambda: tu.register_static(dict),
        ValueError,
        "already registered",
    ),
    "an instance": (
        lambda: tu.register_pytree_node(3, None, None),
        TypeError,
        r"got 3\. Pass the class",
    ),
    "unknown field": (
        lambda: register(["x"], ["x", "q"], []),
        ValueError,
        r"\['q'\] are not fields of its __init__, which takes \['x'\]",
    ),
    "missing field": (
        lambda: register(["x", "y"], ["x"], []),
        ValueError,
        r"the fields \['y'\] are missing\. Add each to data_fields",
    ),
    "field in both": (
        lambda: register(["x"], ["x"], ["x"]),
        ValueError,
        r"\['x'\] are in data_fields and in meta_fields",
    ),
    "init=False": (lambda: register(["x", no_init]), ValueError, "in drop_fields"),
    "one list only": (lambda: register(["x"], ["x"]), TypeError, "both data_fields"),
    "no dataclass": (
        lambda: tu.register_dataclass(int),
        TypeError,
        "is not a dataclass. Decorate",
    ),
    "no methods": (
        lambda: tu.register_pytree_node_class(type("C", (), {})),
        TypeError,
        "has no tree_flatten and no tree_unflatten",
    ),
    "one level of a leaf": (
        lambda: tu.flatten_one_level(1),
        ValueError,
        "'int'> is not a pytree node.*Register it",
    ),
    "flatten function without aux": (
        lambda: tree.leaves({"a": broken(3)}),
        ValueError,
        r"at \['a'\]: the flatten function of .*Broken.*\(children, aux\).*got 3",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    act, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        act()


def test_unpickling_needs_the_registration():
    from fgrad.pytree.registry import find_registered

    with pytest.raises(ValueError, match="is not a pytree node"):
        find_registered(int)
