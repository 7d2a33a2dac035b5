"""Services beyond the cluster that no real server stands for: chain nodes, price and gas oracles."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable
from typing import Any

from sandbox.cluster.nodes.programs.box import Ask
from sandbox.cluster.nodes.programs.bridge import FEEDS, Bridge
from sandbox.cluster.seams import HttpAnswer

ETHEREUM = ("ethereum-node.internal", 8545)
BITCOIN = ("bitcoin-node.internal", 8332)
PRICES = ("prices.example", 80)
GAS = ("gas.example", 80)
_NAMES = ("fusion-bitcoin-db.internal", "fusion-bitcoin-redis.internal")
"""Names that resolve; what they lead to is for the network's `dial` to say."""
_CHAIN_ID = "1"


def knows(host: str) -> bool:
    """Whether the name resolves."""
    return host in _NAMES or any(host == name for name, _ in _SERVED)


def address(host: str) -> str:
    """Where a name from beyond the cluster leads to: a place in the subnets of the data tier."""
    return f"10.20.200.{zlib.crc32(host.encode()) % 250 + 2}"


def serves(host: str, port: int) -> bool:
    """Whether something answers there."""
    return (host, port) in _SERVED


def answer(bridge: Bridge, host: str, ask: Ask) -> HttpAnswer:
    """What it answers."""
    body = _SERVED[host, ask.port](bridge, ask)
    return HttpAnswer(200, json.dumps(body).encode() + b"\n", {"Content-Type": "application/json"})


def _call(ask: Ask) -> Any:
    try:
        call = json.loads(ask.body or b"{}")
    except ValueError:
        return {}
    return call if isinstance(call, dict) else {}


def _ethereum(bridge: Bridge, ask: Ask) -> Any:
    call, at = _call(ask), time.time()
    results = {
        "net_version": _CHAIN_ID, "eth_chainId": hex(int(_CHAIN_ID)), "eth_blockNumber": hex(bridge.eth_block(at)),
        "eth_syncing": False, "net_peerCount": hex(38), "eth_gasPrice": hex(int(bridge.gas_gwei(at) * 1e9)),
        "net_listening": True,
    }  # fmt: skip
    head = {"jsonrpc": "2.0", "id": call.get("id")}
    method = call.get("method", "")
    if method in results:
        return {**head, "result": results[method]}
    return {**head, "error": {"code": -32601, "message": f"the method {method} does not exist/is not available"}}


def _bitcoin(bridge: Bridge, ask: Ask) -> Any:
    call, at = _call(ask), time.time()
    height = bridge.btc_height(at)
    chain = {
        "chain": "main", "blocks": height, "headers": height, "bestblockhash": bridge.token(f"btc/{height}"),
        "initialblockdownload": False, "verificationprogress": 0.9999984, "pruned": False, "warnings": [],
    }  # fmt: skip
    results: dict[str, Any] = {"getblockchaininfo": chain, "getblockcount": height, "getconnectioncount": 24}
    if call.get("method") in results:
        return {"result": results[call["method"]], "error": None, "id": call.get("id")}
    return {"result": None, "error": {"code": -32601, "message": "Method not found"}, "id": call.get("id")}


def _prices(bridge: Bridge, ask: Ask) -> Any:
    at = time.time()
    return {
        "prices": [
            {"feed": f.name, "pair": f.pair, "price": bridge.price(f, at), "age_s": bridge.price_age(f, at)}
            for f in FEEDS
        ]
    }


def _gas(bridge: Bridge, ask: Ask) -> Any:
    at = time.time()
    return {"gas_gwei": bridge.gas_gwei(at), "btc_sat_vb": bridge.fee_rate(at), "block": bridge.eth_block(at)}


_SERVED: dict[tuple[str, int], Callable[[Bridge, Ask], Any]] = {
    ETHEREUM: _ethereum, BITCOIN: _bitcoin, PRICES: _prices, GAS: _gas,
}  # fmt: skip
