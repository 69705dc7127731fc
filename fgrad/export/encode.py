"""Programs as data: a JSON description and arrays, nothing that runs when it is read.

Values that JSON does not have are objects with one key, which says what they are.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import __version__ as fgrad_version
