"""A real SMTP server for tests: writes every mail that it takes into a folder, one file each, and answers as addresses ask for.

Arguments: folder, port (0 for any), certificate or "-". Prints its port. busy-N@… is told to come later N times, gone@… is refused.
"""

import asyncio
import collections
import os
import ssl
import sys
import uuid

from aiosmtpd.smtp import SMTP

folder, port, certificate = sys.argv[1], int(sys.argv[2]), sys.argv[3]
asked = collections.Counter()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        asked[address] += 1
        if name == "gone":
            return "550 5.1.1 no such user " + address
        if name.startswith("busy-") and asked[address] <= int(name[5:]):
            return "451 4.3.0 come later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = uuid.uuid4().hex
        path = os.path.join(folder, name + ".part")
        with open(path, "wb") as file:
            tls = "yes" if session.ssl else "no"
            file.write(f"X-Tls: {tls}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n".encode() + envelope.content)
        os.rename(path, os.path.join(folder, name + ".eml"))
        return "250 taken"


context = None
if certificate != "-":
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)


async def main():
    loop = asyncio.get_running_loop()
    handler = Handler()
    smtp = lambda: SMTP(handler, hostname="localhost", tls_context=context, require_starttls=bool(context), loop=loop)
    server = await loop.create_server(smtp, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with whoever started it.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
