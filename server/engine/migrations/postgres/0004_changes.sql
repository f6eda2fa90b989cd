-- Tells every process that listens what has changed, when it is committed: `SHARE STATE`, or `SHARE deleted`. The tables tell, and
-- not the program, so that nothing that changes them can forget it; an earlier version beside this one is heard too. Renewed
-- leases are told to nobody.
CREATE FUNCTION cutline_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'share' THEN
        PERFORM pg_notify('cutline', OLD.id || ' deleted');
    ELSE
        PERFORM pg_notify('cutline', NEW.share_id || ' ' || NEW.state);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER delivery_queued AFTER INSERT ON delivery
    FOR EACH ROW WHEN (NEW.state = 'queued') EXECUTE FUNCTION cutline_tell();
CREATE TRIGGER delivery_changed AFTER UPDATE OF state, url, reason, due_at, upload, published_at ON delivery
    FOR EACH ROW EXECUTE FUNCTION cutline_tell();
CREATE TRIGGER share_deleted AFTER DELETE ON share
    FOR EACH ROW EXECUTE FUNCTION cutline_tell();
