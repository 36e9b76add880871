"""What every service does that takes commands from Chasqui: it believes only Chasqui's own tokens, keeps a command
before it answers, does each once however often it comes, and reports how it ended until that is confirmed.

It needs nothing of Chasqui but what is public: what docs/commands.md says of `POST /v1/commands`, the keys at
`/.well-known/jwks.json`, and `POST /v1/events`. The services beside it say only what they do.

`service` is what a service says of itself, `tokens` who is believed and who we are, `ledger` what is kept, `running`
what is done with it, `listener` what is read and answered.
"""

from .running import main
from .service import Refused, Service

__all__ = ["Refused", "Service", "main"]
