-- Rows of the journal are appended, and that is all.
CREATE FUNCTION refuse_change_of_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'journal rows are never changed or deleted';
END;
$$;
CREATE TRIGGER journal_rows_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_journal();
