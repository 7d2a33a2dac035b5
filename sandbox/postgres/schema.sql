CREATE EXTENSION pg_stat_statements;
CREATE TABLE swaps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, maker text NOT NULL, pair text NOT NULL, amount_sat bigint NOT NULL,
  state text NOT NULL, created_at timestamptz NOT NULL, settled_at timestamptz);
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
-- No index on swaps.maker: looking somebody up reads the whole table, which is what a slow statement looks like.
INSERT INTO swaps (maker, pair, amount_sat, state, created_at, settled_at)
  SELECT 'bc1q' || md5('maker' || i % 400), (ARRAY['BTC/ETH', 'BTC/USDC', 'WBTC/ETH'])[1 + i % 3],
    10000 + (random() * 5e7)::bigint, CASE WHEN i % 40 = 0 THEN 'pending' ELSE 'settled' END,
    now() - i * interval '37 seconds', CASE WHEN i % 40 <> 0 THEN now() - i * interval '36 seconds' END
  FROM generate_series(1, 6000) AS i;
INSERT INTO htlcs (swap_id, chain, hashlock, timelock, state)
  SELECT id, chain, md5('lock' || id || chain), created_at + interval '2 hours',
    CASE WHEN state = 'settled' THEN 'claimed' ELSE 'locked' END
  FROM swaps, unnest(ARRAY['bitcoin', 'ethereum']) AS chain;
INSERT INTO confirmations
  SELECT md5('tx' || id), id, 'bitcoin', 900000 + (id % 5000)::int, CASE WHEN state = 'settled' THEN 6 ELSE (id % 6)::int END,
    created_at + interval '10 minutes' FROM swaps;
INSERT INTO liquidity_pools VALUES
  ('wbtc-eth', 4200000000, 310000000, 500000000), ('wbtc-usdc', 2750000000, 120000000, 400000000),
  ('btc-hot', 1900000000, 640000000, 300000000);
INSERT INTO prices (feed, pair, value, at)
  SELECT 'feed-' || chr(97 + i % 2), 'BTC/USD', 97000 + random() * 900, now() - i * interval '5 seconds'
  FROM generate_series(1, 4000) AS i;
INSERT INTO relayer_transactions (swap_id, chain, nonce, fee_gwei, state, created_at)
  SELECT id, 'ethereum', 863000 + id, 5 + random() * 60, CASE WHEN state = 'settled' THEN 'mined' ELSE 'pending' END, created_at
  FROM swaps;
ANALYZE;
GRANT USAGE ON SCHEMA public TO fusion_app, oncall;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fusion_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fusion_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO oncall;
GRANT pg_monitor, pg_signal_backend TO oncall;
GRANT pg_monitor TO viewer;
