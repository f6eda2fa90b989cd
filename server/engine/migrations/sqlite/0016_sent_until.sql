-- When a post of which it is not known whether it was made may have been sent last: it may appear for a while after that.
ALTER TABLE removal ADD COLUMN sent_until INTEGER;
