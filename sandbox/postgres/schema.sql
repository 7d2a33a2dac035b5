CREATE EXTENSION pg_stat_statements;
CREATE TABLE swaps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, swap text NOT NULL UNIQUE, maker text NOT NULL, pair text NOT NULL,
  amount_sat bigint NOT NULL, state text NOT NULL, created_at timestamptz NOT NULL, settled_at timestamptz);
CREATE INDEX swaps_open ON swaps (created_at) WHERE state <> 'settled';
CREATE TABLE htlcs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, swap_id bigint NOT NULL REFERENCES swaps ON DELETE CASCADE,
  chain text NOT NULL, hashlock text NOT NULL, timelock timestamptz NOT NULL, state text NOT NULL);
CREATE INDEX htlcs_swap ON htlcs (swap_id);
CREATE TABLE confirmations (
  txid text PRIMARY KEY, swap_id bigint NOT NULL REFERENCES swaps ON DELETE CASCADE, chain text NOT NULL, height int NOT NULL,
  confirmations int NOT NULL, seen_at timestamptz NOT NULL);
CREATE TABLE liquidity_pools (
  name text PRIMARY KEY, available_sat bigint NOT NULL, reserved_sat bigint NOT NULL, floor_sat bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE prices (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, feed text NOT NULL, pair text NOT NULL, value numeric(18, 8) NOT NULL,
  at timestamptz NOT NULL);
CREATE INDEX prices_newest ON prices (pair, at DESC);
CREATE TABLE relayer_transactions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, swap_id bigint NOT NULL REFERENCES swaps ON DELETE CASCADE,
  chain text NOT NULL, nonce bigint NOT NULL, fee_gwei numeric(12, 3) NOT NULL, state text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX relayer_transactions_pending ON relayer_transactions (created_at) WHERE state = 'pending';
-- What the bridge of the pods' logs has done until now, filled in from outside.
CREATE TEMPORARY TABLE seeded (
  number bigint, swap text, pair text, amount_sat bigint, state text, created_at timestamptz, hashlock text, txid text,
  height int, confirmations int);
