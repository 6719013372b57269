// What the signed-in may not do, known before a button is pressed. The server decides that again when it is pressed.
import { onSession, session } from '../session';
import { ask, type Call, type Service } from './call';
import { problemOf } from './problem';

interface OwnAccess {
  Allowed?: boolean;
  Action?: string;
  Resource?: string;
  Reason?: string;
}

interface Known {
  why?: string; // it is forbidden
  at: number;
}

const fresh = 10_000; // milliseconds that an answer is good for
const apart = 1000; // between two calls, while a field is typed in that a button depends on
const later = 60_000; // until a server that could not say is asked again
const most = 50; // questions of a page, all in one call; the buttons beyond stay as they are

let known = new Map<string, Known>();
const watched = new Map<string, Set<() => void>>(); // what the page shows, by question
let timer: number | undefined;
let asking = false;
let due = Infinity; // when it is asked again
let earliest = 0;

// names are the members that policies can speak of. Nothing else is sent: no document and no secret.
const names = /(Arn|Identifier|Name|Id|Ids|Class|InDays)$/;

// questionOf spells what is to be decided, the same for all calls that are decided alike.
export function questionOf(c: Call): string {
  const about = Object.entries(c.input).filter(([name, value]) => names.test(name) && value && (typeof value !== 'object' || Array.isArray(value)));
  return JSON.stringify({ Service: signed(c.service), Operation: c.operation, Input: JSON.stringify(Object.fromEntries(about)) });
}

const signed = (service: Service) => (service === 'cloudwatch' ? 'monitoring' : service);

export const whyNot = (question: string) => known.get(question)?.why;

// watch keeps the answer to a question fresh as long as something shows it, and says when it has changed.
export function watch(question: string, changed: () => void) {
  const all = watched.get(question) ?? new Set();
  watched.set(question, all.add(changed));
  if (!known.has(question)) plan(20); // the buttons of one page come within a moment
  else plan(fresh);
  return () => {
    all.delete(changed);
    if (!all.size && watched.get(question) === all) watched.delete(question);
  };
}

function plan(wait: number) {
  const at = Math.max(Date.now() + wait, earliest);
  if (asking || at >= due) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(turn, at - Date.now());
}

async function turn() {
  due = Infinity;
  const stale = (q: string) => Date.now() - (known.get(q)?.at ?? 0) >= fresh / 2; // timers are not exact
  const questions = [...watched.keys()].slice(0, most);
  if (!document.hidden && session() && questions.some(stale)) {
    asking = true;
    await decide(questions);
    asking = false;
  }
  if (!watched.size) return;
  const all = [...watched.keys()].slice(0, most).every((q) => known.has(q));
  plan(all ? fresh : document.hidden ? 1000 : 20);
}

async function decide(questions: string[]) {
  const who = session();
  const before = known;
  try {
    const { Calls } = await ask<{ Calls: OwnAccess[] }>('whimbrel', 'DescribeOwnAccess', { Calls: questions.map((q) => JSON.parse(q)) });
    if (session() !== who) return;
    earliest = Date.now() + apart;
    known = new Map(questions.map((q, i) => [q, { why: sentence(Calls[i]), at: Date.now() }]));
  } catch (error) {
    if (session() !== who) return;
    earliest = Date.now() + (problemOf(error).kind === 'unreachable' ? fresh : later);
    known = new Map(questions.map((q) => [q, { at: Date.now() }])); // the buttons are as if nobody had asked
  }
  for (const q of questions) {
    if (before.get(q)?.why !== known.get(q)?.why) watched.get(q)?.forEach((f) => f());
  }
}

function sentence(a?: OwnAccess): string | undefined {
  if (a?.Allowed !== false) return undefined;
  const on = a.Resource && a.Resource !== '*' ? ` on ${a.Resource}` : '';
  return `${a.Action} is not allowed${on}, ${a.Reason}`;
}

onSession(() => {
  known = new Map();
  earliest = 0;
});
