-- What was spent on each day by each workspace, executor and model: kept in the transactions that add to the ledger, so
-- that nobody adds a ledger up to show it. No model is ''.
CREATE TABLE spending_days (
    day TEXT NOT NULL,
    workspace TEXT NOT NULL,
    executor TEXT NOT NULL,
    model TEXT NOT NULL,
    billed INTEGER NOT NULL,
    equivalent INTEGER NOT NULL,
    -- How often something was charged.
    charges INTEGER NOT NULL,
    PRIMARY KEY (day, workspace, executor, model)
) STRICT, WITHOUT ROWID;
INSERT INTO spending_days (day, workspace, executor, model, billed, equivalent, charges)
    SELECT day, workspace, executor, COALESCE(model, ''),
           SUM(iif(account = 'billed', spent_delta, 0)), SUM(iif(account = 'equivalent', spent_delta, 0)),
           SUM(kind = 'charge')
    FROM ledger GROUP BY 1, 2, 3, 4 HAVING SUM(spent_delta <> 0) > 0 OR SUM(kind = 'charge') > 0;
