-- No index on swaps.maker: looking somebody up reads the whole table, which is what a slow statement looks like.
INSERT INTO swaps (swap, maker, pair, amount_sat, state, created_at, settled_at)
  SELECT swap, 'bc1q' || md5('maker' || number % 400), pair, amount_sat, state, created_at,
    CASE WHEN state <> 'pending' THEN least(created_at + interval '66 minutes', now()) END FROM seeded ORDER BY number;
INSERT INTO htlcs (swap_id, chain, hashlock, timelock, state)
  SELECT id, chain, hashlock, seeded.created_at + interval '2 hours',
    CASE seeded.state WHEN 'settled' THEN 'claimed' WHEN 'refunded' THEN 'refunded' ELSE 'locked' END
  FROM swaps JOIN seeded USING (swap), unnest(ARRAY['bitcoin', 'ethereum']) AS chain;
INSERT INTO confirmations
  SELECT txid, id, 'bitcoin', height, confirmations, seeded.created_at + interval '10 minutes'
  FROM swaps JOIN seeded USING (swap);
INSERT INTO liquidity_pools VALUES
  ('wbtc-eth', 4200000000, 310000000, 500000000), ('wbtc-usdc', 2750000000, 120000000, 400000000),
  ('btc-hot', 1900000000, 640000000, 300000000);
INSERT INTO prices (feed, pair, value, at)
  SELECT 'feed-' || chr(97 + i % 2), 'BTC/USD', 97000 + random() * 900, now() - i * interval '5 seconds'
  FROM generate_series(1, 4000) AS i;
INSERT INTO relayer_transactions (swap_id, chain, nonce, fee_gwei, state, created_at)
  SELECT id, 'ethereum', 863000 + id, 5 + random() * 60, CASE WHEN state = 'pending' THEN 'pending' ELSE 'mined' END, created_at
  FROM swaps;
DROP TABLE seeded;
ANALYZE;
GRANT USAGE ON SCHEMA public TO fusion_app, oncall;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fusion_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fusion_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO oncall;
GRANT pg_monitor, pg_signal_backend TO oncall;
GRANT pg_monitor TO viewer;
