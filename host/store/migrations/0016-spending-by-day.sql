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
    -- Dollars and the rest apart: an old ledger may hold more than 64 bits, which are the most that is kept.
    SELECT day, workspace, executor, model,
           iif(billed >= 9223372036854, 9223372036854775807, billed * 1000000 + billed_rest),
           iif(equivalent >= 9223372036854, 9223372036854775807, equivalent * 1000000 + equivalent_rest),
           charges
    FROM (
        SELECT day, workspace, executor, COALESCE(model, '') AS model,
               SUM(iif(account = 'billed', spent_delta / 1000000, 0)) AS billed,
               SUM(iif(account = 'billed', spent_delta % 1000000, 0)) AS billed_rest,
               SUM(iif(account = 'equivalent', spent_delta / 1000000, 0)) AS equivalent,
               SUM(iif(account = 'equivalent', spent_delta % 1000000, 0)) AS equivalent_rest,
               SUM(kind = 'charge') AS charges,
               SUM(spent_delta <> 0) AS amounts
        FROM ledger GROUP BY 1, 2, 3, 4
    )
    WHERE charges > 0 OR amounts > 0;
