-- Whose money it was: limits of tokens are counted by it. Rows and runs of before have none.
ALTER TABLE ledger ADD COLUMN principal TEXT;
-- Who began the run, where that is not who handed the task in.
ALTER TABLE runs ADD COLUMN principal TEXT;

-- No attempt has had more than a million million tokens or milliseconds. Where more is on record, it was reported
-- by a program that made it up, and sums over it do not fit an integer. Money is not touched: an operator corrects it.
UPDATE attempts SET input_tokens = MIN(input_tokens, 1000000000000),
                    cached_input_tokens = MIN(cached_input_tokens, 1000000000000),
                    cache_write_tokens = MIN(cache_write_tokens, 1000000000000),
                    output_tokens = MIN(output_tokens, 1000000000000),
                    reasoning_tokens = MIN(reasoning_tokens, 1000000000000),
                    agent_cost = MIN(agent_cost, 1000000000000),
                    latency_ms = MIN(latency_ms, 1000000000000), usage_estimated = 1
    WHERE MAX(input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
              COALESCE(agent_cost, 0), COALESCE(latency_ms, 0)) > 1000000000000;
UPDATE model_stats SET cost = MIN(cost, 1000000000000), judged_cost = MIN(judged_cost, 1000000000000),
                       latency_ms = MIN(latency_ms, 1000000000000),
                       judged_latency_ms = MIN(judged_latency_ms, 1000000000000),
                       input_tokens = MIN(input_tokens, 1000000000000),
                       cached_input_tokens = MIN(cached_input_tokens, 1000000000000),
                       cache_write_tokens = MIN(cache_write_tokens, 1000000000000),
                       output_tokens = MIN(output_tokens, 1000000000000)
    WHERE MAX(cost, judged_cost, latency_ms, judged_latency_ms, input_tokens, cached_input_tokens,
              cache_write_tokens, output_tokens) / attempts > 1000000000000;
