"""What the data plane wrote down about requests: one JSON object a line, both engines alike.

The keys, all of them in every line; what is not known is null, text also `""` or `-`:

    time            ISO 8601 with milliseconds, UTC: `2026-11-25T20:15:00.123Z`
    request_id      what `x-request-id` answered
    trace_id        the client's `traceparent`, or the trace id alone
    session         the client's session id, from the first of its session headers
    client          address of the client, without port
    method, path    path without query
    status          sent to the client; 0 when nothing was sent
    model           as asked by the client
    served_model    as asked of the provider
    rule            auto-routing: the rule's name or `default`
    provider        id of the provider that answered or was tried last
    attempts        how many times a provider was asked; 0 for an answer of our own
    upstream_status what the provider said, where it differs from `status`
    flags           the engine's response flags, comma separated: `UF,URX`
    details         the engine's own words: `via_upstream`, `upstream_reset_before_...`
    failure         why the connection to the provider failed, in the engine's words
    duration_ms     whole request; first_byte_ms: until the answer's first byte left
    bytes_in        body received; bytes_out: body sent
    usage           {input, output, cached, reasoning}: tokens; null where the provider did not say
    stream          whether the answer was a stream of events; in the file of the embedded engine
                    the answer's content type
    generation      which spec served the request
"""
