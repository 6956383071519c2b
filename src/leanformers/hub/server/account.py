"""Who the client is, and what it asks before it begins."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import JSONResponse, Response

from .calls import Call

__all__ = ["agent_harnesses", "validate_yaml", "whoami"]


def whoami(call: Call) -> dict[str, Any]:
    """GET /api/whoami-v2."""
    user = call.need_user()
    orgs = sorted(user.namespaces - {user.name.lower(), "*"})
    return {
        "type": "user",
        "id": hashlib.sha256(user.name.lower().encode()).hexdigest()[:24],
        "name": user.name,
        "fullname": user.name,
        "isPro": False,
        "orgs": [{"type": "org", "id": hashlib.sha256(org.encode()).hexdigest()[:24], "name": org} for org in orgs],
        "auth": {"type": "access_token", "accessToken": {"displayName": user.name, "role": user.role}},
    }


def agent_harnesses(call: Call) -> dict[str, Any]:
    """GET /api/agent-harnesses: there are none."""
    return {"standardEnvVars": [], "harnesses": {}}


def validate_yaml(call: Call) -> Response:
    """POST /api/validate-yaml: whether the metadata at a model card's head can be read; 400 when not."""
    from .card_data import read_card_data

    _, error = read_card_data(call.text("content", "", most=10_000_000))
    errors = [{"message": error}] if error else []
    return JSONResponse({"errors": errors, "warnings": []}, 400 if errors else 200)
