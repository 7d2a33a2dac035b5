"""ConfigMaps and Secrets of the bridge. Secret values are random at each start."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.cluster.seams import Manifest

NAMESPACE = "fusion-bitcoin"
DATABASE = ("fusion-bitcoin-db.internal", 5432)
REDIS = ("fusion-bitcoin-redis.internal", 6379)
CONFIG = "fusion-bitcoin-config"
FRONTEND_CONFIG = "fusion-bitcoin-frontend"
DATABASE_SECRET = "fusion-bitcoin-db"
REDIS_SECRET = "fusion-bitcoin-redis"
SIGNING_SECRET = "fusion-bitcoin-signing-key"
TLS_SECRET = "fusion-bitcoin-tls"
_HOST = "bridge.example"

_SETTINGS = {
    "FUSION_ENV": "sandbox", "FUSION_NETWORK": "mainnet", "LOG_LEVEL": "info", "CONFIRMATIONS": "6",
    "MAX_FEE_SAT_VB": "120", "DATABASE_HOST": DATABASE[0], "DATABASE_PORT": str(DATABASE[1]),
    "DATABASE_NAME": "fusion", "REDIS_HOST": REDIS[0], "REDIS_PORT": str(REDIS[1]),
    "ETH_RPC_URL": "http://ethereum-node.internal:8545", "BTC_RPC_URL": "http://bitcoin-node.internal:8332",
    "PRICE_FEED_URL": "http://prices.example/v1/prices", "GAS_PRICE_URL": "http://gas.example/v1/gas",
    "PRICE_MAX_AGE_SECONDS": "60",
    "relayer.yaml": "confirmations: 6\nmax_fee_sat_vb: 120\nhtlc:\n  timelock_s: 7200\n  claim_margin_s: 900\n"
    "pool:\n  size: 20\n",
    "resolver.yaml": "pools: [wbtc-eth, wbtc-usdc, btc-hot]\nprice_max_age_s: 60\nspread_bp: 20\n",
}  # fmt: skip
_NGINX = (
    "server {\n  listen 8080;\n  root /srv/www;\n  location /api/ { proxy_pass http://fusion-bitcoin-resolver:3001; }\n"
    "  location /health { return 200; }\n}\n"
)


def _map(name: str, data: dict[str, str]) -> Manifest:
    meta = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "fusion-bitcoin"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def config_maps() -> list[Manifest]:
    """The settings of relayer and resolver, and the web server's."""
    return [_map(CONFIG, dict(_SETTINGS)), _map(FRONTEND_CONFIG, {"nginx.conf": _NGINX, "API_BASE": "/api/v1"})]


def checksum(config_map: Manifest) -> str:
    """What pods carry as annotation `checksum/config`: of the data they were started with."""
    return hashlib.sha256(json.dumps(config_map["data"], sort_keys=True).encode()).hexdigest()


def _secret(name: str, data: dict[str, str | bytes], kind: str = "Opaque") -> Manifest:
    coded = {k: base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode() for k, v in data.items()}
    meta = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "fusion-bitcoin"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind, "data": coded}


def all_secrets() -> list[Manifest]:
    """Credentials of database and cache, the signing key, and a certificate."""
    user, password = "fusion_app", secrets.token_urlsafe(18)
    url = f"postgres://{user}:{password}@{DATABASE[0]}:{DATABASE[1]}/fusion"
    key, certificate = _certificate()
    return [
        _secret(DATABASE_SECRET, {"username": user, "password": password, "url": url}),
        _secret(REDIS_SECRET, {"auth": secrets.token_urlsafe(24)}),
        _secret(SIGNING_SECRET, {"key.hex": secrets.token_hex(32), "key-id": f"k-{secrets.token_hex(4)}"}),
        _secret(TLS_SECRET, {"tls.crt": certificate, "tls.key": key}, "kubernetes.io/tls"),
    ]


def _certificate() -> tuple[bytes, bytes]:
    """(key, certificate) in PEM: self-signed, good for some eighty days more."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
    at = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=9))
        .not_valid_after(at + timedelta(days=81))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    return private, certificate.public_bytes(serialization.Encoding.PEM)
