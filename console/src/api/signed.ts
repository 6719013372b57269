// A request signed with the SDK's own signer, for what the SDK's clients are not used for.
import { Sha256 } from '@aws-crypto/sha256-browser';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Settings } from './call';

export function poster(s: Settings, service: string) {
  const signer = new SignatureV4({ service, region: s.region, credentials: s.credentials, sha256: Sha256 });
  const at = new URL(s.endpoint);
  return async (headers: Record<string, string>, body: string) => {
    const request = new HttpRequest({
      protocol: at.protocol, hostname: at.hostname, port: at.port ? Number(at.port) : undefined, method: 'POST', path: '/', headers: { host: at.host, ...headers }, body,
    });
    const { host: _, ...signed } = (await signer.sign(request)).headers; // the browser sends its own
    const answer = await fetch('/', { method: 'POST', headers: signed, body, credentials: 'omit', cache: 'no-store' });
    return { ok: answer.ok, status: answer.status, text: await answer.text() };
  };
}
