// What can go wrong with a call, in the words that a person is shown.
export type Kind = 'forbidden' | 'unserved' | 'expired' | 'unreachable' | 'refused';

export class Problem extends Error {
  constructor(
    readonly kind: Kind,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const forbidden = /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/;
const unserved = /^(UnknownOperation|InvalidAction|UnsupportedOperation)/;
const expired = /^(ExpiredToken|RequestExpired)/;
const unknown = /^(InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature)/;

interface Fault {
  name?: string;
  Code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const fault = (error ?? {}) as Fault;
  const code = fault.name && fault.name !== 'Error' ? fault.name : (fault.Code ?? 'Error');
  const text = fault.message || code;
  if (/does not serve|not served/.test(text) || unserved.test(code)) return new Problem('unserved', code, text);
  if (forbidden.test(code)) return new Problem('forbidden', code, text);
  if (expired.test(code)) return new Problem('expired', code, text);
  if (unknown.test(code)) return new Problem('refused', code, text);
  if (!fault.$metadata?.httpStatusCode) return new Problem('unreachable', code, `The server does not answer: ${text}`);
  return new Problem('refused', code, text);
}

// signatureRefused tells a key that is not known, or whose secret is another.
export const signatureRefused = (p: Problem) => unknown.test(p.code);
