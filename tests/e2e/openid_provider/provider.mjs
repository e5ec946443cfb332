// A certified provider of OpenID Connect for tests, on a free port of the loopback, with TLS.
//
//     node provider.mjs FOLDER REDIRECT_URI
//
// FOLDER holds server.pem and server.key for localhost. Prints the issuer once it listens. Whoever
// gives a name on its page is that user; passwords are not asked for. Ends with its standard input.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

import Provider from "oidc-provider";

const [folder, redirectUri] = process.argv.slice(2);

function signingKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "one" };
}

const server = createServer({
  cert: readFileSync(`${folder}/server.pem`),
  key: readFileSync(`${folder}/server.key`),
});
server.listen(0, "localhost", () => {
  const issuer = `https://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "cairn",
        client_secret: "swordfish",
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: "ES256",
      },
    ],
    cookies: { keys: ["only for tests"] },
    jwks: { keys: [signingKey()] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.on("end", () => process.exit()).resume();
