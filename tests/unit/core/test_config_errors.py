"""Every mistake is named by file, line, key and expectation, all at once, and never by a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.core.config_home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_all_mistakes_come_at_once_with_their_places(home: Home) -> None:
    rejected = home.rejection(
        "defalt: lab\nenvironments:\n  lab:\n    kubernetes: {contxt: a, request_timeout: 0}\n    hosts: []\n"
    )
    assert rejected.message.splitlines() == [
        f"{home.file}:1:1: unknown key defalt; did you mean default?",
        f"{home.file}:4:18: environments.lab.kubernetes: unknown key contxt; did you mean context?",
        f"{home.file}:4:46: environments.lab.kubernetes.request_timeout: expected a number above 0 to 86400, found '0'",
        f"{home.file}:5:12: environments.lab.hosts: expected a mapping, found a list",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "services: {relayer: {port: 1:30}}",
            "services.relayer.port: expected a whole number from 1 to 65535, in plain",
        ),
        ("services: {relayer: {port: 0777}}", "in plain decimal digits, found '0777'"),
        ("services: {relayer: {port: '3000'}}", "expected a whole number from 1 to 65535, found '3000'"),
        ("services: {relayer: {port: 3000.0}}", "expected a whole number"),
        ("services: {relayer: {port: 70000}}", "found '70000'"),
        ("mouse: yes", "mouse: expected true or false, found 'yes'"),
        ("mouse: 'true'", "mouse: expected true or false"),
        ("theme: on", "theme: expected text; YAML reads this as a boolean, so put it in quotes, found 'on'"),
        ("theme: 12:30", "YAML reads this as a number"),
        ("theme: 2024-01-01", "YAML reads this as a date"),
        ("theme:", "theme: expected text; YAML reads this as nothing, so put it in quotes, found nothing"),
        ("theme: [a]", "theme: expected a single value, found a list"),
        ('theme: "a\\u202eb"', "without control or invisible characters"),
        ("gate: {arm_minutes: .inf}", "expected a number above 0 to 1440"),
        ("thresholds: {usage_of_limit: 90}", "expected a number above 0 to 1, found '90'"),
        ("version: 2", "version: expected 1, found '2'"),
        ("services: {relayer: {error_pattern: '('}}", "a regular expression that Python's re accepts"),
        ("services: {relayer: {error_pattern: '(a+)+b'}}", "without a repeat inside a repeat"),
        ("services: {relayer: {error_pattern: '((?:x|a*b)c)*d'}}", "without a repeat inside a repeat"),
        ("services: {relayer: {error_pattern: '.*'}}", "does not match every line"),
        ("services: {relayer: {selector: 'app in relayer'}}", "a label selector"),
        ("services: {relayer: {health: health}}", "text of the form ^/"),
        ("services: {relayer: {needs: ['db']}}", "services.relayer.needs.0: expected an address"),
        ("services: {relayer: {needs: ['db:99999']}}", "HOST:PORT"),
        ("links: {wiki: 'http://u:hunter2@h/'}", "an address without a password"),
        ("- a", "expected a mapping, found a list"),
        ("text", "expected a mapping, found a single value"),
        ("theme: a\ntheme: b", "2:1: the key theme is written twice, first in line 1"),
        ("gate: {max_actions: 1, max_actions: 1}", "gate: the key max_actions is written twice"),
        ("gate:\n\tmax_actions: 1", "2:1: found a tab; YAML is indented with spaces"),
        ("theme: @a", "a value that begins so must be quoted"),
        ("theme: !a b", "tags (!…) are not used here"),
        ("theme: !!python/name:os.system x", "tags (!…) are not used here"),
        ("theme: *a", "this alias has no anchor before it"),
        ("contacts: &a [*a]", "stands inside its own anchor"),
        ("theme: a\n---\ntheme: b", "expected one document, found a second"),
        ("contacts: " + "[" * 100, "nested deeper than 24 levels"),
        ("? [a]\n: b", "expected a key that is a key, found a list"),
        ("1: b", "expected a key that is text"),
        ("environments: {}", "environments: expected at least one environment"),
        ("environments: {a b: {}}", "expected a name of letters"),
        ("environments: {a: {name: b}}", "unknown key name"),
        ("environments: {a: {}, b: {}}", "default: expected the name of an environment: a, b"),
        ("default: c\nenvironments: {a: {}}", "1:10: default: expected the name of an environment: a"),
        ("environments: {a: {kubernetes: {as_groups: [x]}}}", "expected as_user beside it"),
        ("environments: {a: {kubernetes: {namespace: Fusion}}}", "expected a Kubernetes name"),
        ("environments: {a: {aws: {account_id: '12'}}}", "text of the form ^[0-9]{12}$"),
        (
            "environments: {a: {aws: {account_id: '111111111111', assume_role: 'arn:aws:iam::222222222222:role/x'}}}",
            "the role is in another account than account_id (111111111111)",
        ),
        ("environments: {a: {postgres: {dsn: 'host=x', host: y}}}", "expected either dsn or host"),
        ("environments: {a: {postgres: {iam_auth: true, password: {env: X}}}}", "either iam_auth or password"),
        ("environments: {a: {postgres: {sslmode: none}}}", "expected one of allow, disable"),
        ("environments: {a: {production: true, postgres: {sslmode: require}}}", "expected verify-full in production"),
        ("environments: {a: {production: true, postgres: {dsn: 'host=x sslmode=prefer'}}}", "expected verify-full"),
        ("environments: {a: {redis: {url: 'redis://h/x'}}}", "an address, such as rediss://"),
        ("environments: {a: {redis: {password: {env: A, file: b}}}}", "expected {env: NAME}, {file: PATH}"),
        ("environments: {a: {redis: {password: {vault: x}}}}", "expected {env: NAME}, {file: PATH}"),
        ("environments: {a: {redis: {password: 123456}}}", "expected {env: NAME}, {file: PATH}"),
        ("environments: {a: {known_networks: [10.0.0.1/8]}}", "a network, such as 10.0.0.0/16"),
        ("environments: {a: {hosts: {node_host: '{ip}'}}}", "text with {node}, {internal_ip} or {hostname}"),
        ("environments: {a: {cdn: {}}}", "environments.a.cdn: the key url is missing"),
        ("environments: {a: {chain: {nodes: [{name: x, url: 'http://h', via_service: y}]}}}", "name of a service"),
        ("environments: {a: {chain: {nodes: [{name: x}]}}}", "environments.a.chain.nodes.0: the key url is missing"),
        ("environments: {a: {prometheus: {url: 'http://h', password: {env: X}}}}", "expected username beside password"),
        ("notify: {x: {kind: slack}}", "notify.x: the key url is missing"),
        ("notify: {x: {kind: pagerduty}}", "the key key is missing"),
        ("notify: {x: {kind: mail}}", "expected one of pagerduty, slack, webhook"),
    ],
)
def test_each_mistake_is_explained(home: Home, text: str, said: str) -> None:
    rejected = home.rejection(text)
    assert said in rejected.message
    assert rejected.message.startswith(f"{home.file}:")


def test_bytes_that_are_no_text_are_named_by_line(home: Home) -> None:
    assert f"{home.file}:2:1: expected UTF-8 text" in home.rejection(b"theme: a\nmouse: \xff").message
    assert f"{home.file}:2:8: found the control character U+0000" in home.rejection(b"theme: a\nmouse: \x00").message


def test_aliases_are_taken_and_bounded(home: Home) -> None:
    loaded = home.load(
        "environments:\n  a: {kubernetes: &k {context: x}}\n  b: {kubernetes: {<<: *k, namespace: y}}\ndefault: a"
    )
    kubernetes = loaded.config.environment("b").kubernetes
    assert kubernetes is not None
    assert (kubernetes.context, kubernetes.namespace) == ("x", "y")
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    assert "more than 20000 values" in home.rejection(bomb).message


def test_a_flood_of_mistakes_is_cut_and_counted(home: Home) -> None:
    rejected = home.rejection("".join(f"unknown{n}: 1\n" for n in range(200)))
    assert len(rejected.message.splitlines()) == 41
    assert rejected.message.endswith("…and 160 more")
    assert len(rejected.problems) == 200


@pytest.mark.parametrize(
    "text",
    [
        "environments: {a: {redis: {password: [S]}}}",
        "environments: {a: {redis: {password: {S}}}}",
        "environments: {a: {redis: {password: {S: T}}}}",
        "environments: {a: {redis: {password: {env: [S]}}}}",
        "environments: {a: {redis: {password: *S}}}",
        "environments: {a: {redis: {password: !S x}}}",
        "environments: {a: {redis: {password: &S *S}}}",
        "environments: {a: {redis: {password: 'S}}}",
        "environments: {a: {redis: {password: S: S}}}",
        "environments: {a: {redis: {password: S, port: 1, S: 1}}}",
        "environments: {a: {redis: {url: 'redis://u:S@h/0'}}}",
        "environments: {a: {redis: {url: 'redis://h:S/0'}}}",
        "environments: {a: {postgres: {dsn: 'host=x password=S'}}}",
        "environments: {a: {postgres: {dsn: 'postgresql://u:S@h/d'}}}",
        "environments: {a: {postgres: {dsn: 'postgresql://h/d?password=S'}}}",
        "environments: {a: {postgres: {dsn: 'S'}}}",
        "environments: {a: {prometheus: {url: 'http://S@h', token: {S: S}}}}",
        "notify: {x: {kind: slack, url: {S: S}}}",
        "notify: {x: {kind: slack, url: S, extra: 1}}",
    ],
)
def test_no_mistake_shows_a_secret(home: Home, text: str) -> None:
    rejected = home.rejection(text.replace("S", "hunter2sentinel"))
    assert "hunter2" not in rejected.message + rejected.fix + repr(rejected.problems)
    assert rejected.__cause__ is None or "hunter2" not in str(rejected.__cause__)


def test_sections_without_keys_have_their_defaults_and_null_means_none(home: Home) -> None:
    config = home.load("environments:\n  a:\n    kubernetes:\n    aws: null\nthresholds:\ncontacts:\nkeys:\n").config
    assert config.environment().kubernetes is not None
    assert config.environment().aws is None
    assert config.contacts == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("environments: {a: {kubernetes: {kubeconfig: ~/none}}}", "environments.a.kubernetes.kubeconfig: no such file"),
        (
            "default: a\nenvironments: {a: {kubernetes: {context: x}},"
            " b: {production: true, kubernetes: {context: x}}}",
            "environments a and b are the same cluster and namespace; one is production",
        ),
        ("environments: {a: {production: true, redis: {}}}", "neither rediss:// nor tls in production"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(home: Home, text: str, said: str) -> None:
    (warning,) = home.load(text).warnings
    assert said in warning
