"""Headers of a client: those that stay at every gateway, and those that a provider gets."""

KEPT_HERE = {
    "authorization": "Bearer client-secret",
    "x-api-key": "client-secret",
    "api-key": "client-secret",
    "x-goog-api-key": "client-secret",
    "proxy-authorization": "Basic client-secret",
    "cookie": "session=client-secret",
    "forwarded": "for=10.1.1.1",
    "via": "1.1 proxy",
    "accept-encoding": "gzip",
    "x-forwarded-for": "10.1.1.1",
    "x-forwarded-host": "example.com",
    "x-forwarded-proto": "https",
    "x-forwarded-anything": "x",
    "x-aigw-provider": "p",
    "x-aigw-route": "p.1",
    "x-aigw-model": "m",
    "x-aigw-rule": "r",
    "x-aigw-anything": "x",
    "x-higress-llm-model": "cheap",
    "x-envoy-max-retries": "3",
    "x-envoy-retry-on": "5xx",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-original-path": "/x",
}

PASSED = {
    "user-agent": "OpenAI/JS 7.15.0",
    "accept": "text/event-stream",
    "x-stainless-retry-count": "0",
    "openai-beta": "assistants=v2",
    "anthropic-beta": "context-1m",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": "a=b",
    "x-session-affinity": "abc:0",
    "x-custom": 'a "quoted", odd; value',
}
