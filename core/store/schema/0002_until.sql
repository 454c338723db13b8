-- Until when unread envelopes wait for more, as the turn that left them wants
-- it; 0 if they do not wait.
ALTER TABLE unread ADD COLUMN until BIGINT NOT NULL DEFAULT 0;
