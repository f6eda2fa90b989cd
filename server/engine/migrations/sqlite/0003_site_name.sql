-- What the site of the page calls itself; null: it does not say, or the share is older than this. An earlier version of the
-- program leaves it null.
ALTER TABLE share ADD COLUMN site_name TEXT;
