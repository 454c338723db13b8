-- Only PostgreSQL: several processes write.

-- Numbers for records are taken in blocks of 64.
CREATE SEQUENCE record INCREMENT BY 64 MINVALUE 1 CACHE 1;

-- The processes. One that has not beaten for some seconds is dead, and what it
-- has leased is anybody's.
CREATE TABLE node (
	id   ROWKEY,
	beat TIMESTAMPTZ NOT NULL
);

-- Two processes that file at once cannot tell each other which record is the
-- newest, so a conversation's records are found by their numbers.
CREATE INDEX log_conv ON log (conv, seq);

-- IDs of messages have one prefix for all nodes.
INSERT INTO epoch (first, prefix, at)
	SELECT 1, substr(translate(md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text), '0189', 'wxyz'), 1, 10),
		(extract(epoch FROM clock_timestamp()) * 1000000)::bigint
	WHERE NOT EXISTS (SELECT 1 FROM epoch);
