// One way to make a call, for every service: find its client, sign, send, and word what went wrong. There is no other.
import { end, origin, region, session, type Credentials } from '../session';
import { of } from './client';
import { problemOf } from './problem';

export type Service = 'dms' | 'sts' | 'iam' | 'kms' | 'ec2' | 'cloudtrail' | 'cloudwatch' | 'logs' | 'whimbrel';

export type Input = Record<string, unknown>;

// A Call is an operation and its input: what is sent, and what `copy the command` spells out.
export interface Call {
  service: Service;
  operation: string;
  input: Input;
}

export const call = (service: Service, operation: string, input: Input = {}): Call => ({ service, operation, input });

export interface Sender {
  send(operation: string, input: Input): Promise<unknown>;
}

export interface Settings {
  region: string;
  endpoint: string;
  credentials: Credentials;
  maxAttempts: number;
}

export type Maker = (s: Settings) => Sender;

// Clients are fetched when a page first needs them.
const makers: Record<Service, () => Promise<Maker>> = {
  dms: () => import('./dms').then(of),
  sts: () => import('./sts').then(of),
  iam: () => import('./iam').then(of),
  kms: () => import('./kms').then(of),
  ec2: () => import('./ec2').then(({ make }) => make),
  cloudtrail: () => import('./cloudtrail').then(of),
  cloudwatch: () => import('./cloudwatch').then(of),
  logs: () => import('./logs').then(of),
  whimbrel: () => import('./whimbrel').then(({ make }) => make),
};

let ready = new Map<Service, Promise<Sender>>();
let readyFor: Credentials | undefined;

function sender(service: Service, credentials: Credentials): Promise<Sender> {
  if (readyFor !== credentials) {
    ready = new Map();
    readyFor = credentials;
  }
  let s = ready.get(service);
  if (!s) {
    s = makers[service]().then((make) => make({ region, endpoint: origin, credentials, maxAttempts: 3 }));
    ready.set(service, s);
  }
  return s;
}

// send makes a call as whoever is signed in, and throws a Problem if it does not succeed.
export async function send<Out>(c: Call): Promise<Out> {
  const who = session();
  if (!who) throw problemOf({ name: 'ExpiredToken', message: 'Nobody is signed in.', $metadata: { httpStatusCode: 403 } });
  try {
    return await sendAs<Out>(who.credentials, c);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === 'expired') end('The session has expired. Sign in again to go on.');
    throw problem;
  }
}

// sendAs makes a call with credentials that nobody is signed in with yet.
export async function sendAs<Out>(credentials: Credentials, c: Call): Promise<Out> {
  try {
    return (await (await sender(c.service, credentials)).send(c.operation, c.input)) as Out;
  } catch (error) {
    throw problemOf(error);
  }
}

export const ask = <Out>(service: Service, operation: string, input: Input = {}) => send<Out>(call(service, operation, input));

// all gathers the pages of an operation, as far as a page can show them. token is what the operation calls the place where the
// next page begins.
export async function all<Item>(service: Service, operation: string, member: string, input: Input = {}, limit = 2000, token = 'Marker'): Promise<Item[]> {
  const items: Item[] = [];
  let next: unknown;
  do {
    const out: Record<string, unknown> = await ask(service, operation, next ? { ...input, [token]: next } : input);
    items.push(...((out[member] as Item[] | undefined) ?? []));
    next = out[token];
  } while (next && items.length < limit);
  return items;
}
