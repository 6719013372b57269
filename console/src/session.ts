// Who is signed in. The key lives in this module's memory and nowhere else: closing or reloading the tab forgets it.
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expires?: Date;
}

export interface Identity {
  arn: string;
  account: string;
  userId: string;
}

export interface Session {
  credentials: Credentials;
  identity: Identity;
}

export const region = document.documentElement.dataset.region || 'us-east-1';
export const origin = location.origin;

let current: Session | undefined;
let ended = '';
const listeners = new Set<() => void>();

export const session = () => current;
export const whyEnded = () => ended;

export function begin(s: Session) {
  current = s;
  ended = '';
  listeners.forEach((f) => f());
}

export function end(reason = '') {
  if (!current) return;
  current = undefined;
  ended = reason;
  listeners.forEach((f) => f());
}

export function onSession(f: () => void) {
  listeners.add(f);
  return () => void listeners.delete(f);
}

// partition is the one of the account's ARNs.
export const partition = () => current?.identity.arn.split(':')[1] || 'aws';
export const account = () => current?.identity.account || '';
