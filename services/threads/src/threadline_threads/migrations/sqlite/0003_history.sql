-- The same as on PostgreSQL; and a count of tickets that nobody has to count.

INSERT OR IGNORE INTO cursor (name, sequence)
SELECT 'history', max(sequence) FROM outbox
WHERE NOT EXISTS (SELECT 1 FROM cursor WHERE name = 'clerk')
HAVING count(*) > 0;

CREATE TABLE tally (
    name  TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO tally SELECT 'ticket', count(*) FROM ticket;
CREATE TRIGGER ticket_counted AFTER INSERT ON ticket BEGIN
    UPDATE tally SET count = count + 1 WHERE name = 'ticket';
END;
