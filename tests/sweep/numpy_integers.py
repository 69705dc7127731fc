"""Calls of NumPy's functions of integers."""

from . import Table

TABLE = Table(
    ours="fgrad.numpy",
    plain="numpy",
    calls="""
lcm(K,N[:3]) gcd(K,N[:3]) left_shift(K,N[:3]) right_shift(N,1) bitwise_count(N)
bitwise_invert(N) bitwise_and(K,N[:3]) bitwise_or(K,2) bitwise_xor(N,N[::-1])
left_shift(N[:0],1) invert(MASK)
""",
)
