"""A server of pictures for the tests, made after BUD-01 and BUD-02: none is to be had from the registries. It keeps bytes under their
digest, for whoever allows it by an event, whose id and signature aionostr checks; `blossom.py PORT`."""

import base64
import hashlib
import json
import sys
import time

from aiohttp import web
from aionostr.event import Event

pictures = {}


class Refused(Exception):
    pass


def account_of(request, verb, digest):
    """Whose request it is, if they allow it."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    try:
        event = Event(**json.loads(base64.b64decode(text)))
    except Exception as error:
        raise Refused("Missing or broken authorization event") from error
    tags = {(tag[0], tag[1]) for tag in event.tags}
    expires = [int(value) for name, value in tags if name == "expiration"]
    now = time.time()
    checks = [
        (scheme == "Nostr", "Wrong scheme"),
        (event.kind == 24242, "Wrong kind"),
        (event.content != "", "No words for people"),
        (event.created_at <= now, "Of the future"),
        (len(expires) == 1 and expires[0] > now, "Expired"),
        (("t", verb) in tags, "Not for this"),
        (("x", digest) in tags, "Not for these bytes"),
        (event.verify(), "Wrong signature"),
    ]
    for holds, fault in checks:
        if not holds:
            raise Refused(fault)
    return event.pubkey


async def upload(request):
    body = await request.read()
    digest = hashlib.sha256(body).hexdigest()
    account = account_of(request, "upload", digest)
    kind = request.headers.get("Content-Type", "application/octet-stream")
    if not kind.startswith("image/"):
        return web.json_response({"message": "Pictures only"}, status=415)
    pictures[digest] = (account, kind, body)
    extension = kind.removeprefix("image/").replace("jpeg", "jpg")
    url = f"http://{request.host}/{digest}.{extension}"
    return web.json_response({"url": url, "sha256": digest, "size": len(body), "type": kind, "uploaded": int(time.time())})


async def picture(request):
    kept = pictures.get(request.match_info["digest"].split(".")[0])
    if kept is None:
        raise web.HTTPNotFound
    return web.Response(body=kept[2], content_type=kept[1])


async def delete(request):
    digest = request.match_info["digest"]
    account = account_of(request, "delete", digest)
    if digest not in pictures:
        return web.json_response({"message": "No such picture"}, status=404)
    if pictures[digest][0] != account:
        return web.json_response({"message": "Not yours"}, status=403)
    del pictures[digest]
    return web.Response(status=200)


@web.middleware
async def refusals(request, handler):
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response({"message": str(refused)}, status=401)


application = web.Application(middlewares=[refusals], client_max_size=64 << 20)
application.add_routes([web.put("/upload", upload), web.get("/{digest}", picture), web.delete("/{digest}", delete)])
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=lambda text: print(text, flush=True))
