-- A database that the first release filled: what its clerk reads from before is learnt, not suggested about. The
-- position 'history' is the last event from before; a new database has none.
INSERT INTO threads.cursor (name, sequence)
SELECT 'history', max(coalesce(sequence, 0)) + count(*) FILTER (WHERE sequence IS NULL) FROM threads.outbox
WHERE NOT EXISTS (SELECT FROM threads.cursor WHERE name = 'clerk')
HAVING count(*) > 0
ON CONFLICT DO NOTHING;
