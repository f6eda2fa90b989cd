-- When the platform said that it took the post, without saying as which: from then on it is looked for, and not sent again.
ALTER TABLE delivery ADD COLUMN taken_at INTEGER;
