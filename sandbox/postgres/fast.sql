CREATE INDEX IF NOT EXISTS htlcs_swap ON htlcs (swap_id);
DELETE FROM htlcs USING swaps WHERE swaps.id = swap_id AND maker = 'archive';
DELETE FROM swaps WHERE maker = 'archive';
