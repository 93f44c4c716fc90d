"""Three assignments in the manner of public courses: NumPy (in Spanish), pandas, a recommender system."""

from __future__ import annotations

from typing import Any

from tests.brought.cells import answer, check, code, locked, manual, notebook, text

Answers = dict[str, dict[str, str]]

NUMPY = notebook(
    text("# Álgebra con NumPy\n\nComplete las celdas. «Año» y «ñ» también se leen."),
    code("import numpy as np\nimport matplotlib.pyplot as plt\n%matplotlib inline"),
    text("## Ejercicio 1\nNormalice un vector; si es cero, lance `ValueError`."),
    answer(
        "normaliza",
        "def normaliza(v):\n    ### BEGIN SOLUTION\n    v = np.asarray(v, dtype=float)\n    n = np.linalg.norm(v)\n"
        '    if n == 0:\n        raise ValueError("vector nulo")\n    return v / n\n    ### END SOLUTION',
    ),
    check(
        "prueba_normaliza",
        2,
        "# La norma es uno, y la dirección se conserva\nnp.testing.assert_allclose(normaliza([3, 4]), [0.6, 0.8])\n"
        "assert isinstance(normaliza([1, 1]), np.ndarray), 'debe ser un arreglo'\n"
        "### BEGIN HIDDEN TESTS\nfor n in (2, 5, 9):\n    w = normaliza(np.arange(1, n + 1))\n"
        "    assert abs(float(w @ w) - 1) < 1e-9\n    assert w.shape == (n,)\n### END HIDDEN TESTS",
    ),
    check(
        "prueba_nulo",
        1,
        "try:\n    normaliza(np.zeros(3))\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('sin ValueError')",
    ),
    text("Esta celda falla a propósito:"),
    code("1 / 0"),
    text("## Ejercicio 2"),
    answer(
        "matriz",
        "### BEGIN SOLUTION\nA = np.eye(3) * 2\ndeterminante = float(np.linalg.det(A))\n### END SOLUTION",
    ),
    check(
        "prueba_matriz",
        1,
        "assert A.shape == (3, 3)\nassert np.isclose(determinante, 8)\nassert A[0, 1] == 0",
    ),
    check("sin_puntos", 0, "assert A.dtype == float  # solo para usted"),
    text("## Ejercicio 3: crédito parcial"),
    answer(
        "raices",
        "def raices(a, b, c):\n    ### BEGIN SOLUTION\n    d = np.sqrt(b * b - 4 * a * c)\n"
        "    return sorted([(-b - d) / (2 * a), (-b + d) / (2 * a)])\n    ### END SOLUTION",
    ),
    check(
        "prueba_raices",
        3,
        "puntos = 0\nif np.allclose(raices(1, -3, 2), [1, 2]):\n    puntos += 1\n"
        "if np.allclose(raices(1, 0, -4), [-2, 2]):\n    puntos += 1.5\nif len(raices(1, -2, 1)) == 2:\n    puntos += 0.5\npuntos",
    ),
    text("## Ejercicio 4: una figura"),
    answer(
        "figura",
        "### BEGIN SOLUTION\nplt.plot([1, 2, 3], [1, 4, 9])\nplt.title('cuadrados')\n### END SOLUTION",
    ),
    check("prueba_tiempo", 1, "%%time\nassert normaliza([2.0])[0] == 1"),
    manual("explique", 2, "### BEGIN SOLUTION\nPorque sí.\n### END SOLUTION"),
)
NUMPY_HAND_INS: Answers = {
    "blanco": {},
    "correcto": {
        "normaliza": "def normaliza(v):\n    v = np.array(v, float)\n    if not v.any():\n        raise ValueError\n"
        "    return v / np.sqrt((v ** 2).sum())",
        "matriz": "A = 2.0 * np.identity(3)\ndeterminante = np.prod(np.diag(A))",
        "raices": "def raices(a, b, c):\n    return np.sort(np.roots([a, b, c]).real)",
        "explique": "Porque la norma es uno.",
    },
    "parcial": {
        "normaliza": "def normaliza(v):\n    v = np.array(v, float)\n    return v / max(np.sqrt((v ** 2).sum()), 1e-12)",
        "matriz": "A = np.eye(3) * 2\ndeterminante = 6",
        "raices": "def raices(a, b, c):\n    return [1, 2] if c else []",
    },
    "lista": {
        "normaliza": "def normaliza(v):\n    n = sum(x * x for x in v) ** .5\n    return [x / n for x in v]",
        "matriz": "A = [[2, 0, 0], [0, 2, 0], [0, 0, 2]]\ndeterminante = 8",
        "raices": "def raices(a, b, c)\n    return 3",
    },
}

PANDAS = notebook(
    text("# Working with tables"),
    code("import pandas as pd\nimport numpy as np"),
    locked(
        "data",
        "cities = pd.read_csv('cities.csv')\n\ndef rounded(series, digits=1):\n    return [round(float(x), digits) for x in series]",
    ),
    text("## Clean\nDrop rows without a population and sort by it, largest first."),
    answer(
        "clean",
        "def clean(df):\n    ### BEGIN SOLUTION\n    return df.dropna(subset=['population']).sort_values('population', ascending=False).reset_index(drop=True)\n    ### END SOLUTION\n\ntable = clean(cities)",
    ),
    check(
        "test_clean",
        3,
        "assert isinstance(table, pd.DataFrame)\nassert len(table) == 5\nassert list(table.columns) == ['city', 'country', 'population']\n"
        "assert table['city'].iloc[0] == 'Lagos'\n### BEGIN HIDDEN TESTS\nsmall = pd.DataFrame({'city': ['a', 'b', 'c'], 'country': ['x', 'x', 'y'], 'population': [1.0, None, 3.0]})\n"
        "got = clean(small)\nassert got['city'].tolist() == ['c', 'a']\nassert small.shape == (3, 3)\n### END HIDDEN TESTS",
    ),
    text("## Group"),
    answer(
        "group",
        "### BEGIN SOLUTION\nby_country = table.groupby('country')['population'].mean()\n### END SOLUTION",
    ),
    check(
        "test_group",
        2,
        "assert isinstance(by_country, pd.Series)\nassert by_country.index.tolist() == ['Egypt', 'Ghana', 'Nigeria']\n"
        "assert rounded(by_country) == [7.75, 2.5, 9.5] or rounded(by_country) == [7.8, 2.5, 9.5]",
    ),
    answer(
        "biggest",
        "### BEGIN SOLUTION\nbiggest = by_country.idxmax()\nshare = by_country.max() / by_country.sum()\n### END SOLUTION",
    ),
    check("test_biggest", 1, "assert biggest == 'Nigeria'\nassert 0.4 < share < 0.6"),
    check(
        "test_columns",
        1,
        "expected = pd.Series([15.0, 4.0], index=['Lagos', 'Kano'])\npd.testing.assert_series_equal(table[table.country == 'Nigeria'].set_index('city')['population'], expected, check_names=False)",
    ),
)
PANDAS_FILES = {
    "cities.csv": "city,country,population\nCairo,Egypt,10.0\nGiza,Egypt,5.5\nLagos,Nigeria,15.0\nKano,Nigeria,4.0\nAccra,Ghana,2.5\nTema,Ghana,\n"
}
PANDAS_HAND_INS: Answers = {
    "blank": {},
    "right": {
        "clean": "def clean(df):\n    kept = df[df.population.notna()]\n    return kept.sort_values(by='population', ascending=False).reset_index(drop=True)\n\ntable = clean(cities)",
        "group": "by_country = table.groupby('country').population.mean()",
        "biggest": "biggest = by_country.index[by_country.argmax()]\nshare = by_country[biggest] / by_country.sum()",
    },
    "in_place": {
        "clean": "def clean(df):\n    df.dropna(inplace=True)\n    df.sort_values('population', ascending=False, inplace=True)\n    return df\n\ntable = clean(cities)",
        "group": "by_country = table.groupby('country')['population'].sum()",
        "biggest": "biggest = 'Nigeria'\nshare = 2",
    },
    "frame": {
        "clean": "def clean(df):\n    return df.dropna().sort_values('population')[::-1]\n\ntable = clean(cities)",
        "group": "by_country = table.groupby('country')[['population']].mean()",
        "biggest": "biggest = None",
    },
}

RECOMMENDER = notebook(
    text("# Recommend films"),
    locked(
        "ratings",
        "import numpy as np\nfrom scipy import sparse\n\nR = np.array([[5, 4, 0, 1], [4, 5, 1, 0], [1, 0, 5, 4], [0, 1, 4, 5]], dtype=float)\n"
        "FILMS = ['Alien', 'Brazil', 'Casablanca', 'Diva']\n\ndef close(a, b, eps=1e-6):\n    return abs(a - b) < eps",
    ),
    answer(
        "cosine",
        "def cosine(u, v):\n    ### BEGIN SOLUTION\n    n = np.linalg.norm(u) * np.linalg.norm(v)\n    return float(u @ v / n) if n else 0.0\n    ### END SOLUTION",
    ),
    check(
        "test_cosine",
        2,
        "assert close(cosine(R[0], R[0]), 1)\nassert close(cosine(R[0], np.zeros(4)), 0)\nassert cosine(R[0], R[1]) > cosine(R[0], R[2])",
    ),
    answer(
        "model",
        "class Recommender:\n    def __init__(self, k=1):\n        ### BEGIN SOLUTION\n        self.k = k\n        ### END SOLUTION\n\n"
        "    def fit(self, ratings):\n        ### BEGIN SOLUTION\n        self.ratings = np.asarray(ratings)\n        return self\n        ### END SOLUTION\n\n"
        "    def recommend(self, user):\n        ### BEGIN SOLUTION\n        mine = self.ratings[user]\n        others = [i for i in range(len(self.ratings)) if i != user]\n"
        "        best = sorted(others, key=lambda i: -cosine(mine, self.ratings[i]))[:self.k]\n        scores = self.ratings[best].mean(axis=0)\n"
        "        return [FILMS[j] for j in np.argsort(-scores, kind='stable') if mine[j] == 0]\n        ### END SOLUTION",
    ),
    check(
        "test_model",
        3,
        "def fitted(k=1):\n    return Recommender(k).fit(R)\n\nm = fitted()\nassert m.k == 1\nassert hasattr(m, 'recommend')\nassert m.recommend(0) == ['Casablanca']\nassert m.recommend(3) == ['Alien']",
    ),
    check(
        "test_several",
        2,
        "### BEGIN HIDDEN TESTS\nfor user in range(4):\n    found = fitted(3).recommend(user)\n    assert len(found) == int((R[user] == 0).sum())\n    assert set(found) <= set(FILMS)\n### END HIDDEN TESTS",
    ),
    answer(
        "sparse",
        "### BEGIN SOLUTION\nS = sparse.csr_matrix(R)\ndensity = S.nnz / (S.shape[0] * S.shape[1])\n### END SOLUTION",
    ),
    check("test_sparse", 1, "assert sparse.issparse(S)\nassert S.nnz == 12\nassert close(density, 0.75)"),
)
RECOMMENDER_HAND_INS: Answers = {
    "blank": {},
    "right": {
        "cosine": "def cosine(u, v):\n    u, v = np.asarray(u), np.asarray(v)\n    d = np.sqrt((u*u).sum() * (v*v).sum())\n    return 0 if d == 0 else (u*v).sum() / d",
        "model": "class Recommender:\n    def __init__(self, k=1):\n        self.k = k\n    def fit(self, ratings):\n        self.r = ratings\n        return self\n"
        "    def recommend(self, user):\n        sims = [(-cosine(self.r[user], self.r[i]), i) for i in range(len(self.r)) if i != user]\n        best = [i for _, i in sorted(sims)][:self.k]\n"
        "        score = self.r[best].mean(0)\n        return [FILMS[j] for j in sorted(range(4), key=lambda j: -score[j]) if self.r[user][j] == 0]",
        "sparse": "S = sparse.coo_matrix(R)\ndensity = S.nnz / 16",
    },
    "euclid": {
        "cosine": "def cosine(u, v):\n    return -np.linalg.norm(u - v)",
        "model": "class Recommender:\n    def __init__(self, k=1):\n        self.k = k\n    def fit(self, ratings):\n        self.r = ratings\n"
        "    def recommend(self, user):\n        return ['Casablanca']",
        "sparse": "S = R\ndensity = (S != 0).mean()",
    },
    "half": {
        "cosine": "def cosine(u, v):\n    return float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))",
        "model": "class Recommender:\n    k = 1\n    def __init__(self, k=1):\n        pass\n    def fit(self, ratings):\n        return self\n    def recommend(self, user):\n        return {0: ['Casablanca'], 3: ['Alien']}.get(user, ['Diva'])",
        "sparse": "S = sparse.csr_matrix(R)\ndensity = 0.75",
    },
}  # fmt: skip

ASSIGNMENTS: dict[str, tuple[dict[str, Any], dict[str, str], Answers]] = {
    "algebra": (NUMPY, {}, NUMPY_HAND_INS),
    "tables": (PANDAS, PANDAS_FILES, PANDAS_HAND_INS),
    "films": (RECOMMENDER, {}, RECOMMENDER_HAND_INS),
}
