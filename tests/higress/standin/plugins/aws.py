"""How ai-proxy signs for Bedrock with a pair of access keys: AWS Signature Version 4.

Read in its source (provider/bedrock.go): the host and the date are signed, the query never.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

SIGNED = "host;x-amz-date"


def signed(provider: Mapping[str, Any], host: str, path: str, body: bytes) -> dict[str, str]:
    """Return the headers that a request gets."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    day, region = moment[:8], str(provider["awsRegion"])
    scope = f"{day}/{region}/bedrock/aws4_request"
    where = quote(path.partition("?")[0], safe="/$&+:=@-_.~")
    lines = ("POST", where, "", f"host:{host}", f"x-amz-date:{moment}", "", SIGNED, _hash(body))
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, _hash("\n".join(lines).encode())))
    key = f"AWS4{provider['awsSecretKey']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{provider['awsAccessKey']}/{scope}"
    parts = f"Credential={credential}, SignedHeaders={SIGNED}, Signature={signature}"
    return {"x-amz-date": moment, "authorization": f"AWS4-HMAC-SHA256 {parts}"}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
